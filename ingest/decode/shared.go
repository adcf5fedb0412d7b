package decode

// Shared are readers that formats have in common: each is large, and at work for one of them at a time. They are made when one
// asks first.
type shared struct {
	pairs  *pairReader    // of the sentences of mappings
	events *windowsReader // of events of Windows that came as lines
}

func (d *Decoder) pairs() *pairReader {
	if d.shared.pairs == nil {
		d.shared.pairs = newPairs(d.doc.dict)
	}
	return d.shared.pairs
}

func (d *Decoder) events() *windowsReader {
	if d.shared.events == nil {
		d.shared.events = newWindows(d.doc.dict)
	}
	return d.shared.events
}
