package correlate

import (
	"fmt"
	"slices"

	"tocsin"
)

// measureKind: a number that is computed of a field's values inside the span lies within bounds. The number is their sum,
// their average, or a percentile of them. More alerts can take any of these out of its bounds again, so it is judged at
// the watermark: at each time t of an alert with a number, over the window (t - span, t].
//
// All arithmetic is exact, see [amount]. Numbers are those that a value's text spells; an alert without any is not looked
// at, and of an array every number counts.
type measureKind struct{ settledKind }

// A gauge is what a rule of the kind measures, and the bounds of that. It is compared with ==.
type gauge struct {
	of         string // sum, average or percentile
	percentile int64  // in ten-thousandths of a percent
	bounds     [maxBounds]bound
}

// A bound is one side; is is "" for none.
type bound struct {
	is   string // gt, gte, lt, lte, eq, neq
	than amount
}

// maxBounds is a side each; allPercent is what [gauge.percentile] counts as a whole.
const (
	maxBounds  = 2
	allPercent = 1_000_000
)

func (measureKind) values(_ *track, m *tocsin.Match) []string {
	var texts []string
	for _, v := range m.Values {
		for _, one := range v.Items() {
			if text := one.Text(); isAmount(text) {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

func isAmount(s string) bool {
	_, ok := amountOf(s)
	return ok
}

func (measureKind) begin(p *plan) machine                { return &meter{plan: p} }
func (measureKind) member(_ *plan, x *item) bool         { return len(x.p.values) > 0 }
func (measureKind) ahead(p *plan) (delay, forward int64) { return 0, p.span }
func (measureKind) lacks(*plan, *item) int               { return 1 }

// A meter is the numbers of a key's window.
type meter struct {
	plan   *plan
	window []sample // by time
	sum    amount
	sorted []amount // of the window, for a percentile; nil where it is not made
}

// A sample is one number of an alert.
type sample struct {
	order
	amount amount
}

// sampleSize is what a sample takes, beside its place in sorted.
const sampleSize = 64

func (m *meter) pass(_ *held, t int64, _ *[]firing) { m.forget(t - m.plan.span) }

func (m *meter) take(_ *held, same []item, out *[]firing) {
	t, before := same[0].at, len(m.window)
	m.forget(t - m.plan.span)
	before = min(before, len(m.window))
	for i := range same {
		for _, text := range same[i].p.values {
			if a, ok := amountOf(text); ok {
				m.add(sample{same[i].order, a})
			}
		}
	}
	if n := len(m.window); n > before && m.holds() {
		*out = append(*out, firing{m.window[0].order, m.window[n-1].order, t})
	}
}

func (m *meter) add(s sample) {
	m.window = append(m.window, s)
	m.sum = m.sum.plus(s.amount)
	if m.sorted != nil {
		i, _ := slices.BinarySearchFunc(m.sorted, s.amount, amount.compare)
		m.sorted = slices.Insert(m.sorted, i, s.amount)
	}
}

// forget lets go of what lies at or before t.
func (m *meter) forget(t int64) {
	n := 0
	for n < len(m.window) && m.window[n].at <= t {
		a := m.window[n].amount
		m.sum = m.sum.minus(a)
		if i, ok := slices.BinarySearchFunc(m.sorted, a, amount.compare); ok {
			m.sorted = slices.Delete(m.sorted, i, i+1)
		}
		n++
	}
	if m.window = m.window[n:]; len(m.window) == 0 {
		m.window, m.sorted = nil, nil
	}
}

// holds reports whether what is measured of the window lies within all bounds.
func (m *meter) holds() bool {
	g := &m.plan.gauge
	number, times := m.measured()
	for _, b := range g.bounds {
		if b.is != "" && !b.admits(number.compare(b.than.times(times))) {
			return false
		}
	}
	return true
}

// measured is the number, so many times: an average and a percentile need not be amounts themselves.
func (m *meter) measured() (number amount, times int64) {
	g, n := &m.plan.gauge, int64(len(m.window))
	switch g.of {
	case "average":
		return m.sum, n
	case "percentile":
		if m.sorted == nil {
			for _, s := range m.window {
				m.sorted = append(m.sorted, s.amount)
			}
			slices.SortFunc(m.sorted, amount.compare)
		}
		// On a straight line between the two values whose ranks, from none to all of them, lie around it.
		at, rest := (n-1)*g.percentile/allPercent, (n-1)*g.percentile%allPercent
		number = m.sorted[at].times(allPercent - rest)
		if rest > 0 {
			number = number.plus(m.sorted[at+1].times(rest))
		}
		return number, allPercent
	default:
		return m.sum, 1
	}
}

// admits reports whether a number that compares so with the bound is within it.
func (b bound) admits(c int) bool {
	switch b.is {
	case "gt":
		return c > 0
	case "gte":
		return c >= 0
	case "lt":
		return c < 0
	case "lte":
		return c <= 0
	case "eq":
		return c == 0
	default:
		return c != 0
	}
}

func (m *meter) due() int64 { return never }

func (m *meter) reach() int64 {
	if len(m.window) == 0 {
		return never
	}
	return m.window[0].at
}

func (m *meter) lacks() int { return 1 }

// copy shares the window with m, which may go on writing behind it.
func (m *meter) copy() machine {
	c := *m
	c.window, c.sorted = slices.Clip(m.window), nil
	return &c
}

// weight implements [weighty].
func (m *meter) weight() int64 { return sampleSize * int64(len(m.window)) }

// layout writes nothing: the alerts of the window are held.
func (m *meter) layout(*coder) bool { return false }

// layout writes or reads what a plan measures.
func (g *gauge) layout(c *coder) {
	c.text(&g.of)
	c.num(&g.percentile)
	for i := range g.bounds {
		b := &g.bounds[i]
		c.text(&b.is)
		c.num(&b.than.hi)
		c.word(&b.than.lo)
	}
	if limit := int64(1) << 32; g.percentile < 0 || g.percentile > allPercent || slices.ContainsFunc(g.bounds[:], func(b bound) bool { return b.than.hi >= limit || b.than.hi < -limit }) {
		c.fail("a measure that cannot be")
		*g = gauge{}
	}
}

// tell implements [teller].
func (measureKind) tell(st *state, _ int64, s *tocsin.Standing) {
	m := newestOf[*meter](st)
	if len(m.window) == 0 {
		s.Notes = append(s.Notes, "the window holds no alert with a number")
		return
	}
	s.Until = instant(m.window[0].at + st.track.plan.span)
	if m.holds() {
		s.Have = s.Need
	}
	s.Notes = append(s.Notes, fmt.Sprintf("the window holds %d numbers, their sum is %s", len(m.window), m.sum))
}
