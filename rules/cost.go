package rules

import (
	"time"

	"tocsin"
)

// A timing makes a matcher measure, now and then, what each rule costs.
type timing struct {
	clock func() time.Duration
	every uint64 // alerts of which one is measured
	count uint64 // since one was measured
}

// Time makes the matcher measure one in so many alerts by a clock that never goes back; a nil clock measures nothing.
// What it measures is in [State.Cost].
func (m *Matcher) Time(clock func() time.Duration, every int) {
	m.timing = timing{clock: clock, every: uint64(max(every, 1))}
}

// due reports whether the alert in hand is to be measured.
func (t *timing) due() bool {
	if t.clock == nil {
		return false
	}
	if t.count++; t.count < t.every {
		return false
	}
	t.count = 0
	return true
}

// timed is the loop of [Matcher.Match] with a clock beside it. Leaves that rules share are charged to the first.
func (m *Matcher) timed(out []tocsin.Match, a *tocsin.Alert) []tocsin.Match {
	m.set.health.timed.Add(1)
	m.index.Measure(m.timing.clock, m.charge)
	try := m.load(a)
	begin := m.timing.clock()
	for _, first := range try {
		for i := int(first); i < m.past(int(first)); i++ {
			if bits := m.holds(i, everyCondition); bits != 0 {
				out = m.matches(out, i, bits, a)
			}
			end := m.timing.clock()
			m.set.health.rules[i].cost.Add(int64(end - begin))
			begin = end
		}
	}
	return out
}

// charge notes what the index took to evaluate a rule's conditions, or to look for all rules.
func (m *Matcher) charge(owner int32, d time.Duration) {
	if owner < 0 {
		m.set.health.search.Add(int64(d))
		return
	}
	past := m.past(int(owner))
	each := int64(d) / int64(past-int(owner)) // those of a run are evaluated once
	for i := int(owner); i < past; i++ {
		h := &m.set.health.rules[i]
		h.cost.Add(max(each, 1))
		h.woken.Add(1)
	}
}

// Search is what finding the rules to evaluate cost an alert, over all that were measured: what all rules together
// cost beside [State.Cost]. It is 0 where nothing was measured.
func (s *Set) Search() time.Duration {
	n := s.health.timed.Load()
	if n == 0 {
		return 0
	}
	return time.Duration(s.health.search.Load() / n)
}

// A Waking says when a rule is evaluated at all.
type Waking struct {
	Rule   string
	Lane   string   // what holds of the alerts that it is for; "" of all
	By     []string // it is evaluated where one of these is found; nil: on every alert of the lane
	Weak   bool     // what wakes it is common: a field that is there, or a test that no table knows
	Always bool     // nothing wakes it: it is evaluated on every alert of the lane
}

// Wakings are those of all rules in use; a rule that is for several kinds of record, or has several conditions, has several.
func (s *Set) Wakings() []Waking {
	all := s.index.Wakings()
	var out []Waking
	for _, w := range all {
		for _, id := range s.ids[w.Owner:s.compiled[w.Owner].past] {
			out = append(out, Waking{Rule: id, Lane: w.Lane, By: w.By, Weak: w.Weak, Always: w.By == nil && w.Weak})
		}
	}
	return out
}

// cost is what the rule cost an alert, over all that were measured.
func (h *health) cost(i int) time.Duration {
	n := h.timed.Load()
	if n == 0 {
		return 0
	}
	return time.Duration(h.rules[i].cost.Load() / n)
}

// woken is on how much of the alerts that were measured the rule was evaluated.
func (h *health) woken(i int) float64 {
	n := h.timed.Load()
	if n == 0 {
		return 0
	}
	return float64(h.rules[i].woken.Load()) / float64(n)
}
