package correlate

import (
	"fmt"
	"slices"

	"tocsin"
)

// leakyDistinctKind: a leaky bucket into which a value pours once in the bucket's life. A life begins with the alert that
// finds no bucket; it ends with the alert that overflows the bucket, or when nothing was poured in for longer than
// at_least times the leak. An alert that shows no value that is new to the life is not poured in. An earlier alert of a
// value, come late, moves its pour, so that more alerts can undo an overflow: this kind is a [fold].
//
// A firing's run holds the at_least alerts that were poured last, of which the last overflowed the bucket: they lie less
// than at_least times the leak apart.
type leakyDistinctKind struct{ settledKind }

// leakyDistinct is the name that plans have for a leaky bucket with distinct values.
const leakyDistinct = "leaky distinct"

// name is the plan's kind as rules call it.
func (p *plan) name() string {
	if p.kind == leakyDistinct {
		return "leaky"
	}
	return p.kind
}

func (leakyDistinctKind) values(tk *track, m *tocsin.Match) []string {
	return distinctKind{}.values(tk, m)
}

func (leakyDistinctKind) begin(p *plan) machine    { return &pours{plan: p} }
func (leakyDistinctKind) member(*plan, *item) bool { return true }

func (leakyDistinctKind) lacks(p *plan, _ *item) int { return max(p.atLeast-1, 1) }

func (leakyDistinctKind) ahead(p *plan) (delay, forward int64) { return 0, p.life() }

// life is how long a bucket lives after its last pour.
func (p *plan) life() int64 { return p.leak * min(int64(p.atLeast), longest/p.leak) }

// Pours are a bucket in its life.
type pours struct {
	plan  *plan
	alive bool
	from  int64   // the held alerts from this time on make the bucket anew
	level int64   // how long it needed to run empty when the last alert was poured in
	start order   // of the alert that began the life
	last  []order // of the alerts that were poured in, at_least at the most that matter; the last one last
	over  int64   // time of the last overflow
	// seen are the values of the life; nil in a copy, which finds them among the held alerts.
	seen map[string]struct{}
}

func (m *pours) pass(_ *held, t int64, _ *[]firing) {
	if m.alive && t-m.newest() > m.plan.life() {
		m.alive = false
	}
}

// newest is the time of the last pour.
func (m *pours) newest() int64 { return m.last[len(m.last)-1].at }

func (m *pours) take(h *held, same []item, out *[]firing) {
	if m.alive && m.seen == nil {
		m.recall(h, same[0].order)
	}
	for i := range same {
		if m.pour(&same[i]) {
			n := len(m.last)
			*out = append(*out, firing{m.last[n-m.plan.atLeast], m.last[n-1], same[i].at})
		}
	}
}

// pour takes one alert in. It reports whether the bucket overflowed, which ends its life.
func (m *pours) pour(x *item) (overflow bool) {
	if !m.alive {
		if len(m.last) == 0 || m.over != x.at { // else alerts of this very time belong to the bucket before
			m.from = x.at
		}
		m.alive, m.level, m.start, m.last, m.seen = true, 0, x.order, nil, make(map[string]struct{})
	}
	if !m.fresh(x) {
		return false
	}
	if n := len(m.last); n > 0 {
		m.level = max(m.level-(x.at-m.last[n-1].at), 0)
	}
	m.level += m.plan.leak
	if len(m.last) >= 2*m.plan.atLeast {
		m.last = slices.Delete(m.last, 0, len(m.last)-m.plan.atLeast)
	}
	m.last = append(m.last, x.order)
	if m.level <= m.plan.span {
		return false
	}
	m.alive, m.over = false, x.at
	return true
}

// recall finds the values of the life: those of all alerts since its start and before o, which are held.
func (m *pours) recall(h *held, o order) {
	m.seen = make(map[string]struct{})
	all := h.all()
	for i := h.from(m.start); i < len(all) && all[i].before(o); i++ {
		m.fresh(&all[i])
	}
}

// fresh reports whether an alert shows a value that is new to the bucket, and remembers its values. No value is a value
// like others.
func (m *pours) fresh(x *item) bool {
	if len(x.p.values) == 0 {
		_, known := m.seen[""]
		m.seen[""] = struct{}{}
		return !known
	}
	fresh := false
	for _, v := range x.p.values {
		if _, known := m.seen[v]; !known {
			m.seen[v] = struct{}{}
			fresh = true
		}
	}
	return fresh
}

func (*pours) due() int64 { return never }

func (m *pours) reach() int64 {
	if !m.alive {
		return never
	}
	return m.from
}

func (m *pours) lacks() int {
	if !m.alive {
		return m.plan.atLeast
	}
	return int((m.plan.span-m.level)/m.plan.leak) + 1
}

func (m *pours) copy() machine {
	c := *m
	c.last, c.seen = slices.Clone(m.last), nil
	return &c
}

func (*pours) layout(*coder) bool { return false }

// tell implements [teller]: how full the bucket is.
func (leakyDistinctKind) tell(st *state, now int64, s *tocsin.Standing) {
	m, p := newestOf[*pours](st), &st.track.plan
	s.Have = 0
	if !m.alive || now-m.newest() > p.life() {
		return
	}
	level := max(m.level-(now-m.newest()), 0)
	s.Have = max(s.Need-int((p.span-level)/p.leak)-1, 0)
	s.Notes = append(s.Notes, fmt.Sprintf("the bucket holds %.1f of %d at %s and loses one every %s",
		float64(level)/float64(p.leak), p.atLeast-1, stampOf(now), durationOf(p.leak)))
	s.Until = instant(m.newest() + p.life())
}

var _ teller = leakyDistinctKind{}
