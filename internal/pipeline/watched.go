package pipeline

import (
	"slices"
	"time"

	"tocsin"
	"tocsin/rules"
)

// timedEvery is the alerts of which one is measured: a measured one costs about a microsecond more.
const timedEvery = 512

// newMatcher makes a matcher that measures what its rules cost.
func newMatcher(set *rules.Set) *rules.Matcher {
	m, start := set.Matcher(), time.Now()
	m.Time(func() time.Duration { return time.Since(start) }, timedEvery)
	return m
}

// A Watcher is a [Matcher] that tells which of the fields that rules require were on the alert that it matched last.
type Watcher interface {
	Watched() []string // at most 64; the same slice content for the life of the matcher
	Sees() uint64      // bit i: the i-th of them was there
}

// Sightings are which watched fields a source partition has sent since its last marker, and how many alerts. The zero
// value has none.
type Sightings struct {
	accepted int64
	known    uint64 // bits that are among names
	watched  []string
	names    []string
}

// See takes in one accepted alert.
func (s *Sightings) See(watched []string, sees uint64) {
	s.accepted++
	if len(watched) != len(s.watched) || len(watched) > 0 && &watched[0] != &s.watched[0] { // other rules
		s.watched, s.known = watched, 0
	}
	fresh := sees &^ s.known
	if fresh == 0 {
		return
	}
	s.known |= sees
	for i, name := range watched {
		if at, found := slices.BinarySearch(s.names, name); fresh>>i&1 == 1 && !found {
			s.names = slices.Insert(s.names, at, name)
		}
	}
}

// Tell puts them into a marker.
func (s *Sightings) Tell(m *tocsin.Marker) { m.Accepted, m.Seen = s.accepted, s.names }

// Told begins anew: a marker has told of them.
func (s *Sightings) Told() { *s = Sightings{watched: s.watched} }
