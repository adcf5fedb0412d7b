package decode

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A product says how one source's JSON records become alerts, where names and words are all that it takes. The record
// stays whole below its prefix, by its own names.
type product struct {
	prefix string
	// signs tell its records from others'. Each line is a set of paths that must all be there; "path=a|b" asks for one
	// of those texts as well, "path^a" for a text that begins so. One line that holds is enough.
	signs string
	// inside are the envelopes that the record may be carried in: paths of the object that holds it.
	inside []string
	times  string // the first of these paths that is a time
	own    string // paths whose texts together are an id that its makers never give twice
	fixed  string // fields that every record gets
	// moves are lines of path and field, and how the value changes on the way, if it does: see manners.
	moves string
	// words are lines of path, field and what a text becomes: "path field low=21 high=73 *=1". Case does not matter.
	words string
	// then says what a table cannot. It is given the dictionary once, and each record after the tables were applied.
	then func(*dictionary) func(*doc, *output)
	// before is like then, ahead of the tables.
	before func(*dictionary) func(*doc, *output)
	// scale is of event.severity; 0 to 100 where it is not set.
	scale scale
}

// object makes the product's reader.
func (p product) object(d *dictionary) object {
	r := &productReader{scale: cmp.Or(p.scale, hundred), prefix: d.name(p.prefix), fixed: d.constants(p.fixed), times: d.names(strings.Fields(p.times)...), derive: newDeriver(d)}
	r.signs = append(r.signs, d.signs(p.signs, ""))
	for _, at := range p.inside {
		r.signs = append(r.signs, d.signs(p.signs, at+"."))
		r.inside = append(r.inside, d.name(at))
	}
	r.own = d.names(strings.Fields(p.own)...)
	for line := range strings.Lines(p.moves) {
		if words := strings.Fields(line); len(words) > 1 {
			r.moves = append(r.moves, d.manner(words))
		}
	}
	for line := range strings.Lines(p.words) {
		if words := strings.Fields(line); len(words) > 2 {
			r.moves = append(r.moves, d.wordMove(words))
		}
	}
	if p.then != nil {
		r.then = p.then(d)
	}
	if p.before != nil {
		r.before = p.before(d)
	}
	return object{claims: r.claims, read: r.read, anchors: anchors(r.signs)}
}

// anchors are the first paths of all sets of signs.
func anchors(signs [][][]sign) []*name {
	var ns []*name
	for _, sets := range signs {
		for _, set := range sets {
			ns = append(ns, set[0].at)
		}
	}
	return ns
}

// A sign is one path that tells a format.
type sign struct {
	at    *name
	texts []string // one of them, unless it is empty
	begin string
}

func (d *dictionary) signs(text, below string) [][]sign {
	var all [][]sign
	for line := range strings.Lines(text) {
		var set []sign
		for word := range strings.FieldsSeq(line) {
			path, texts, exact := strings.Cut(word, "=")
			if exact {
				set = append(set, sign{at: d.name(below + path), texts: strings.Split(texts, "|")})
				continue
			}
			path, begin, _ := strings.Cut(word, "^")
			set = append(set, sign{at: d.name(below + path), begin: begin})
		}
		if len(set) > 0 {
			all = append(all, set)
		}
	}
	return all
}

func holds(in *doc, sets [][]sign) bool {
	for _, set := range sets {
		all := true
		for _, s := range set {
			if all = s.holds(in); !all {
				break
			}
		}
		if all {
			return true
		}
	}
	return false
}

func (s sign) holds(in *doc) bool {
	if !in.has(s.at) {
		return false
	}
	if len(s.texts) == 0 && s.begin == "" {
		return true
	}
	text := in.text(s.at)
	if slices.Contains(s.texts, text) {
		return true
	}
	return s.begin != "" && strings.HasPrefix(text, s.begin)
}

// A manner is a move with the way in which the value changes.
type manner struct {
	from, to, beside *name
	by               func(tocsin.Value) tocsin.Value
	words            map[string]string
}

// manners are the ways of a product's moves.
func manners(how string) func(tocsin.Value) tocsin.Value {
	switch how {
	case "lower":
		return func(v tocsin.Value) tocsin.Value { return each(v, strings.ToLower) }
	case "base": // the last part of a path
		return func(v tocsin.Value) tocsin.Value {
			return each(v, func(s string) string {
				_, base := splitPath(s)
				return base
			})
		}
	case "directory":
		return func(v tocsin.Value) tocsin.Value {
			return each(v, func(s string) string {
				directory, _ := splitPath(s)
				return directory
			})
		}
	case "transport":
		return transport
	case "time":
		return func(v tocsin.Value) tocsin.Value {
			if t := timeOf(v); !t.IsZero() && !yearless(t) {
				return tocsin.StringValue(t.Format(time.RFC3339Nano))
			}
			return tocsin.Value{}
		}
	case "first":
		return func(v tocsin.Value) tocsin.Value {
			if items := v.Items(); len(items) > 0 {
				return items[0]
			}
			return tocsin.Value{}
		}
	case "text":
		return asText
	case "words": // a text of several values
		return func(v tocsin.Value) tocsin.Value {
			return listOf(strings.ReplaceAll(strings.Trim(v.Text(), "[] "), ", ", ","))
		}
	}
	return nil
}

func (d *dictionary) manner(words []string) manner {
	d.tell(words[0], words[1])
	m := manner{from: d.name(words[0]), to: d.name(words[1])}
	if len(words) > 2 {
		m.by = manners(words[2])
	}
	if root, ok := strings.CutSuffix(words[1], ".ip"); ok && (root == "source" || root == "destination") {
		m.beside = d.name(root + ".address")
	}
	return m
}

func (d *dictionary) wordMove(words []string) manner {
	d.tell(words[0], words[1])
	m := manner{from: d.name(words[0]), to: d.name(words[1]), words: map[string]string{}}
	for _, w := range words[2:] {
		at := strings.LastIndexByte(w, '=')
		for key := range strings.SplitSeq(w[:max(at, 0)], "|") {
			m.words[key] = w[at+1:]
		}
	}
	return m
}

func (m *manner) apply(in *doc, o *output) {
	if in.has(m.from) {
		m.give(in.value(m.from), o)
	}
}

// give sets the field to what the value becomes.
func (m *manner) give(v tocsin.Value, o *output) {
	switch {
	case v.IsAbsent(), o.has(m.to):
	case m.words != nil:
		m.word(v, o)
	case m.by != nil:
		o.set(m.to, m.by(v))
	case m.beside != nil && v.Kind() != tocsin.List:
		o.address(m.to, m.beside, withoutPort(v.Text()))
	default:
		o.set(m.to, v)
	}
}

// word sets what the first of v's texts that the table knows stands for.
func (m *manner) word(v tocsin.Value, o *output) {
	for _, item := range v.Items() {
		if to, ok := m.words[strings.ToLower(item.Text())]; ok {
			o.set(m.to, listOf(to))
			return
		}
	}
	if to, ok := m.words["*"]; ok {
		o.set(m.to, listOf(to))
	}
}

type productReader struct {
	prefix *name
	signs  [][][]sign // of the record itself, then below each envelope
	inside []*name
	times  []*name
	own    []*name
	fixed  []constant
	moves  []manner
	then   func(*doc, *output)
	before func(*doc, *output)
	derive deriver
	scale  scale
}

func (r *productReader) claims(in *doc) bool {
	for _, sets := range r.signs {
		if holds(in, sets) {
			return true
		}
	}
	return false
}

func (r *productReader) read(in *doc, o *output) {
	if !holds(in, r.signs[0]) {
		for i, at := range r.inside {
			if holds(in, r.signs[i+1]) {
				in.subtree(at)
				break
			}
		}
	}
	for _, n := range r.times {
		if !o.time.IsZero() {
			break
		}
		o.time = timeOf(in.value(n))
	}
	r.identify(in, o)
	if r.before != nil {
		r.before(in, o)
	}
	for i := range r.moves {
		r.moves[i].apply(in, o)
	}
	if r.then != nil {
		r.then(in, o)
	}
	o.give(r.fixed)
	r.derive.apply(o)
	if o.scale == noScale {
		o.scale = r.scale
	}
	o.all(r.prefix)
}

// gravity is how the words that sources have for it become event.severity, from 0 to 100, as Elastic's rules count.
const gravity = " informational|info|information|notice|unspecified|undefined|none=1 low|minor=21 medium|moderate|warning|warn=47 high|error|major|important=73 critical|severe|alert|emergency|fatal|very-high=99"

// identify sets the source's own id where the record has all of its parts.
func (r *productReader) identify(in *doc, o *output) {
	parts := make([]string, len(r.own))
	for i, n := range r.own {
		if parts[i] = in.text(n); parts[i] == "" {
			return
		}
	}
	id := strings.Join(parts, "@")
	if o.own == "" {
		o.own = id
	}
}

// withoutPort is the address of an address and port, any other text as it is.
func withoutPort(s string) string {
	if at := strings.LastIndexByte(s, ':'); at > 0 && !isAddress(s) {
		if _, ok := digits(s[at+1:], 1, 5); !ok && strings.IndexByte(s, ':') < at && s[0] != '[' {
			return s // an address of the sixth version with a zone, whose end is no port
		}
		if host := strings.Trim(s[:at], "[]"); isAddress(host) {
			return host
		}
	}
	return s
}
