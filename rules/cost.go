package rules

import (
	"time"

	"tocsin"
)

// A timing makes a matcher measure, now and then, what each rule costs.
type timing struct {
	clock func() time.Duration
	every uint64 // alerts of which one is measured
	count uint64
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
	t.count++
	return t.count%t.every == 0
}

// timed is the loop of [Matcher.Match] with a clock beside it. Conditions that rules share are charged to the first.
func (m *Matcher) timed(out []tocsin.Match, a *tocsin.Alert) []tocsin.Match {
	m.set.health.timed.Add(1)
	begin := m.timing.clock()
	for _, i := range m.try {
		if bits := m.holds(int(i), everyCondition); bits != 0 {
			out = m.matches(out, int(i), bits, a)
		}
		end := m.timing.clock()
		m.set.health.rules[i].cost.Add(int64(end - begin))
		begin = end
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
