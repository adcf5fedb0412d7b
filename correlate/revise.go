package correlate

import (
	"cmp"
	"slices"
	"sort"

	"tocsin"
)

// Events of a fold. A burst is a maximal set of firings of which each shares an alert with an earlier one or begins
// closer than quiet after the last alert before it. Its events hold the alerts of its firings, cut by max_open as for
// every kind. While the machine goes on, firings only add to the last burst; when it was taken back, the bursts that can
// differ are made anew and take over the identities of those that were.

// fold places the alert that has just been held. One ahead of the machine waits; one behind it lets the machine run
// again from before it, and what it fires otherwise is brought in line.
func (e *Engine) fold(st *state, x *item) {
	tk, f := st.track, st.fold
	st.missing = min(st.missing, int32(tk.fold.lacks(&tk.plan, x)))
	switch {
	case x.at >= f.to && x.at >= e.watermark:
		e.hasten(st, x.at+tk.plan.delay+1)
		return
	case x.at >= f.to:
		e.unfold(st, e.watermark)
	default:
		to := f.to
		old, keep := f.rewind(x.at)
		stir(old, x.order)
		e.run(st, to)
		e.revise(st, old, keep, x.order)
		st.missing = int32(f.head.lacks())
		if tk.plan.kind == "silence" {
			e.heard(st)
		}
	}
	e.hasten(st, st.foldDue())
}

// unfold lets time pass for st up to t, and says what that decides.
func (e *Engine) unfold(st *state, t int64) {
	if f := st.fold; !f.done && (t > f.to || t > f.passed) {
		n := len(f.fired)
		e.run(st, t)
		e.proceed(st, n)
		st.missing = int32(f.head.lacks())
		if st.track.plan.kind == "silence" {
			e.heard(st)
		}
	}
}

// proceed adds the firings from number n on to the key's bursts: each to the last one or to a new one.
func (e *Engine) proceed(st *state, n int) {
	f, p := st.fold, &st.track.plan
	for ; n < len(f.fired); n++ {
		x := f.fired[n]
		b := st.lastBurst()
		if b == nil || !b.takes(&x, p.quiet) {
			b = &burst{first: x.lo, last: x.hi, fired: x.hi, start: x.lo.at, maxOpen: p.maxOpen}
			st.apart().bursts = append(st.bursts, b)
		}
		b.last, b.touched = later(b.last, x.hi), e.watermark
		e.collect(st, b, n)
		e.cause = x.at
		for _, ev := range b.events {
			if ev.news != 0 {
				e.announce(st, b, ev)
			}
		}
	}
}

func (st *state) lastBurst() *burst {
	if n := len(st.bursts); n > 0 {
		return st.bursts[n-1]
	}
	return nil
}

// holds reports whether the run spans an alert.
func (x *firing) holds(o order) bool { return !o.before(x.lo) && !x.hi.before(o) }

// takes reports whether a firing that does not begin before b belongs to it.
func (b *burst) takes(x *firing, quiet int64) bool {
	return !b.last.before(x.lo) || x.lo.at-b.last.at < quiet
}

// collect adds the alerts of firing number n to the events of b, but for those that the firing before it had.
func (e *Engine) collect(st *state, b *burst, n int) {
	tk, h := st.track, &st.held
	x := &st.fold.fired[n]
	i, j := h.from(x.lo), h.past(x.hi)
	if n > 0 {
		i = max(i, h.past(st.fold.fired[n-1].hi))
	}
	all := h.all()
	for ; i < j; i++ {
		if !tk.fold.member(&tk.plan, &all[i]) {
			continue
		}
		if ev := e.include(st, b, &all[i]); ev.id == "" && ev.count == 1 {
			ev.opened = x.at
		}
	}
}

// revise brings the bursts in line with the firings from number keep on, which stand in place of old, now that x has
// come.
func (e *Engine) revise(st *state, old []firing, keep int, x order) {
	f := st.fold
	for len(old) > 0 && keep < len(f.fired) && old[0] == f.fired[keep] && !old[0].holds(x) {
		old, keep = old[1:], keep+1
	}
	if len(old) == 0 && keep == len(f.fired) {
		return
	}
	lo := order{at: never}
	if len(old) > 0 {
		lo = old[0].lo
	}
	if keep < len(f.fired) {
		lo = earlier(lo, f.fired[keep].lo)
	}
	quiet := st.track.plan.quiet
	i := sort.Search(len(st.bursts), func(i int) bool {
		b := st.bursts[i]
		return !b.last.before(lo) || lo.at-b.last.at < quiet
	})
	r := revision{st: st, was: st.bursts[i:]}
	if len(r.was) > 0 {
		first := r.was[0].first
		n := sort.Search(keep, func(n int) bool { return !f.fired[n].hi.before(first) })
		old, keep = append(slices.Clone(f.fired[n:keep]), old...), n
	}
	r.old, r.keep = old, keep
	r.begin()
	r.at, st.apart().bursts = i, slices.Clone(st.bursts[:i])
	e.rebuild(&r)
	e.inherit(&r)
}

// stir makes the firings whose run holds o unlike any that may come: their alerts are others now, even if the run is the
// same.
func stir(fired []firing, o order) {
	for i := range fired {
		if !o.before(fired[i].lo) && !fired[i].hi.before(o) {
			fired[i].at--
		}
	}
}

// A revision is what is known while bursts are made anew.
type revision struct {
	st      *state
	old     []firing // that the bursts were made of
	keep    int      // the first firing that the new ones are made of
	was     []*burst
	at      int              // index of the first of them, and of the first new one
	orphans []*event         // events that lose their place: those that hold no forgotten alert
	before  map[*event]event // the others, and the heirs of the orphans: as they were
}

// begin takes the old bursts apart. Those that hold forgotten alerts stay, with these alone.
func (r *revision) begin() {
	r.before = make(map[*event]event)
	for _, b := range r.was {
		for _, ev := range b.events {
			if !b.anchored || ev.base == nil {
				r.orphans = append(r.orphans, ev)
				continue
			}
			r.before[ev] = *ev
		}
	}
}

// rebuild makes the bursts anew.
func (e *Engine) rebuild(r *revision) {
	st, f, quiet := r.st, r.st.fold, r.st.track.plan.quiet
	for _, b := range r.was {
		if !b.anchored {
			continue
		}
		b.last = b.kept
		b.events = slices.DeleteFunc(b.events, func(ev *event) bool { return ev.base == nil })
		for _, ev := range b.events {
			st.bytes -= ev.bytes()
			ev.body = ev.base.clone()
			st.bytes += ev.bytes()
		}
		st.apart().bursts = append(st.bursts, b)
	}
	for _, ev := range r.orphans {
		st.bytes -= ev.bytes()
	}
	for n := r.keep; n < len(f.fired); n++ {
		x := &f.fired[n]
		b := st.lastBurst()
		if b == nil || !b.takes(x, quiet) {
			b = &burst{first: x.lo, last: x.hi, fired: x.hi, start: x.lo.at, maxOpen: st.track.plan.maxOpen}
			st.apart().bursts = append(st.bursts, b)
		}
		b.last, b.touched = later(b.last, x.hi), e.watermark
		e.collect(st, b, n)
	}
}

// inherit gives the events of the new bursts the identities of the old ones and says what changed. An event passes its
// identity on to the one that holds the first of its alerts that are still fired. Where that has one, the older stays
// and the other is merged into it; an event of which nothing is left is withdrawn.
func (e *Engine) inherit(r *revision) {
	st := r.st
	slices.SortStableFunc(r.orphans, func(a, c *event) int {
		return cmp.Or(a.body.first.compare(c.body.first), cmp.Compare(a.id, c.id))
	})
	into := make(map[*event]*event, len(r.orphans))
	for _, o := range r.orphans {
		heir := r.heir(o)
		if heir != nil && heir.id == "" {
			heir.identity = o.identity
			r.before[heir] = *o
			continue
		}
		into[o] = heir
		e.untell(o)
		st.retire(o.id, max(e.watermark, e.cause))
	}
	for _, b := range st.bursts[r.at:] {
		for _, ev := range b.events {
			e.compare(st, b, ev, r)
		}
	}
	for _, o := range r.orphans {
		heir, lost := into[o]
		if !lost {
			continue
		}
		e.part(st, o, heir)
	}
}

// compare says what is new of ev.
func (e *Engine) compare(st *state, b *burst, ev *event, r *revision) {
	was, known := r.before[ev]
	switch {
	case ev.id == "":
	case !known:
		return // of a burst that was not made anew
	case was.same(&ev.body):
		ev.news = 0
		if st.track.plan.heard {
			e.tell(st, b, ev, true)
		}
		return
	default:
		ev.news |= revised
	}
	e.announce(st, b, ev)
}

// heir is the new event that holds the first alert of o that is still fired, nil for none.
func (r *revision) heir(o *event) *event {
	f := r.st.fold
	now := f.fired[r.keep:]
	for i := range r.old {
		x := &r.old[i]
		from, to := later(x.lo, o.body.first), x.hi
		if o.body.last.before(to) {
			to = o.body.last
		}
		if to.before(from) {
			continue
		}
		n := sort.Search(len(now), func(n int) bool { return !now[n].hi.before(from) })
		if n == len(now) || to.before(now[n].lo) {
			continue
		}
		at := later(from, now[n].lo)
		if b := r.st.within(at); b != nil {
			if ev := b.find(b.part(at.at)); ev != nil {
				return ev
			}
		}
	}
	return nil
}

// part says the last word on an event that is no more: merged into another, or withdrawn.
func (e *Engine) part(st *state, o, into *event) {
	o.revision++
	st.track.shut(o)
	b := &burst{events: []*event{o}}
	if into == nil {
		out := e.render(st, b, o, tocsin.MilestoneWithdrawn)
		out.Activity = tocsin.Withdrawn
		e.out = append(e.out, out)
		return
	}
	out := e.render(st, b, o, tocsin.MilestoneMerged)
	out.Activity, out.MergedInto, out.Continues = tocsin.Merged, into.id, ""
	e.out = append(e.out, out)
}

// foundLate gives ev, which the watermark decided, its identity. It opened at the moment that decided it; the alert
// that made it known is a late one, or there is none.
func (e *Engine) foundLate(st *state, ev *event) {
	ev.id = st.newID(ev)
	ev.ref, ev.detected = st.track.plan.ref, ev.opened
	if m := e.firing; m != nil && !m.Alert.Received.IsZero() {
		ev.detected = nanos(m.Alert.Received)
	}
	x := ev.newest()
	ev.backfill = x.received != unset && x.received-x.at > e.latenessOf(x.p.from.source, x.p.from.partition)
	ev.degraded = e.doubts(st, ev.opened)
}
