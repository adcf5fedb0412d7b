package decode

import (
	"time"

	"tocsin"
)

// An Enricher adds to alerts what is known beside their records. It is for one goroutine, as its decoder is.
type Enricher interface {
	// Fields are the fields that it reads and adds; Enrich calls them by their place here.
	Fields() []string
	// Enrich is called once an alert, when all that its record says is set.
	Enrich(a *Additions)
}

// Additions are an alert to which something is added. What its record says stays as it is.
type Additions struct {
	out   *output
	names []*name
	at    time.Time
}

// newAdditions declares what the enricher calls by number.
func newAdditions(e Enricher, o *output) *Additions {
	if e == nil {
		return nil
	}
	return &Additions{out: o, names: o.dict.names(e.Fields()...)}
}

// Time is the alert's event time.
func (a *Additions) Time() time.Time { return a.at }

// Get is a field of the alert, [tocsin.Absent] where it has none.
func (a *Additions) Get(field int) tocsin.Value { return a.out.value(a.names[field]) }

// Has reports whether the alert has a field.
func (a *Additions) Has(field int) bool { return a.out.has(a.names[field]) }

// Set adds a field that the alert does not have. The value's text must live as long as the alert; [Additions.Text] sees
// to that.
func (a *Additions) Set(field int, v tocsin.Value) { a.out.set(a.names[field], v) }

// SetText is [Additions.Set] of a text.
func (a *Additions) SetText(field int, text string) { a.out.put(a.names[field], text) }

// Text is a copy of text that lives as long as the alert.
func (a *Additions) Text(text []byte) string { return a.out.doc.memory.string(text) }

// Truncated marks that not all is added that could be.
func (a *Additions) Truncated() { a.out.doc.mark(markTruncated) }

// enrich lets the enricher add to the alert, or adds what was known of its record when it was first taken.
func (d *Decoder) enrich(at time.Time, known []tocsin.Field) {
	if known != nil {
		for _, f := range known {
			d.out.keep(d.doc.dict.path(&d.doc.dict.root, []byte(f.Name)), f.Value)
		}
		return
	}
	if d.additions != nil {
		d.additions.at = at
		d.enricher.Enrich(d.additions)
	}
}
