package rules

import "slices"

// maxWatched bounds the fields whose coming is watched: they are the bits of [Matcher.Sees].
const maxWatched = 64

// watched are the fields that rules require, by name.
type watched struct {
	names []string
	slots []int
}

// watch finds the fields that rules require.
func (s *Set) watch() {
	var names []string
	for i, r := range s.rules {
		if !s.compiled[i].off {
			names = append(names, r.Requires...)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	for _, name := range names[:min(len(names), maxWatched)] {
		s.watched.names = append(s.watched.names, name)
		s.watched.slots = append(s.watched.slots, s.table.Slot(name))
	}
}

// Watched are the fields that the set's rules require, sorted: the first 64 of them. Where a source stops sending one,
// the rules that require it are blind. The slice must not be written to.
func (s *Set) Watched() []string { return s.watched.names }

// Watched is [Set.Watched] of the matcher's set.
func (m *Matcher) Watched() []string { return m.set.watched.names }

// Sees tells which of [Set.Watched] the alert that was matched last has: bit i is the i-th field.
func (m *Matcher) Sees() uint64 {
	var bits uint64
	for i, slot := range m.set.watched.slots {
		if m.eval.Present(slot) {
			bits |= 1 << i
		}
	}
	return bits
}
