package correlate

import (
	"slices"

	"tocsin"
)

// sequenceKind: inside the span the rule's steps follow one another (engine.md, ruling 8). There are alerts, none of
// them taken twice, so that each step has at_least that meet its condition, none of them before the last of the step
// before, and the step's last at most its within after that. Equal times may be taken in either order. More alerts
// never undo that.
//
// Beside the held alerts the state keeps when each condition was last met: while one is missing from the window there
// is nothing to look for.
type sequenceKind struct{ distinctKind }

// A step is what the engine needs of one step of a sequence.
type step struct {
	atLeast int
	within  int64  // nanoseconds after the last alert of the step before; 0: no limit
	value   int    // which of a match's values the step counts, different ones, from 1 on; 0: alerts
	absent  uint64 // conditions of which no alert may lie between the step before and this one
}

// maxSteps is how many conditions a match can name.
const maxSteps = 64

func (sequenceKind) values(tk *track, m *tocsin.Match) []string { return stepValues(tk, m) }

// scanned is how many alerts of a window are looked through only to tell how far the key is from firing.
const scanned = 256

func (sequenceKind) newest(st *state) (lo, missing int) {
	p := &st.track.plan
	all := st.held.all()
	x := &all[len(all)-1]
	lo = st.held.since(x.at - p.span + 1)
	if missing = st.unmet(x.at - p.span); missing > 0 {
		return lo, missing
	}
	if st.closed {
		return lo, max(int(st.missing), 1)
	}
	last := len(p.steps) - 1
	if p.quiet >= p.span && met(x)>>last&1 == 0 && len(all)-lo > scanned {
		return lo, p.steps[last].atLeast // one that is complete already would have absorbed x
	}
	if p.valued() {
		m := newFollower(p)
		if _, ok := m.follow(all[lo:]); ok {
			return lo, 0
		}
		st.closed = len(m.open[last]) == 0
		return lo, m.lacksOf()
	}
	c := st.track.chain.begin(p.steps)
	if _, ok := c.follow(all[lo:]); ok {
		return lo, 0
	}
	st.closed = len(c.open[last]) == 0
	return lo, max(c.lacks(), 1)
}

// follow returns the index of the last alert of the time at which the alerts of one window first hold a sequence.
func (st *state) follow(all []item) (end int, ok bool) {
	if p := &st.track.plan; p.valued() {
		return newFollower(p).follow(all)
	}
	return st.track.chain.begin(st.track.plan.steps).follow(all)
}

func (m *follower) follow(all []item) (end int, ok bool) {
	for i := 0; i < len(all); {
		j := sameTime(all, i)
		if _, ok := m.slice(all[i:j]); ok {
			return j - 1, true
		}
		i = j
	}
	return 0, false
}

// note keeps what [state.closed] says: the step before the last cannot be completed by alerts that meet the last alone.
func (k sequenceKind) note(st *state, x *item) {
	for _, v := range x.p.values {
		if condition(v) != 0 {
			st.see(sighting{v, x.at}, len(st.track.plan.steps))
		}
	}
	all := st.held.all()
	if met(x) != 1<<(len(st.track.plan.steps)-1) || all[len(all)-1].order != x.order {
		st.closed = false
	}
}

// unmet is how many alerts the steps need whose conditions were not met after time t.
func (st *state) unmet(t int64) int {
	var live uint64
	for _, s := range st.seen {
		if s.at > t {
			live |= condition(s.value)
		}
	}
	n := 0
	for k, s := range st.track.plan.steps {
		if live>>k&1 == 0 {
			n += s.atLeast
		}
	}
	return n
}

// around looks for the first and the last window that the alert at pos is in and that holds a sequence. Of equal times
// a window that holds one holds all: they make it no longer.
func (sequenceKind) around(st *state, pos int) (lo, hi int, ok bool) {
	p, h := &st.track.plan, &st.held
	all := h.all()
	x := all[pos].at
	limit := h.since(x + p.span)
	lo = h.since(x - p.span + 1)
	first := h.since(x+1) - 1
	for {
		end, found := st.follow(all[lo:limit])
		if !found {
			return 0, 0, false
		}
		first = max(first, lo+end)
		next := h.since(all[first].at - p.span + 1)
		if next == lo {
			break
		}
		lo = next
	}
	for hi = limit - 1; hi > first; hi = h.since(all[hi].at) - 1 {
		from := h.since(all[hi].at - p.span + 1)
		if _, found := st.follow(all[from : hi+1]); found {
			break
		}
	}
	return lo, max(hi, first), true
}

// met is the conditions that an alert meets.
func met(x *item) uint64 {
	var set uint64
	for _, v := range x.p.values {
		set |= condition(v)
	}
	return set
}

// A chain follows alerts through the steps of a sequence, time by time. It is scratch of a track.
type chain struct {
	steps []step
	seen  []int       // alerts so far that meet the step's condition
	open  [][]opening // by step, by time
	best  int         // alerts that the step furthest on still needs, and all after it
	fresh []int       // by step: own of an opening at the time in hand, and one; 0 for none
}

// An opening is a time at which the step before was complete, and with it how many alerts of that very time the step
// can have that the steps before do not need. An earlier opening has never fewer alerts after it, but is over sooner.
type opening struct {
	at    int64
	own   int
	after int // seen, when the time was over
}

// begin makes c ready for the first alert.
func (c *chain) begin(steps []step) *chain {
	n := len(steps)
	if len(c.seen) != n {
		c.seen, c.fresh, c.open = make([]int, n), make([]int, n), make([][]opening, n)
	}
	c.steps, c.best = steps, 0
	clear(c.seen)
	for k, s := range steps {
		c.open[k] = c.open[k][:0]
		c.best += s.atLeast
	}
	c.open[0] = append(c.open[0], opening{at: unset})
	return c
}

// lacks is about how many alerts are missing.
func (c *chain) lacks() int { return c.best }

// follow returns the index of the last alert of the time at which the alerts first hold a sequence.
func (c *chain) follow(all []item) (end int, ok bool) {
	for i := 0; i < len(all); {
		j := i + 1
		for j < len(all) && all[j].at == all[i].at {
			j++
		}
		if c.advance(all[i:j]) {
			return j - 1, true
		}
		i = j
	}
	return 0, false
}

// advance takes in the alerts of one time. It reports whether the last step is complete.
func (c *chain) advance(same []item) bool {
	at := same[0].at
	clear(c.fresh)
	for a := range c.steps {
		need, ok := c.need(a, at)
		if !ok {
			continue
		}
		if c.complete(a, need, same) {
			return true
		}
	}
	for i := range same {
		set := met(&same[i])
		for k := range c.steps {
			c.seen[k] += int(set >> k & 1)
		}
	}
	for k, own := range c.fresh {
		if own > 0 && (c.steps[k].within > 0 || len(c.open[k]) == 0) { // the first one is the best while it is open
			c.open[k] = append(c.open[k], opening{at, own - 1, c.seen[k]})
		}
	}
	c.rate(at)
	return false
}

// complete looks which steps the alerts of one time complete, from step a on, which needs so many of them. It reports
// whether the last step is among them.
func (c *chain) complete(a, need int, same []item) bool {
	if len(same) == 1 { // it goes to a, and nothing is left
		if need > 1 || met(&same[0])>>a&1 == 0 {
			return false
		}
		if a++; a < len(c.steps) {
			c.fresh[a] = max(c.fresh[a], 1)
		}
		return a == len(c.steps)
	}
	s := newShares(same, len(c.steps))
	got := s.take(a, need)
	for got == need {
		if a++; a == len(c.steps) {
			return true
		}
		need = c.steps[a].atLeast
		got = s.take(a, need)
		c.fresh[a] = max(c.fresh[a], 1+got)
	}
	return false
}

// need is how many alerts of time at complete step a there: at least one, as it is to be the step's last. It is false
// where the step is not open.
func (c *chain) need(a int, at int64) (int, bool) {
	if w := c.steps[a].within; w > 0 && a > 0 {
		for len(c.open[a]) > 0 && at-c.open[a][0].at > w {
			c.open[a] = c.open[a][1:]
		}
	}
	if len(c.open[a]) == 0 {
		return 0, false
	}
	o := c.open[a][0]
	return max(c.steps[a].atLeast-o.own-(c.seen[a]-o.after), 1), true
}

// rate notes how many alerts the steps still need.
func (c *chain) rate(at int64) {
	n := 0
	for k, s := range slices.Backward(c.steps) {
		if need, ok := c.need(k, at); ok {
			c.best = min(c.best, n+need)
		}
		n += s.atLeast
	}
}

// rebuild sees the alerts of the newest window again.
func (k sequenceKind) rebuild(st *state) {
	st.unseen()
	all := st.held.all()
	for i := len(all) - 1; i >= 0 && all[i].at > all[len(all)-1].at-st.track.plan.span; i-- {
		for _, v := range all[i].p.values {
			if condition(v) != 0 {
				st.see(sighting{v, all[i].at}, len(st.track.plan.steps))
			}
		}
	}
}
