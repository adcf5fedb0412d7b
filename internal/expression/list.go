package expression

import (
	"maps"
	"slices"
	"strings"
)

// A List is a reference list that in_list looks values up in. Lookup is without regard to case where Fold is set
// when it is made, otherwise exact.
type List struct {
	name   string
	fold   bool
	values map[string]struct{}
}

// NewList makes a list of values.
func NewList(name string, fold bool, values []string) *List {
	l := &List{name: name, fold: fold, values: make(map[string]struct{}, len(values))}
	for _, v := range values {
		l.values[l.key(v)] = struct{}{}
	}
	return l
}

// Name is the list's name.
func (l *List) Name() string { return l.name }

// Len is the number of distinct values.
func (l *List) Len() int { return len(l.values) }

// Has reports whether the list holds s.
func (l *List) Has(s string) bool {
	_, ok := l.values[l.key(s)]
	return ok
}

func (l *List) key(s string) string {
	if l.fold {
		return strings.ToLower(s)
	}
	return s
}

// Values are the list's values, sorted.
func (l *List) Values() []string { return slices.Sorted(maps.Keys(l.values)) }
