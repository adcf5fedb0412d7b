package correlate

import (
	"maps"
	"slices"
)

// settleFold settles what lies beyond lateness, and keeps the key within its limit: the oldest half of too many alerts
// is settled early.
func (e *Engine) settleFold(st *state) {
	f := st.fold
	if f.done {
		for _, x := range st.held.all() {
			st.bytes -= x.cost()
		}
		st.held.drop(st.held.len())
		f.fired, f.fixed, f.marks = nil, 0, nil
		st.weigh()
		return
	}
	h := max(e.horizon, st.own)
	if n, limit := st.held.len(), e.cfg.MaxHeld; n > limit {
		all := st.held.all()
		h = max(h, all[n-limit/2].at)
		st.apart().own, st.flooded = h, true
	}
	e.unfold(st, h)
	e.settleTo(st, h)
	if n, limit := st.held.len(), e.cfg.MaxHeld; n > limit { // of one time, or a run needs them
		e.spill(st, n-limit/2)
	}
	st.weigh()
}

// spill forgets the first n alerts whatever they are needed for. What they were part of stands as it is.
func (e *Engine) spill(st *state, n int) {
	f := st.fold
	cut := st.held.all()[n].at + 1
	e.unfold(st, cut)
	st.apart().own = max(st.own, cut)
	f.fixed, f.marks = len(f.fired), nil
	e.forgetBefore(st, cut)
	f.base, f.from = st.track.fold.begin(&st.track.plan), cut
	f.head, f.to = f.base.copy(), cut
	n = len(f.fired)
	e.run(st, e.watermark)
	e.proceed(st, n)
}

// complete lets the machines take in the alerts of the watermark's very time: all inputs have come to their end.
func (e *Engine) complete(done bool) {
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		tk := e.tracks[id]
		if tk.fold == nil {
			continue
		}
		for _, st := range tk.sorted() {
			before := st.bytes
			e.unfold(st, e.watermark+1)
			st.weigh()
			tk.bytes += st.bytes - before
			st.fold.done = done
			e.hasten(st, st.nextDue(e.lateness))
		}
	}
}

// retool lets the machines of st run again by a plan that was tuned.
func (e *Engine) retool(st *state) {
	f := st.fold
	st.remake()
	old, to := slices.Clone(f.fired[f.fixed:]), f.to
	f.fired, f.marks = f.fired[:f.fixed], nil
	f.head, f.to = f.base.copy(), f.from
	before := st.bytes
	e.run(st, to)
	e.revise(st, old, f.fixed, order{at: unset})
	st.weigh()
	st.track.bytes += st.bytes - before
	e.hasten(st, st.nextDue(e.lateness))
}

// remake makes base anew from the settled alerts that are held.
func (st *state) remake() {
	f, all := st.fold, st.held.all()
	if f.base.layout(nil) {
		return
	}
	f.base = st.track.fold.begin(&st.track.plan)
	var said []firing // all of them before
	for i := 0; i < len(all) && all[i].at < f.from; {
		j := sameTime(all, i)
		f.base.pass(&st.held, all[i].at, &said)
		f.base.take(&st.held, all[i:j], &said)
		i = j
	}
	if f.settled != unset {
		f.base.pass(&st.held, f.settled, &said)
	}
}

// newestOf is the machine of st as it would be after all the alerts that are held, before any more time passes.
func newestOf[M machine](st *state) M {
	f, all := st.fold, st.held.all()
	m, out := f.head.copy(), []firing(nil)
	for i := st.held.since(f.to); i < len(all); {
		j := sameTime(all, i)
		m.pass(&st.held, all[i].at, &out)
		m.take(&st.held, all[i:j], &out)
		i = j
	}
	one, _ := m.(M)
	return one
}
