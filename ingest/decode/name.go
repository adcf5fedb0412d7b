package decode

import (
	"strings"
	"unicode/utf8"

	"tocsin"
	"tocsin/internal/ecs"
)

// A name is one dotted field name, kept once however many records use it. It serves both sides: as a path in the
// record being read and as a field of the alert being made. The stamps say whether it occurs in the current record,
// so that a lookup by name is a comparison of two numbers.
type name struct {
	// What reading a record looks at comes first, then what making an alert does: a processor fetches 64 bytes at once.
	last     string // the part after the last dot
	up       *name
	after    [2]*name // the siblings that followed in earlier records, the last one first: most likely the next key
	inRecord uint64   // the record in which inAt is good
	inObject uint64   // the object that this name was last a key of: a second time is a duplicate
	inAt     int32    // index of its first leaf
	inLast   int32    // index of its last leaf, where an array of objects gave several
	inCount  int32

	outAt     int32
	outRecord uint64 // the record in which outAt is good
	used      uint64 // the record whose leaf a decoder's table has taken over
	barred    uint64 // the record of the output in which it is not to be guessed
	prefix    *name  // joined is this name below prefix
	joined    *name
	given     *tocsin.Name // what alerts have for it
	anchors   uint64       // the formats that may claim a record that has it, as bits
	about     uint64       // its bit among the fields that related.* is made of
	kind      ecs.Type
	fits      uint8
	ranked    bool // given is numbered by its place in the order
	mac       bool // it holds addresses of network cards
	plain     bool // last stands in JSON as it is
	odd       bool // a part of it is empty or holds a dot: another name may have the same text
	paired    bool // an array of {Name, text} here is an object spelled otherwise
	fixed     bool // named by a decoder's table: never forgotten

	text string
	kids map[string]*name
}

// Limits of the dictionary. Alert content is hostile: a stream of ever new names must not grow it.
const (
	maxNames    = 1 << 14 // names beyond the decoders' own, about 5 MB; then those are forgotten
	maxNameSize = 512     // bytes of a dotted name
)

// A dictionary is the tree of all names that one decoder has met.
type dictionary struct {
	root   name
	loose  int // names that are not fixed
	given  *tocsin.Names
	ranked int // names that the given ones were ranked with
	missed int // records since then that held a name without a rank
	// generation counts how often names were forgotten: whoever keeps names that are not fixed looks at it.
	generation int
	// told is told of each path and the field it becomes while formats are made; nil but for those who write them down.
	told func(from, to string)
}

// tell says that a format takes what is at from to the field to.
func (d *dictionary) tell(from, to string) {
	if d.told != nil {
		d.told(from, to)
	}
}

func newDictionary() *dictionary {
	names, _ := tocsin.NewNames(nil)
	return &dictionary{given: names}
}

// name returns the fixed name with this text, for a decoder's table.
func (d *dictionary) name(text string) *name {
	at := &d.root
	for part := range strings.SplitSeq(text, ".") {
		at = d.child(at, []byte(part))
		if !at.fixed {
			at.fixed = true
			d.loose--
		}
	}
	return at
}

func (d *dictionary) names(texts ...string) []*name {
	ns := make([]*name, len(texts))
	for i, text := range texts {
		ns[i] = d.name(text)
	}
	return ns
}

// child returns the name of part below at, where part holds no dot that separates.
func (d *dictionary) child(at *name, part []byte) *name {
	if n, ok := at.kids[string(part)]; ok {
		return n
	}
	last := string(part)
	text := last
	if at != &d.root {
		text = at.text + "." + last
		last = text[len(text)-len(last):]
	}
	kind, _ := ecs.Lookup(text)
	n := &name{text: text, last: last, kind: kind, fits: fitting(kind), up: at, given: d.given.Add(text)}
	n.mac = last == "mac" && kind == ecs.Keyword
	n.odd = at.odd || last == "" || strings.Contains(last, ".")
	n.plain = !strings.ContainsFunc(last, func(r rune) bool { return r < 0x20 || r == '"' || r == '\\' || r >= utf8.RuneSelf })
	if at.kids == nil {
		at.kids = make(map[string]*name)
	}
	at.kids[last] = n
	d.loose++
	return n
}

// path returns the name of a key below at. A dotted key is the path it spells, unless a part of it is empty: then the
// key is one part as it is. It returns nil for a name that would be too long.
func (d *dictionary) path(at *name, key []byte) *name {
	if len(at.text)+1+len(key) > maxNameSize {
		return nil
	}
	if !separates(key) {
		return d.child(at, key)
	}
	for start, i := 0, 0; ; i++ {
		if i == len(key) || key[i] == '.' {
			at = d.child(at, key[start:i])
			if i == len(key) {
				return at
			}
			start = i + 1
		}
	}
}

// separates reports whether the dots of a key separate parts.
func separates(key []byte) bool {
	dots := false
	for i, c := range key {
		if c != '.' {
			continue
		}
		if i == 0 || i == len(key)-1 || key[i-1] == '.' {
			return false
		}
		dots = true
	}
	return dots
}

// below returns n below prefix. The last answer is kept, as a path nearly always goes below the same prefix.
func (d *dictionary) below(prefix, n *name) *name {
	if n.prefix == prefix {
		return n.joined
	}
	j := d.path(prefix, []byte(n.text))
	if j == nil {
		return nil
	}
	n.prefix, n.joined = prefix, j
	return j
}

// tidy forgets all names but the fixed ones where there are too many, and ranks the names where enough records held one
// without a rank: ranking all names costs milliseconds, so it waits for as many such records as make it cheap, however
// fast a hostile source brings new names. It is called between records.
func (d *dictionary) tidy() {
	switch {
	case d.loose > maxNames:
		d.loose = 0
		d.generation++
		d.root.forget()
	case d.missed < 8 || d.missed < d.ranked/64:
		return
	}
	d.rank()
}

// rank gives out all names anew, in their order.
func (d *dictionary) rank() {
	var all []*name
	var texts []string
	d.root.each(func(n *name) { all, texts = append(all, n), append(texts, n.text) })
	names, given := tocsin.NewNames(texts)
	for i, n := range all {
		n.given, n.ranked = given[i], true
	}
	d.given, d.ranked, d.missed = names, len(all), 0
}

// under reports whether the name lies below prefix.
func (n *name) under(prefix *name) bool {
	for n = n.up; n != nil && n != prefix; n = n.up {
	}
	return n != nil
}

// each calls f for every name below n.
func (n *name) each(f func(*name)) {
	for _, kid := range n.kids {
		f(kid)
		kid.each(f)
	}
}

func (n *name) forget() {
	for part, kid := range n.kids {
		if !kid.fixed {
			delete(n.kids, part)
			continue
		}
		kid.after, kid.prefix, kid.joined = [2]*name{}, nil, nil
		kid.forget()
	}
}
