package rules

import (
	"slices"
	"sync/atomic"

	"tocsin"
)

// A run is rules that stand side by side and match alike: where the first of them matches all do, and only the first is
// looked for.
type run struct {
	matches  atomic.Int64 // of all but the first: how often they matched together
	troubled atomic.Bool  // one of them has failed: they are tried one by one from then on
}

// findRuns finds the set's runs.
func (s *Set) findRuns() {
	for first := 0; first < len(s.compiled); {
		past := first + 1
		for past < len(s.compiled) && s.joins(first, past) {
			s.compiled[past].follows = true
			past++
		}
		s.compiled[first].past = int32(past)
		first = past
	}
	for _, r := range s.rules {
		s.ids = append(s.ids, r.ID)
	}
}

// joins reports whether rule j matches as rule i does.
func (s *Set) joins(i, j int) bool {
	c, d := &s.compiled[i], &s.compiled[j]
	return c.alike != 0 && c.alike == d.alike && !c.off && !d.off && !c.eventsOnly && !d.eventsOnly
}

// past is where the run ends that a rule to be tried is the first of.
func (m *Matcher) past(i int) int {
	if m.scan {
		return i + 1
	}
	return int(m.set.compiled[i].past)
}

// attempt appends the matches of a rule that may hold of the loaded alert.
func (m *Matcher) attempt(out []tocsin.Match, i int, a *tocsin.Alert) []tocsin.Match {
	if m.twins(i) {
		return again(out, m.set.ids[i])
	}
	if bits := m.holds(i, everyCondition); bits != 0 {
		return m.matches(out, i, bits, a)
	}
	return out
}

// followers appends the matches of the rules of a run behind its first, which was just tried.
func (m *Matcher) followers(out []tocsin.Match, from, past int, a *tocsin.Alert) []tocsin.Match {
	run := m.set.health.rules[from].run
	if m.twin != m.set.compiled[from].alike || run.troubled.Load() {
		for i := from; i < past; i++ {
			out = m.attempt(out, i, a)
		}
		return out
	}
	run.matches.Add(1)
	n := len(out)
	out = slices.Grow(out, past-from)[:n+past-from]
	for i := n; i < len(out); { // twice as many with each round
		i += copy(out[i:], out[n-1:i])
	}
	for i := range out[n:] {
		out[n+i].Rule = m.set.ids[from+i]
	}
	return out
}

// twins reports whether the rule matches as the one does that the last match is of, and counts that. Its condition is the
// same, and holds.
func (m *Matcher) twins(i int) bool {
	alike, h := m.set.compiled[i].alike, &m.set.health.rules[i]
	if alike == 0 || alike != m.twin || h.quarantined.Load() {
		return false
	}
	h.worked()
	h.matches.Add(1)
	return true
}

// again appends the last match once more, of another rule.
func again(out []tocsin.Match, rule string) []tocsin.Match {
	out = oneMore(out)
	n := len(out) - 1
	out[n] = out[n-1]
	out[n].Rule = rule
	return out
}
