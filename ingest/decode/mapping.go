package decode

import (
	"strings"
	"time"

	"tocsin"
)

// A Mapping is a JSON format that a person describes in a file: by what its records are recognised, and which path
// becomes which field. docs/formats.md has the language. It is immutable.
type Mapping struct {
	Format    string // its name
	namespace string // what it does not name stays below it
	when      []condition
	times     []string
	layouts   []string
	id        string // path of an id that is unique by design, "" for none
	fields    []mapped
}

// A condition says that a path is there and, unless any, has this value as text.
type condition struct {
	path, value string
	any         bool
}

// A mapped is one field: from the first path that is there, or a constant.
type mapped struct {
	field string
	from  []string
	value tocsin.Value // a constant; absent where from is set
	as    string
	words map[string]tocsin.Value // a value's replacement, by its text
}

// conversions are the words of a field's "as".
var conversions = map[string]func(tocsin.Value) tocsin.Value{
	"text":  asText,
	"lower": func(v tocsin.Value) tocsin.Value { return each(v, strings.ToLower) },
	"upper": func(v tocsin.Value) tocsin.Value { return each(v, strings.ToUpper) },
	"base": func(v tocsin.Value) tocsin.Value {
		return each(v, func(s string) string { _, base := splitPath(s); return base })
	},
	"words": func(v tocsin.Value) tocsin.Value {
		return tocsin.StringsValue(strings.FieldsFunc(v.Text(), func(r rune) bool { return r == ',' || r == ' ' || r == ';' })...)
	},
	"time": func(v tocsin.Value) tocsin.Value {
		if t := timeOf(v); !t.IsZero() && !yearless(t) {
			return tocsin.StringValue(t.Format(time.RFC3339Nano))
		}
		return tocsin.Value{}
	},
}

// object makes the reader of the format.
func (m *Mapping) object(d *dictionary) object {
	type step struct {
		mapped
		to   *name
		from []*name
	}
	steps := make([]step, len(m.fields))
	for i, f := range m.fields {
		steps[i] = step{mapped: f, to: d.name(f.field), from: d.names(f.from...)}
	}
	tests := make([]*name, len(m.when))
	for i, c := range m.when {
		tests[i] = d.name(c.path)
	}
	times, prefix, module := d.names(m.times...), d.name(m.namespace), d.name("event.module")
	var id *name
	if m.id != "" {
		id = d.name(m.id)
	}
	derive := newDeriver(d)
	return object{
		claims: func(in *doc) bool {
			for i, c := range m.when {
				if !in.has(tests[i]) || !c.any && in.text(tests[i]) != c.value {
					return false
				}
			}
			return true
		},
		read: func(in *doc, o *output) {
			for _, n := range times {
				if o.time = m.time(in.value(n)); !o.time.IsZero() {
					n.used = in.record
					break
				}
			}
			if id != nil {
				o.own = in.text(id)
			}
			for _, s := range steps {
				v, from := s.value, (*name)(nil)
				for _, n := range s.from {
					if v = in.value(n); !v.IsAbsent() {
						from = n
						break
					}
				}
				changed := s.change(v)
				if o.set(s.to, changed) && from != nil && changed.Equal(v) {
					from.used = in.record
				}
			}
			o.put(module, m.Format)
			derive.apply(o)
			o.rest(prefix)
		},
	}
}

// change applies the field's words and conversion.
func (f *mapped) change(v tocsin.Value) tocsin.Value {
	if v.IsAbsent() {
		return v
	}
	if f.words != nil {
		if w, ok := f.words[v.Text()]; ok {
			v = w
		} else if w, ok := f.words["*"]; ok {
			v = w
		}
	}
	if by := conversions[f.as]; by != nil {
		v = by(v)
	}
	return v
}

// time reads a time by the mapping's own layouts, then by those that every format knows.
func (m *Mapping) time(v tocsin.Value) time.Time {
	if s, ok := v.Str(); ok {
		for _, layout := range m.layouts {
			if t, err := time.Parse(layout, s); err == nil {
				return t.UTC()
			}
		}
	}
	return timeOf(v)
}
