package correlate

import "unsafe"

// wide reports whether a key may have to keep more values than a plain list is good for. What such a key keeps beside
// its held alerts is a function of these alone, and so is its account of it: the values that they show inside the span
// up to the newest of them, at most the at_least seen last.
func (p *plan) wide() bool { return p.atLeast > p.few }

// noteWide is told of each alert of a wide key.
func (st *state) noteWide(x *item) {
	before := st.recentCost()
	floor := st.floor()
	st.unsee(floor)
	if x.at > floor {
		for _, v := range x.p.values {
			st.seeWide(sighting{v, x.at})
		}
	}
	st.fit()
	st.bytes += st.recentCost() - before
}

// floor is the time after which the window of the newest held alert begins; there is one.
func (st *state) floor() int64 {
	all := st.held.all()
	return all[len(all)-1].at - st.track.plan.span
}

func (st *state) seeWide(s sighting) {
	p := &st.track.plan
	if st.lately != nil {
		st.lately.note(s, p.atLeast)
		return
	}
	if st.see(s, p.few+1); len(st.seen) > p.few {
		st.apart().lately, st.seen = recentOf(st.seen), nil
	}
}

// unsee forgets the values that were not seen after time t.
func (st *state) unsee(t int64) {
	if st.lately != nil {
		st.lately.expire(t)
		return
	}
	n := len(st.seen)
	for n > 0 && st.seen[n-1].at <= t {
		n--
	}
	clear(st.seen[n:])
	if n < len(st.seen) {
		st.apart().seen = st.seen[:n]
	}
}

// fit gives memory back where few values are left of many.
func (st *state) fit() {
	r := st.lately
	switch {
	case r == nil:
	case r.len() <= st.track.plan.few/2:
		st.apart().seen, st.lately = r.sightings(), nil
	case r.len() < len(r.nodes)/4:
		st.lately = recentOf(r.sightings())
	}
}

// values is how many values a wide key keeps.
func (st *state) values() int {
	if st.lately != nil {
		return st.lately.len()
	}
	return len(st.seen)
}

// recentCost is what the values are accounted with. A plain list of them is not.
func (st *state) recentCost() int64 {
	if n := st.values(); n > st.track.plan.few {
		return recentCost * int64(n)
	}
	return 0
}

// recollect makes what a wide key keeps anew from its held alerts.
func (st *state) recollect() {
	before := st.recentCost()
	if st.lately != nil {
		st.apart().lately = nil
	}
	st.unseen()
	if all := st.held.all(); len(all) > 0 {
		for i := st.held.since(st.floor() + 1); i < len(all); i++ {
			for _, v := range all[i].p.values {
				st.seeWide(sighting{v, all[i].at})
			}
		}
	}
	st.bytes += st.recentCost() - before
}

// drop forgets the first n held alerts, and of a wide key what only they showed.
func (st *state) drop(n int) {
	all := st.held.all()
	for i := range all[:n] {
		prefetch(unsafe.Pointer(all[i].p))
	}
	for i := range all[:n] {
		st.bytes -= all[i].cost()
	}
	if n == 0 || !st.track.plan.wide() || all[n-1].at <= st.floor() {
		st.held.drop(n)
		return
	}
	last := all[n-1].at
	anew := n == len(all) || all[n].at == last // some of that time stay
	st.held.drop(n)
	if anew {
		st.recollect()
		return
	}
	before := st.recentCost()
	st.unsee(last)
	st.fit()
	st.bytes += st.recentCost() - before
}

// recollect makes what the keys keep beside their held alerts anew, for a changed at_least.
func (tk *track) recollect() {
	for st := range tk.states.all() { // each by itself: the order does not matter
		before := st.bytes
		st.bytes -= st.recentCost()
		if st.lately != nil || st.seen != nil {
			st.apart().lately, st.seen = nil, nil
		}
		tk.kind.rebuild(st)
		tk.bytes += st.bytes - before
	}
}
