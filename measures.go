package tocsin

// Measures are what a store tells of its incidents since a mark: how they stand now, whatever they were before.
type Measures struct {
	All  []Measure // some may have been told before
	Gone []string  // incidents that are there no more; a store may not know them
	// Next is the mark to go on from; More says that there is something behind it already.
	Next string
	More bool
	// Anew says that the mark was of another life of the store: what was told before is void.
	Anew bool
	// Total is how many incidents there are, where More is false; -1: All and Gone leave nothing out.
	Total int64
}
