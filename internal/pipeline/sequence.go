package pipeline

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"tocsin"
)

// A Sequence puts the emissions of recorded history into the order of event time before they reach the registrar:
// which incident an event joins depends on which came first, and that must not depend on the pace at which partitions
// are read. What is said of one event stays in the order in which it was said: the answer to an alert that came late has
// an earlier time than what it corrects. Emissions of live sources go straight through. The zero Sequence is empty.
type Sequence struct {
	held   []sequenced
	latest map[string]time.Time // of the events of held: the time of the last emission
}

// A sequenced emission remembers where in the log it stood.
type sequenced struct {
	event  tocsin.Event
	at     time.Time // in whose order it goes on: its own time, or a later one of an earlier emission of its event
	offset int64
	group  string
}

// Add takes an emission that stood at offset, and returns what can go on at once: itself, where it is live.
func (s *Sequence) Add(e tocsin.Event, offset int64) []tocsin.Event {
	if !e.Recorded {
		return []tocsin.Event{e}
	}
	group, err := json.Marshal(e.Group)
	if err != nil {
		group = []byte(e.ID) // groups marshal
	}
	at := e.At
	if last, ok := s.latest[e.ID]; ok && last.After(at) {
		at = last
	}
	if s.latest == nil {
		s.latest = map[string]time.Time{}
	}
	s.latest[e.ID] = at
	s.held = append(s.held, sequenced{e, at, offset, string(group)})
	return nil
}

// Until returns, in order, what happened before or at a time that nothing more can come before.
func (s *Sequence) Until(t time.Time) []tocsin.Event {
	slices.SortStableFunc(s.held, func(a, b sequenced) int {
		return cmp.Or(
			a.at.Compare(b.at), cmp.Compare(a.event.Tenant, b.event.Tenant), cmp.Compare(a.event.Rule.ID, b.event.Rule.ID),
			cmp.Compare(a.group, b.group), cmp.Compare(a.event.ID, b.event.ID), cmp.Compare(a.event.Revision, b.event.Revision))
	})
	n, _ := slices.BinarySearchFunc(s.held, t, func(h sequenced, t time.Time) int {
		if h.at.After(t) {
			return 1
		}
		return -1
	})
	var out []tocsin.Event
	for _, h := range s.held[:n] {
		out = append(out, h.event)
		if s.latest[h.event.ID].Equal(h.at) {
			delete(s.latest, h.event.ID)
		}
	}
	s.held = slices.Delete(s.held, 0, n)
	return out
}

// Rest returns, in order, all that is left.
func (s *Sequence) Rest() []tocsin.Event {
	return s.Until(time.Unix(1<<40, 0))
}

// First is the least offset of what is held, or next where nothing is: the log must be read again from there.
func (s *Sequence) First(next int64) int64 {
	for _, h := range s.held {
		next = min(next, h.offset)
	}
	return next
}

// Len is how many emissions are held.
func (s *Sequence) Len() int { return len(s.held) }
