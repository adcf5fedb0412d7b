package correlate

import "slices"

// join places the alert at index pos of the held ones, which has just been put there, and emits what changed.
func (e *Engine) join(st *state, pos int) {
	all := st.held.all()
	x := all[pos].order
	p, k := &st.track.plan, st.track.kind
	i := st.burstFrom(x)
	absorbed := i > 0 && x.at-st.bursts[i-1].last.at < p.quiet
	if !absorbed || p.quiet < p.span || pos < len(all)-1 || p.wide() {
		k.note(st, &all[pos]) // else no window will look back at it
	}
	if absorbed && pos == len(all)-1 {
		// Newest of all and close to the last burst: any window with it and an alert before that burst would hold
		// the whole burst, and so would have satisfied without it.
		b := st.bursts[i-1]
		b.last, b.touched = x, e.watermark
		e.announce(st, b, e.include(st, b, &all[pos]))
		return
	}
	if b := st.within(x); b != nil && !st.reachesOut(b, x) {
		e.unite(st, x, x, x)
		return
	}
	if pos == len(all)-1 {
		lo, missing := k.newest(st)
		if st.missing = int32(missing); missing == 0 {
			e.unite(st, all[lo].order, x, x)
			return
		}
	} else {
		lo, hi, ok := k.around(st, pos)
		if ok {
			e.unite(st, all[lo].order, all[hi].order, x)
			return
		}
		if len(st.bursts) == 0 {
			st.lack(k.newest(st))
		}
	}
	if absorbed || st.within(x) != nil {
		e.unite(st, x, x, x)
	}
}

// reachesOut reports whether a window with x, an alert inside b, could also hold an alert outside of it.
func (st *state) reachesOut(b *burst, x order) bool {
	all, span := st.held.all(), st.track.plan.span
	if i := st.held.from(b.first); i > 0 && x.at-all[i-1].at < span {
		return true
	}
	i := st.held.past(b.last)
	return i < len(all) && all[i].at-x.at < span
}

// unite makes one burst of the run [from, to], which holds the new alert x, of the bursts that share an alert with it
// and of the one that it follows closer than quiet, lets it absorb what follows in turn, and brings the events in line.
func (e *Engine) unite(st *state, from, to, x order) {
	i := st.burstFrom(from)
	j := i
	if i > 0 && from.at-st.bursts[i-1].last.at < st.track.plan.quiet {
		i--
	}
	for j < len(st.bursts) && !to.before(st.bursts[j].first) {
		to = later(to, st.bursts[j].last)
		j++
	}
	to, j = st.absorb(to, j)
	old := slices.Clone(st.bursts[i:j])
	b := &burst{first: from, last: to, start: from.at, maxOpen: st.track.plan.maxOpen}
	if len(old) > 0 {
		b = old[0]
	}
	st.apart().bursts = slices.Replace(st.bursts, i, j, b)
	b.fired = st.firedBy(old, x)
	e.regroup(st, b, old, from, to, x)
	e.tellAll(st, b)
}

// absorb extends a run that ends at to over the held alerts that follow closer than quiet, and over the bursts that
// begin there, of which j is the next.
func (st *state) absorb(to order, j int) (order, int) {
	all := st.held.all()
	n := len(all)
	if n == 0 || !to.before(all[n-1].order) {
		return to, j
	}
	at, exact := st.held.find(to)
	if exact {
		at++
	}
	for at < n && all[at].at-to.at < st.track.plan.quiet {
		to = all[at].order
		at++
		if j < len(st.bursts) && !to.before(st.bursts[j].first) {
			to = st.bursts[j].last
			j++
			if at, exact = st.held.find(to); exact {
				at++
			}
		}
	}
	return to, j
}

// regroup brings the events of b in line with its run having become [from, to]. Old are the bursts that b is made of,
// b itself first where it is not new; x is the new alert.
//
// Where b's first alert stays, its events keep what they gathered and take in the rest one by one. Where it changes, all
// of b's alerts are still held, since nothing earlier than held alerts is accepted: events that max_open cut are
// made anew from them.
func (e *Engine) regroup(st *state, b *burst, old []*burst, from, to, x order) {
	first, last := b.first, b.last
	fresh := len(old) == 0
	front := !fresh && from.before(first)
	b.first, b.last, b.touched = earlier(from, first), later(to, last), e.watermark
	var orphans []*event
	if front {
		b.start = b.first.at
		if len(b.events) > 1 || b.last.at-b.first.at >= b.maxOpen {
			orphans, b.events = b.events, nil
			fresh = true
		}
	}
	for _, o := range old[min(1, len(old)):] {
		orphans = append(orphans, o.events...)
	}
	h := &st.held
	if fresh {
		e.gather(st, b, h.from(b.first), h.past(b.last))
	} else {
		if front {
			e.gather(st, b, h.from(b.first), h.from(first))
		}
		if !x.before(first) && !last.before(x) {
			e.gather(st, b, h.from(x), h.past(x))
		}
		if last.before(b.last) {
			e.gather(st, b, h.past(last), h.past(b.last))
		}
	}
	e.adopt(st, b, orphans)
}

// gather adds the held alerts with indices in [i, j) to the events of b.
func (e *Engine) gather(st *state, b *burst, i, j int) {
	all := st.held.all()
	for ; i < j; i++ {
		e.include(st, b, &all[i])
	}
}

// include adds one alert to the event of b that it belongs to, and returns that.
func (e *Engine) include(st *state, b *burst, x *item) *event {
	ev, _ := b.event(b.part(x.at))
	st.bytes -= ev.bytes()
	if ev.add(x, e.memo.digestOf(x), e.cfg.AllEvidence) {
		ev.news |= newEntity
	}
	st.bytes += ev.bytes()
	ev.news |= touched
	return ev
}

// joinLate places an alert that is older than what the key still holds: it joins the burst around or just before it;
// sole says that it may also stand by itself. It never joins two bursts into one, since their alerts are gone.
// It reports whether the alert found a place.
func (e *Engine) joinLate(st *state, x *item, sole bool) bool {
	i := st.burstFrom(x.order)
	b := st.within(x.order)
	switch {
	case b != nil:
	case i > 0 && x.at-st.bursts[i-1].last.at < st.track.plan.quiet:
		b = st.bursts[i-1]
		b.last = x.order
	case sole:
		b = &burst{first: x.order, last: x.order, fired: x.order, start: x.at, maxOpen: st.track.plan.maxOpen}
		st.apart().bursts = slices.Insert(st.bursts, i, b)
	default:
		return false
	}
	if sole {
		b.fired = earlier(b.fired, x.order)
	}
	b.touched = e.watermark
	e.include(st, b, x)
	e.adopt(st, b, nil)
	return true
}

func earlier(a, b order) order {
	if b.before(a) {
		return b
	}
	return a
}

func later(a, b order) order {
	if a.before(b) {
		return b
	}
	return a
}
