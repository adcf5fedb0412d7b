// Package ecs is the field table: the names and types of the leaves of the Elastic Common Schema 8.17, and the
// namespaces outside it whose leaves are accepted unseen.
package ecs

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A Type is the kind of value that a field holds.
type Type uint8

// The types of fields. The zero Type belongs to no field.
const (
	Keyword  Type = iota + 1 // a string that is compared as a whole
	Text                     // a string for people
	IP                       // an IPv4 or IPv6 address
	Long                     // a whole number
	Double                   // a number
	Boolean                  // true or false
	Date                     // a point in time
	Object                   // holds other fields, or anything below it
	GeoPoint                 // latitude and longitude
	Any                      // a leaf of a custom namespace: whatever its source writes
)

// String is the word for t that people read, "" for the zero Type.
func (t Type) String() string {
	words := [...]string{"", "keyword", "text", "ip", "long", "double", "boolean", "date", "object", "geo_point", "any"}
	if int(t) < len(words) {
		return words[t]
	}
	return ""
}

// A schema is the parsed table.
type schema struct {
	types  map[string]Type // leaves, and the objects above them
	names  []string        // of the leaves, sorted
	custom map[string]bool
}

var table = sync.OnceValue(parse)

// Lookup returns the type of the named field: of a leaf, of an object that ECS has leaves below, or [Any] for a leaf
// of a custom namespace that the table does not list. It reports false for a name that neither ECS nor a custom
// namespace knows.
func Lookup(name string) (Type, bool) {
	if t, ok := table().types[name]; ok {
		return t, true
	}
	if objectAbove(name) || IsCustom(name) {
		return Any, true
	}
	return 0, false
}

// objectAbove reports whether name lies below a field whose members ECS leaves open, as labels or a flattened field.
func objectAbove(name string) bool {
	const open = "container.labels. log.syslog.structured_data. process.env_vars."
	for prefix := range strings.FieldsSeq(open) {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// IsCustom reports whether name lies in a declared namespace outside ECS (labels.*, winlog.*, suricata.*, …), where
// every leaf is accepted.
func IsCustom(name string) bool {
	root, rest, below := strings.Cut(name, ".")
	return below && rest != "" && table().custom[root]
}

// All yields the leaves of the table by name. Objects are not among them.
func All() iter.Seq2[string, Type] {
	return func(yield func(string, Type) bool) {
		t := table()
		for _, name := range t.names {
			if !yield(name, t.types[name]) {
				return
			}
		}
	}
}

// Namespaces lists the declared roots outside ECS, sorted.
func Namespaces() []string { return slices.Sorted(maps.Keys(table().custom)) }

func parse() *schema {
	lines := map[string][]string{}
	var roots []string
	for _, text := range []string{sets, custom} {
		for line := range strings.Lines(strings.TrimSpace(text)) {
			head, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
			name := strings.TrimPrefix(head, "-")
			lines[name] = strings.Fields(rest)
			if name == head { // a set with a dash is only ever reused
				roots = append(roots, name)
			}
		}
	}
	s := &schema{types: make(map[string]Type, 2048), custom: map[string]bool{}}
	for _, root := range roots {
		at := root + "."
		if root == "base" {
			at = ""
		}
		s.add(lines, at, lines[root])
	}
	for name := range s.types {
		s.names = append(s.names, name)
	}
	slices.Sort(s.names)
	for _, name := range s.names {
		s.addObjects(name)
	}
	for root := range strings.FieldsSeq(namespaces) {
		s.custom[root] = true
	}
	return s
}

// add puts words, a set's leaves and reuses, below at.
func (s *schema) add(lines map[string][]string, at string, words []string) {
	for _, word := range words {
		set, reused := strings.CutPrefix(word, "+")
		if reused {
			set, as, renamed := strings.Cut(set, "=")
			if !renamed {
				as = set
				switch set {
				case "proc", "usr": // these stand in their set itself
					s.add(lines, at, lines[set])
					continue
				}
			}
			s.add(lines, at+as+".", flat(set, lines[set]))
			continue
		}
		leaf, letter, typed := strings.Cut(word, "/")
		t := Keyword
		if typed {
			t = typeOf(letter)
		}
		s.types[at+leaf] = t
	}
}

// flat is what a set brings along where it is reused: of user, the plain leaves alone.
func flat(set string, words []string) []string {
	if set != "user" {
		return words
	}
	return []string{"+usr"}
}

func typeOf(letter string) Type {
	switch letter {
	case "t":
		return Text
	case "i":
		return IP
	case "l":
		return Long
	case "d":
		return Double
	case "b":
		return Boolean
	case "s":
		return Date
	case "g":
		return GeoPoint
	default:
		return Object
	}
}

// addObjects records the objects above a leaf.
func (s *schema) addObjects(name string) {
	for i := strings.LastIndexByte(name, '.'); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		if _, ok := s.types[name[:i]]; !ok {
			s.types[name[:i]] = Object
		}
	}
}
