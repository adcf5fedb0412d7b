package decode

import (
	"slices"
	"strings"
	"time"

	"tocsin"
)

// An envelopeReader reads records that a carrier of unknown name has put into an object, or into an array that holds no
// other: {"Records":[{…}]}, {"data":{"events":[{…}]}}.
type envelopeReader struct {
	dec    *Decoder
	root   *name
	prefix *name
	at     []*name // where the record may stand
	saved  []leaf  // scratch
}

func newEnvelope(dec *Decoder, prefix *name) *envelopeReader {
	d := dec.doc.dict
	return &envelopeReader{dec: dec, root: &d.root, prefix: prefix, at: d.names("Records", "records", "data.events", "events", "detail", "data", "event", "payload", "record", "result", "body", "value", "_source", "object", "log", "attributes")}
}

// read reads the record within, if much of what there is stands there and a format claims it. It sets nothing otherwise.
func (e *envelopeReader) read(in *doc, o *output) bool {
	const most, fewest, share = 3, 3, 40 // records within records; leaves of a record; of a hundred
	if e.dec.nested >= most {
		return false
	}
	for _, at := range e.at {
		if !in.below(at) {
			continue
		}
		inside, all := 0, 0
		for _, l := range in.leaves[1:] {
			if l.name != nil {
				if all++; l.name.under(at) {
					inside++
				}
			}
		}
		if inside >= fewest && inside*100 >= all*share && !alertBeside(at, in) && e.claimed(at, in, o) {
			return true
		}
	}
	return false
}

// alertBeside reports whether a member beside a record is one of an alert about it: then the alert is what counts.
func alertBeside(at *name, in *doc) bool {
	return slices.ContainsFunc(in.leaves[1:], func(l leaf) bool {
		return l.name != nil && !l.name.under(at) && saysAny(strings.ToLower(l.name.last), "severity", "rule", "alert", "title", "level", "priority", "signature", "threat")
	})
}

// claimed reads the record below at where a format knows it; else the document is as it was.
func (e *envelopeReader) claimed(at *name, in *doc, o *output) bool {
	e.saved = append(e.saved[:0], in.leaves...)
	in.subtree(at)
	f := e.dec.recognise("")
	if f == nil || f.name == "json" || e.several(in) {
		in.restore(e.saved)
		return false
	}
	for _, l := range e.saved[1:] {
		if l.name != nil && !l.name.under(at) {
			o.keep(in.dict.below(e.prefix, l.name), l.value)
		}
	}
	carrier := o.time
	o.time = time.Time{}
	e.dec.nested++
	f.object.read(in, o)
	e.dec.nested--
	if o.time.IsZero() {
		o.time = carrier
	}
	return true
}

// several reports whether the members of a record are mostly lists: then there are several records side by side.
func (e *envelopeReader) several(in *doc) bool {
	lists, all := 0, 0
	for _, l := range in.leaves[1:] {
		if l.name != nil && l.name.up == e.root {
			if all++; l.value.Kind() == tocsin.List && l.value.Len() > 1 {
				lists++
			}
		}
	}
	return lists*2 > all
}

// restore makes leaves the record again that were it before a subtree of theirs was.
func (d *doc) restore(leaves []leaf) {
	d.record++
	d.leaves = append(d.leaves[:0], leaves...)
	for i, l := range d.leaves {
		if n := l.name; n != nil {
			n.inRecord, n.inAt, n.inLast, n.inCount = d.record, int32(i), int32(i), 1
		}
	}
}
