package correlate

import "tocsin"

// leakyKind: a bucket of a capacity that loses one alert every leakspeed overflows. Each alert pours one unit in; the
// level never falls below nothing nor rises above the capacity, and an alert that would raise it above overflows the
// bucket. A satisfying window runs from the alert that found the bucket empty to one that overflows it. More alerts
// only raise the level, so the condition is monotone.
//
// The plan's span is the time in which a full bucket runs empty: alerts further apart never share a bucket. Its
// at_least is the capacity and one: so many alerts at once overflow an empty bucket. Levels are times: how long the
// bucket needs to run empty.
type leakyKind struct{}

// A bucketLevel is a bucket after an alert was poured into it.
type bucketLevel struct {
	order         // the alert
	known   bool  // there was one
	start   order // the alert that found the bucket empty
	level   int64 // 0 to the plan's span
	spilled bool  // the alert overflowed it
}

func (leakyKind) values(*track, *tocsin.Match) []string { return nil }

// pour is the bucket after the next alert.
func (l *bucketLevel) pour(x order, p *plan) {
	if l.level -= x.at - l.at; !l.known || l.level <= 0 {
		l.level, l.start = 0, x
	}
	l.order, l.known = x, true
	l.level += p.leak
	if l.spilled = l.level > p.span; l.spilled {
		l.level = p.span
	}
}

// note keeps the level at the newest alert.
func (leakyKind) note(st *state, x *item) {
	all := st.held.all()
	if n := len(all); all[n-1].order == x.order && (n == 1 || st.filled().known && all[n-2].order == st.filled().order) {
		st.filled().pour(x.order, &st.track.plan)
		return
	}
	st.empty() // an alert that came out of order changes it, and one that was absorbed is not in it
}

func (k leakyKind) newest(st *state) (lo, missing int) {
	p := &st.track.plan
	all := st.held.all()
	last := len(all) - 1
	if !st.filled().known || st.filled().order != all[last].order {
		k.fill(st)
	}
	if st.filled().spilled {
		return st.held.from(st.filled().start), 0
	}
	return last, int((p.span-st.filled().level)/p.leak) + 1
}

// fill computes the level at the newest alert.
func (leakyKind) fill(st *state) {
	all := st.held.all()
	st.empty()
	for i := st.emptyBefore(len(all) - 1); i < len(all); i++ {
		st.filled().pour(all[i].order, &st.track.plan)
	}
}

// emptyBefore is the index of an alert at or before pos that surely finds the bucket empty: nothing is poured in
// before it for as long as a full one takes to run empty.
func (st *state) emptyBefore(pos int) int {
	all := st.held.all()
	for pos > 0 && all[pos].at-all[pos-1].at < st.track.plan.span {
		pos--
	}
	return pos
}

// around follows the bucket that the alert at pos is poured into until it is empty again.
func (leakyKind) around(st *state, pos int) (lo, hi int, ok bool) {
	all := st.held.all()
	var l bucketLevel
	for i := st.emptyBefore(pos); i < len(all); i++ {
		if l.pour(all[i].order, &st.track.plan); l.start == all[i].order {
			if i > pos {
				break
			}
			lo = i
		}
		if i >= pos && l.spilled {
			hi, ok = i, true
		}
	}
	return lo, hi, ok
}

// keep is the alerts of the bucket that an alert to come could be poured into.
func (leakyKind) keep(st *state, settled int, horizon int64) int {
	all := st.held.all()
	var l bucketLevel
	start := settled
	for i := st.emptyBefore(settled - 1); i < settled; i++ {
		if l.pour(all[i].order, &st.track.plan); l.start == all[i].order {
			start = i
		}
	}
	if l.level <= horizon-l.at {
		return 0 // it is empty by then
	}
	return settled - start
}

func (leakyKind) rebuild(st *state) { st.empty() }

// filled is the key's bucket.
func (st *state) filled() *bucketLevel {
	if st.level == nil {
		st.apart().level = new(bucketLevel)
	}
	return st.level
}

// empty forgets what is known of the key's bucket.
func (st *state) empty() {
	if st.level != nil {
		*st.level = bucketLevel{}
	}
}
