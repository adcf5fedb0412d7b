package correlate

import (
	"cmp"
	"slices"
	"sort"
)

// A state is what the engine keeps of one group key of one rule.
type state struct {
	*rare        // what few keys have; written through [state.apart] only
	name  string // tenant and key, encoded
	hash  uint64 // half of that of the name, see [keyTable]
	held  held

	bytes      int64
	due        int64 // not later than the next time at which [Engine.expire] has something to do
	prev, next *state
	calm       *event // that its alerts join, where most of them change nothing else; nil where each needs a look
	kin        *kin   // nil where it shares nothing
	slot       int32  // in the engine's queue
	missing    int32  // alerts or values that the newest window lacks; 0 with a burst
	patience   int32  // alerts in order that can come before a look at them, see [state.wait]
	bucket     int8   // in the track
	touched    bool   // since it was put in its bucket
	closed     bool   // kind sequence only: an alert that meets the last step alone completes nothing
	flooded    bool   // it had more alerts than are held
}

// rest implements [hashed].
func (st *state) rest() uint64 { return st.hash }

// A burst is a run of alerts that belong together: [first, last] without a gap, in the order of the key's alerts.
type burst struct {
	first, last order
	fired       order    // the alert that completed the first of its windows, by time: zero where the watermark did
	start       int64    // where max_open is counted from: first's time
	maxOpen     int64    // as it was when the burst began
	events      []*event // by part; those that are not yet forgotten, never empty
	before      string   // id of the last forgotten event
	touched     int64    // watermark at the last change

	end      int64 // kind silence only: when the key was heard of again; 0 for not yet
	anchored bool  // folds only: it holds alerts that are forgotten
	kept     order // the last of them
}

const stateSize = 160 // bytes of a state with its place in table, queue and list

// within returns the burst whose run holds o, or would hold it, nil for none.
func (st *state) within(o order) *burst {
	i := st.burstFrom(o)
	if i < len(st.bursts) && !o.before(st.bursts[i].first) {
		return st.bursts[i]
	}
	return nil
}

// burstFrom is the index of the first burst whose last is not before o.
func (st *state) burstFrom(o order) int {
	n := len(st.bursts)
	if n == 0 || st.bursts[n-1].last.before(o) {
		return n
	}
	return sort.Search(n, func(i int) bool { return !st.bursts[i].last.before(o) })
}

// part is which of the burst's events an alert at t belongs to.
func (b *burst) part(t int64) int64 { return max(t-b.start, 0) / b.maxOpen }

// event returns the burst's event for part n; created reports that it is new and has no identity yet.
func (b *burst) event(n int64) (ev *event, created bool) {
	i, ok := slices.BinarySearchFunc(b.events, n, func(e *event, n int64) int { return int(min(max(e.part-n, -1), 1)) })
	if ok {
		return b.events[i], false
	}
	ev = &event{part: n}
	b.events = slices.Insert(b.events, i, ev)
	return ev, true
}

// find is the burst's event for part n, nil for none.
func (b *burst) find(n int64) *event {
	for _, ev := range b.events {
		if ev.part == n {
			return ev
		}
	}
	return nil
}

// trim forgets the settled alerts that no window to come can reach. Settled are those before horizon: no more
// alerts are accepted there.
func (st *state) trim(horizon int64) {
	all := st.held.all()
	if len(all) == 0 || all[0].at >= horizon {
		return
	}
	st.catchUp()
	settled := st.held.since(horizon)
	if st.track.plan.takesBack() && len(st.bursts) > 0 { // one of a burst's alerts may yet prove wrong
		settled = min(settled, st.held.from(st.bursts[0].first))
	}
	drop := st.spent(horizon, settled)
	if drop < settled {
		drop = max(drop, settled-st.track.kind.keep(st, settled, horizon))
	}
	st.drop(drop)
}

// reachable is how many of the settled alerts share a window of the plan's span with one at or after horizon.
func (st *state) reachable(settled int, horizon int64) int {
	return settled - min(settled, st.held.since(horizon-st.track.plan.span+1))
}

// spent is how many of the settled alerts a burst makes superfluous: where quiet is at least span, whatever comes
// near a burst's end is absorbed, and once its beginning is out of reach no window looks into it.
func (st *state) spent(horizon int64, settled int) int {
	p := &st.track.plan
	if p.quiet < p.span {
		return 0
	}
	for _, b := range slices.Backward(st.bursts) {
		if b.first.at <= horizon-p.span {
			return min(st.held.past(b.last), settled)
		}
	}
	return 0
}

// over reports whether the key can be forgotten at a watermark.
func (st *state) over(now, lateness int64) bool {
	return len(st.bursts) == 0 && st.held.len() == 0 && (st.until == unset || st.until+lateness+st.track.plan.reach() <= now)
}

// crowd enforces the limit on the alerts of one key: the oldest half is settled early. The key's events say so.
func (st *state) crowd(limit int, horizon int64) bool {
	if st.held.len() <= limit {
		return false
	}
	all := st.held.all()
	st.apart().own = max(st.own, all[len(all)-limit/2].at)
	st.flooded = true
	st.trim(max(horizon, st.own))
	if n := st.held.len() - limit; n > 0 { // equal times, or a window that holds more than the limit
		st.drop(n + limit/2)
		st.apart().own = max(st.own, st.held.all()[0].at+1)
		st.track.kind.rebuild(st)
	}
	return true
}

// closeAt is the watermark at which an event closes: no alert that is in time can reach it then.
func (b *burst) closeAt(ev *event, p *plan) int64 {
	if p.kind == "silence" {
		return cmp.Or(b.end, b.last.at+p.memory)
	}
	return min(b.start+(ev.part+1)*b.maxOpen+p.forward, ev.last.at+p.linger())
}

// forgetAt is the watermark at which an event can be forgotten: no accepted alert can reach it then, nor move the
// burst's start, which the cuts are counted from.
func (b *burst) forgetAt(ev *event, p *plan, lateness int64) int64 {
	end := b.last.at + p.linger()
	if p.kind == "silence" {
		end = b.closeAt(ev, p)
	}
	if ev != b.events[len(b.events)-1] && !p.takesBack() {
		end = max(b.start+(ev.part+1)*b.maxOpen+p.forward, b.first.at+p.span)
	}
	return max(end, b.touched) + lateness
}

// nextDue is the next watermark at which something is to be done for the key.
func (st *state) nextDue(lateness int64) int64 {
	if k := st.kin; k != nil {
		if s := k.berth(st); s.first > 0 && s.plain {
			return s.dueAt(k, lateness)
		}
	}
	p, all := &st.track.plan, st.held.all()
	newest, due := int64(unset), int64(never)
	if n := len(all); n > 0 {
		newest = all[n-1].at
	}
	if at, mark, behind := st.ahead(); behind {
		newest = at
		if st.calm != nil { // what its last event has to take in is asked, and stays where it is
			last := st.bursts[len(st.bursts)-1]
			was, ended := *last, st.calm.last
			last.last.at, last.touched, st.calm.last.at = at, mark, at
			defer func() { *last, st.calm.last = was, ended }()
		}
	}
	if len(st.bursts) == 0 && newest == unset && st.until != unset {
		due = st.until + lateness + p.reach()
	}
	for i, b := range st.bursts {
		for _, ev := range b.events {
			if ev.open {
				due = min(due, b.closeAt(ev, p))
			}
		}
		if i == 0 || !p.takesBack() {
			due = min(due, b.forgetAt(b.events[0], p, lateness))
		}
	}
	if newest != unset && (!p.takesBack() || len(st.bursts) == 0) {
		due = min(due, newest+p.useful()+lateness)
	}
	if st.fold != nil {
		due = min(due, st.foldDue())
	}
	return due
}
