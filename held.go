package tocsin

import "iter"

// A Held log is all that a store holds of one log, read together with its neighbours: what the check of a whole register
// looks at.
type Held struct {
	Log string
	// Entries are the store's: it reads the next log into their place.
	Entries []LogEntry
	// State is the incident's document as it is stored; nil where there is none.
	State []byte
	// Stretches are the first leaves of those stretches of the tree that proofs of the log are made by, in order; nil: the
	// store looks into the stretches themselves. They are the store's as the entries are.
	Stretches []int64
	// Odd is what the store finds wrong by itself: a document that stands at another place than it says, or is found by
	// something else than it says.
	Odd error
	// Shown says whether all that the store keeps beside the incident's document, to find, sort and count it by, is what
	// follows from the incident, whose JSON is text; nil: there is no such thing. Earlier are the states that it was in
	// before, oldest first.
	Shown func(i *Incident, text []byte, earlier iter.Seq[*Incident]) error
}

// A LogRange is the logs whose ids are at least From and below To; "" is no bound.
type LogRange struct{ From, To string }

// Only is the span of one log.
func Only(log string) LogRange { return LogRange{log, log + "\x00"} }

// Holds reports whether a log is one of the range.
func (r LogRange) Holds(log string) bool { return log >= r.From && (r.To == "" || log < r.To) }
