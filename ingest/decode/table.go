package decode

import (
	"strings"

	"tocsin"
)

// A move says that the leaf at one path of the record is a field of the alert.
type move struct {
	from, to string
	// by changes the value on its way. Without it the leaf is taken over as it is and does not stay in the source's
	// namespace as well.
	by func(tocsin.Value) tocsin.Value
}

// A route is a move with its names found.
type route struct {
	from, to *name
	by       func(tocsin.Value) tocsin.Value
}

// routes finds the names of moves. Each line of text is a path and the field it becomes; moves with a change follow.
func (d *dictionary) routes(text string, more ...move) []route {
	var rs []route
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 2 {
			d.tell(words[0], words[1])
			rs = append(rs, route{from: d.name(words[0]), to: d.name(words[1])})
		}
	}
	for _, m := range more {
		d.tell(m.from, m.to)
		rs = append(rs, route{from: d.name(m.from), to: d.name(m.to), by: m.by})
	}
	return rs
}

// move applies routes.
func (o *output) move(rs []route) {
	d := o.doc
	for _, r := range rs {
		if r.from.inRecord != d.record {
			continue
		}
		v := d.leaves[r.from.inAt].value
		if r.by != nil {
			o.set(r.to, r.by(v))
			continue
		}
		if o.set(r.to, v) {
			r.from.used = d.record
		}
	}
}

// rest keeps the leaves that no route without a change has taken, below prefix.
func (o *output) rest(prefix *name) {
	for _, l := range o.doc.leaves[1:] {
		if l.name != nil && l.name.used != o.doc.record {
			o.keep(o.dict.below(prefix, l.name), l.value)
		}
	}
}

// all keeps every leaf below prefix.
func (o *output) all(prefix *name) {
	for _, l := range o.doc.leaves[1:] {
		if l.name != nil {
			o.keep(o.dict.below(prefix, l.name), l.value)
		}
	}
}

// lower is a text in lower case.
func lower(v tocsin.Value) tocsin.Value {
	s, ok := v.Str()
	if !ok {
		return v
	}
	return tocsin.StringValue(strings.ToLower(s))
}

// constant is a field with a value that a format always gives it.
type constant struct {
	name  *name
	value tocsin.Value
}

// constants reads lines of a field and its value; several values make a list.
func (d *dictionary) constants(text string) []constant {
	var cs []constant
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		switch len(words) {
		case 0, 1:
		case 2:
			cs = append(cs, constant{d.name(words[0]), tocsin.StringValue(words[1])})
		default:
			cs = append(cs, constant{d.name(words[0]), tocsin.StringsValue(words[1:]...)})
		}
	}
	return cs
}

func (o *output) give(cs []constant) {
	for _, c := range cs {
		o.keep(c.name, c.value)
	}
}
