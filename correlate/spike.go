package correlate

import (
	"slices"

	"tocsin"
)

// spikeKind: inside the span there are at least at_least alerts, and at least ratio times as many as the key's own
// baseline has in a span.
//
// Time is cut into slots of the length of the span, counted from 1970. The baseline of a time t is the last slots that
// ended before the window (t - span, t], as many as the rule's baseline has spans; its rate is its alerts over their
// number. A key is judged only when its history began in a slot before those: with its first alert, and anew with the
// first after a pause longer than the baseline and two spans. So what a key keeps of its past is one number for each slot
// with alerts.
type spikeKind struct{ settledKind }

func (spikeKind) values(*track, *tocsin.Match) []string { return nil }
func (spikeKind) begin(p *plan) machine {
	return &baseline{plan: p, since: unset, last: unset, now: unset}
}
func (spikeKind) member(*plan, *item) bool             { return true }
func (spikeKind) ahead(p *plan) (delay, forward int64) { return 0, p.span }
func (spikeKind) lacks(p *plan, _ *item) int           { return p.atLeast }

// A baseline is a key's alerts by slot.
type baseline struct {
	plan  *plan
	slots []slot // that a baseline to come can hold, by number
	total int64  // of slots
	since int64  // when its history began
	last  int64  // its newest alert
	now   int64  // no alert before it is to come
	short int    // alerts that the newest window lacks
}

// A slot is how many alerts a span that begins at number times span holds.
type slot struct{ number, count int64 }

// floor is n / d, rounded down.
func floor(n, d int64) int64 {
	q := n / d
	if n%d < 0 {
		q--
	}
	return q
}

func (m *baseline) pass(_ *held, t int64, _ *[]firing) { m.now = max(m.now, t) }

func (m *baseline) take(h *held, same []item, out *[]firing) {
	p, t := m.plan, same[0].at
	if m.since == unset || t-m.last > p.memory {
		m.since, m.slots, m.total = t, nil, 0
	}
	m.last, m.now = t, t
	newest := floor(t-p.span+1, p.span) - 1
	first := newest - p.baseline + 1
	n := 0
	for n < len(m.slots) && m.slots[n].number < first {
		m.total -= m.slots[n].count
		n++
	}
	m.slots = m.slots[n:]
	past := m.total
	for i := len(m.slots) - 1; i >= 0 && m.slots[i].number > newest; i-- {
		past -= m.slots[i].count
	}
	lo, hi := h.since(t-p.span+1), h.since(t+1)
	m.short = max(p.atLeast-(hi-lo), 1)
	if floor(m.since, p.span) < first && hi-lo >= p.atLeast && float64(hi-lo)*float64(p.baseline) >= p.ratio*float64(past) {
		all := h.all()
		*out = append(*out, firing{all[lo].order, all[hi-1].order, t})
	}
	m.add(floor(t, p.span), int64(len(same)))
}

func (m *baseline) add(number, count int64) {
	m.total += count
	if n := len(m.slots); n > 0 && m.slots[n-1].number == number {
		m.slots[n-1].count += count
		return
	}
	m.slots = append(m.slots, slot{number, count})
}

func (m *baseline) due() int64 { return never }

// reach keeps the newest alert for as long as the history lasts.
func (m *baseline) reach() int64 {
	if m.last == unset || m.now-m.last > m.plan.memory {
		return never
	}
	return min(m.now-m.plan.span+1, m.last)
}

func (m *baseline) lacks() int { return max(m.short, 1) }

func (m *baseline) copy() machine {
	c := *m
	c.slots = slices.Clone(m.slots)
	return &c
}

// weight implements [weighty].
func (m *baseline) weight() int64 { return 16 * int64(len(m.slots)) }

func (m *baseline) layout(c *coder) bool {
	if c == nil {
		return true
	}
	c.at(&m.since)
	c.at(&m.last)
	c.at(&m.now)
	c.num(&m.total)
	n := int64(m.short)
	c.num(&n)
	m.short = int(n)
	list(c, &m.slots, 2, func(s *slot) {
		c.num(&s.number)
		c.num(&s.count)
	})
	return true
}

// tell implements [teller].
func (spikeKind) tell(st *state, _ int64, s *tocsin.Standing) {
	m := newestOf[*baseline](st)
	s.Have = max(st.track.plan.atLeast-m.short, 0)
	s.Notes = append(s.Notes, "its history began at "+stampOf(m.since))
}
