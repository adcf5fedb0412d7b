package correlate

import (
	"cmp"
	"slices"
	"sort"
)

// A follower follows a key's alerts through the steps of a sequence, time by time. Of all ways to take a step's alerts it
// keeps for each time at which a step is complete the one whose first alert is the latest: no other lies in a shorter
// window, nor has fewer alerts behind it that end it. What it costs for an alert does not depend on how many came before.
type follower struct {
	plan *plan
	seen []int64      // by step: alerts so far that meet its condition
	open [][]start    // by step: where it can begin, by time
	last [][]sighting // by step that asks for different values: those seen last, newest first
	now  int64        // no alert before it is to come
	end  int64        // newest time of an alert that ends what is pending
	wait []pending    // complete, but for what must not follow
	born []birth      // scratch
}

// A start is a time at which the step before was complete, and with it how many alerts of that very time the step can
// have that those before do not need.
type start struct {
	at, first int64 // first: time of the sequence's first alert
	own       int64
	after     int64 // seen, when that time was over; for a step of different values when it began
}

// A pending is a sequence that is complete, where nothing may follow for a time.
type pending struct{ at, first, from int64 }

// A birth is a start that the time in hand makes.
type birth struct {
	step int
	start
}

func newFollower(p *plan) *follower {
	n := len(p.steps)
	return &follower{plan: p, seen: make([]int64, n), open: make([][]start, n), last: make([][]sighting, n), now: unset, end: unset}
}

// slice takes in the alerts of one time. It reports whether the last step is complete with one of them, and when the
// latest such sequence began.
func (m *follower) slice(same []item) (first int64, ok bool) {
	at := same[0].at
	m.now, m.born, first = at, m.born[:0], unset
	m.expire(at)
	for k, s := range m.plan.steps {
		if s.value > 0 {
			m.sight(k, same)
		}
	}
	m.enter(0, start{at: at, first: at, after: m.seen[0]}, same)
	if len(same) == 1 {
		first, ok = m.single(met(&same[0]), at)
	} else {
		first, ok = m.several(same, at)
	}
	for i := range same {
		set := met(&same[i])
		for k := range m.seen {
			m.seen[k] += int64(set >> k & 1)
		}
	}
	for _, b := range m.born {
		if m.plan.steps[b.step].value == 0 {
			b.after = m.seen[b.step]
		}
		m.push(b.step, b.start)
	}
	return first, ok
}

// enter lets the first step begin at the time in hand, where an alert meets it.
func (m *follower) enter(k int, s start, same []item) {
	for i := range same {
		if met(&same[i])>>k&1 == 1 {
			m.push(k, s)
			return
		}
	}
}

// single is slice of one alert: it goes to one step.
func (m *follower) single(set uint64, at int64) (first int64, ok bool) {
	for k := range slices.Backward(m.open) {
		if set>>k&1 == 0 {
			continue
		}
		s := m.pick(k, 1, at)
		switch {
		case s == nil:
		case k == len(m.open)-1:
			first, ok = s.first, true
		default:
			m.born = append(m.born, birth{k + 1, start{at: at, first: s.first, after: m.seen[k+1]}})
		}
	}
	return first, ok
}

// several is slice of alerts that may complete several steps at once.
func (m *follower) several(same []item, at int64) (first int64, ok bool) {
	first = unset
	for k := range m.open {
		var before *start
		for n := int64(1); n <= min(int64(len(same)), m.most(k)); n++ {
			s := m.pick(k, n, at)
			if s == nil || s == before {
				continue
			}
			before = s
			if m.complete(k, n, *s, same) {
				first, ok = max(first, s.first), true
			}
		}
	}
	return first, ok
}

// most is how many alerts of one time a step can take to be complete.
func (m *follower) most(k int) int64 {
	if m.plan.steps[k].value > 0 {
		return 1
	}
	return int64(m.plan.steps[k].atLeast)
}

// complete looks which steps the alerts of one time complete from step k on, which needs n of them. It reports whether
// the last step is among them.
func (m *follower) complete(k int, n int64, from start, same []item) bool {
	at := same[0].at
	s := newShares(same, len(m.open))
	if int64(s.take(k, int(n))) < n {
		return false
	}
	for k++; k < len(m.open); k++ {
		need := m.most(k)
		got := int64(s.take(k, int(need)))
		b := birth{k, start{at: at, first: from.first, own: got, after: m.seen[k]}}
		if m.plan.steps[k].value > 0 {
			b.own = 0
		}
		m.born = append(m.born, b)
		if got < need || m.plan.steps[k].value > 0 && m.enough(k) < at {
			return false
		}
	}
	return true
}

// pick is the latest start of step k that at most n more alerts complete, nil for none.
func (m *follower) pick(k int, n, at int64) *start {
	s := &m.plan.steps[k]
	open, enough := m.open[k], m.enough(k)
	i := sort.Search(len(open), func(i int) bool { // the earlier, the more it has
		if s.value > 0 {
			return open[i].at > enough
		}
		return int64(s.atLeast)-m.has(k, &open[i]) > n
	}) - 1
	if i < 0 || k > 0 && s.within > 0 && at-open[i].at > s.within || at-open[i].first >= m.plan.span {
		return nil
	}
	return &open[i]
}

// has is how many alerts the step has from a start on.
func (m *follower) has(k int, o *start) int64 { return o.own + m.seen[k] - o.after }

// enough is the latest time from which on step k has seen different values enough; unset for none.
func (m *follower) enough(k int) int64 {
	if n := m.plan.steps[k].atLeast; len(m.last[k]) >= n {
		return m.last[k][n-1].at
	}
	return unset
}

// push adds a start, and drops those that it or another later one is never worse than.
func (m *follower) push(k int, s start) {
	open := m.open[k]
	same := len(open)
	for same > 0 && open[same-1].at == s.at {
		same--
	}
	for i := range open[same:] {
		if o := &open[same+i]; o.first >= s.first && m.has(k, o) >= m.has(k, &s) {
			return
		}
	}
	n := len(open)
	for n > 0 && open[n-1].first <= s.first && m.nothingBetween(k, &open[n-1], &s) {
		n--
	}
	open = append(open[:n], s)
	if same = min(same, n); len(open)-same > 1 {
		slices.SortFunc(open[same:], func(a, b start) int { return cmp.Compare(a.first, b.first) })
	}
	for len(open) > 1 && m.ready(k, &open[1]) && open[1].first >= open[0].first {
		open = open[1:]
	}
	m.open[k] = open
	if p := &m.plan.steps[k]; p.value > 0 && len(open) > 2*p.atLeast+8 {
		m.thin(k)
	}
}

// nothingBetween reports whether step k cannot have more from o on than from the later s.
func (m *follower) nothingBetween(k int, o, s *start) bool {
	if m.plan.steps[k].value == 0 {
		return m.has(k, o) <= m.has(k, s)
	}
	return !slices.ContainsFunc(m.last[k], func(v sighting) bool { return v.at >= o.at && v.at < s.at })
}

// thin drops the starts of a step of different values that a later one has made useless: at most as many are left as
// the step asks for values, and one.
func (m *follower) thin(k int) {
	open := m.open[k]
	kept := open[:0]
	for i := range open {
		if i+1 == len(open) || open[i+1].first < open[i].first || !m.nothingBetween(k, &open[i], &open[i+1]) {
			kept = append(kept, open[i])
		}
	}
	m.open[k] = kept
}

// ready reports whether one more alert completes step k from a start on, as it will then for ever.
func (m *follower) ready(k int, o *start) bool {
	if p := &m.plan.steps[k]; p.value == 0 {
		return m.has(k, o) >= int64(p.atLeast)-1
	}
	return o.at <= m.enough(k)
}

// sight notes the values that the alerts of one time show step k.
func (m *follower) sight(k int, same []item) {
	for i := range same {
		for _, v := range same[i].p.values {
			if step, ok := stepValue(v); ok && step == k {
				m.last[k] = see(m.last[k], sighting{v, same[i].at}, m.plan.steps[k].atLeast)
			}
		}
	}
}

// see puts a sighting that is not older than any among the newest ones.
func see(all []sighting, s sighting, limit int) []sighting {
	i := slices.IndexFunc(all, func(o sighting) bool { return o.value == s.value })
	switch {
	case i >= 0:
	case len(all) < limit:
		all = append(all, s)
		i = len(all) - 1
	default:
		i = limit - 1
	}
	copy(all[1:i+1], all[:i])
	all[0] = s
	return all
}

// expire drops the starts that the span has left behind.
func (m *follower) expire(at int64) {
	for k := range m.open {
		n := 0
		for n < len(m.open[k]) && at-m.open[k][n].first >= m.plan.span {
			n++
		}
		m.open[k] = m.open[k][n:]
	}
}

// lacksOf is about how many alerts are missing.
func (m *follower) lacksOf() int {
	m.expire(m.now)
	best, after := int64(0), int64(0)
	for k := range m.plan.steps {
		best += int64(m.plan.steps[k].atLeast)
	}
	for k := len(m.open) - 1; k >= 0; k-- {
		p := &m.plan.steps[k]
		if len(m.open[k]) > 0 {
			have := m.has(k, &m.open[k][0])
			if p.value > 0 {
				have = 0
				for _, v := range m.last[k] {
					if v.at >= m.open[k][0].at {
						have++
					}
				}
			}
			best = min(best, after+max(int64(p.atLeast)-have, 1))
		}
		after += int64(p.atLeast)
	}
	return int(max(best, 1))
}
