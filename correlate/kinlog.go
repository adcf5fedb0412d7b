package correlate

import "slices"

// What the alerts of a key are is kept once for all rules of a kin that see the same ones: in the kin's log, one after the
// other as they came. What a state holds of them, and what its event names, are parts of that log, as long as the rule
// takes in every alert of it in order. A rule that does not has copies of its own, until all it holds is in the log again.
// No rule's account knows of this, nor does a snapshot.

// between are the alerts numbered first to last, in the log.
func (k *kin) between(first, last uint64) []item { return k.log[first-k.first : last-k.first+1] }

// at is the time of alert number n.
func (k *kin) at(n uint64) int64 { return k.log[n-k.first].at }

// put makes x one of the alerts that st holds, at index pos: by reading it in the log of its kin where it is the newest.
func (e *Engine) put(st *state, pos int, x *item) {
	k := st.kin
	if k == nil {
		st.held.insert(pos, *x)
		return
	}
	s, n := k.berth(st), uint64(0)
	if pos == st.held.len() {
		n = e.left.numberOf(e, k, x)
	}
	if n == 0 {
		st.held.insert(pos, *x)
		s.last, s.run = 0, 0
		return
	}
	if one := k.between(n, n); one[0].owns() != x.owns() || !st.held.extend(one) {
		st.held.insert(pos, *x)
	}
	s.goOn(n, n)
}

// numberOf is the number in the log of x, which is the alert in hand as a rule looks at it; 0 where it can have none.
func (l *leaving) numberOf(e *Engine, k *kin, x *item) uint64 {
	if l.kin != k || l.mark != e.watermark || l.hash != x.p.sum || x.order != l.x.order || x.digest != l.x.digest ||
		x.received != l.x.received || x.pos() != l.x.pos() {
		return 0
	}
	if l.number == 0 {
		l.count(e)
	}
	return l.number
}

// goOn notes that the state of s took in alerts first to last as its newest.
func (s *berth) goOn(first, last uint64) {
	if s.last+1 != first {
		s.run = 0
	}
	s.run += last - first + 1
	s.last = last
}

// welcome lets st, which has just joined the kin, read in its log what it holds. It begins an empty log with that.
func (k *kin) welcome(st *state) {
	all := st.held.all()
	if k.count == 0 {
		if len(all) > lagLimit || slices.ContainsFunc(all, func(x item) bool { return !x.p.common() || x.p.sum.zero() }) {
			return
		}
		for i := range all {
			k.add(&all[i], unset, all[i].p.sum, all[i].p.weight, nil)
		}
		k.inHand = false
	}
	s := k.berth(st)
	s.last, s.run = k.count, uint64(len(all))
	if !k.lend(&st.held, k.count) {
		s.last, s.run = 0, 0
	}
}

// borrow lets st and its event read in the log what they have copies of.
func (st *state) borrow(k *kin, s *berth) {
	if s.run == 0 {
		return
	}
	if uint64(st.held.len()) <= s.run {
		k.lend(&st.held, s.last)
	}
	if ev := st.calm; ev != nil && ev.calm.lag == 0 {
		ends := &ev.tail
		if ends.len() == 0 {
			ends = &ev.head
		}
		if uint64(ends.len()) <= s.run {
			k.lend(ends, s.last)
		}
	}
}

// lend makes h the part of the log that ends with alert number last, where that says the same.
func (k *kin) lend(h *held, last uint64) bool {
	n := uint64(h.len())
	switch {
	case h.lent:
		return true
	case n == 0 || last > k.count || last+1 < k.first+n:
		return false
	}
	part := k.between(last+1-n, last)
	for i, x := range h.all() {
		y := &part[i]
		if x.order != y.order || x.place != y.place || x.received != y.received || x.digest != y.digest || !x.p.same(y.p) {
			return false
		}
	}
	*h = held{buf: part, lent: true}
	return true
}

// least is how many alerts a log has room for at first.
const least = 4

// renew makes a log with room for more alerts. It has what may still be taken in, and all that goes on: states and events
// that do read it there. The others keep the old one, or what they need of it.
func (k *kin) renew() {
	from := max(k.count, 2) - 1
	for i := range k.berths {
		if s := &k.berths[i]; s.st != nil {
			from = min(from, k.needs(s))
		}
	}
	old := k.log
	if len(old) > 0 {
		old = k.between(max(from, k.first), k.count-1)
	}
	k.log = make([]item, len(old), max(len(old)+len(old)/2, least))
	k.first = k.count - uint64(len(old))
	copy(k.log, old)
	for i := range k.berths {
		if s := &k.berths[i]; s.st != nil {
			k.move(s, old)
		}
	}
}

// plain reports whether what is due for st follows from its newest alert and the end of its event alone.
func (st *state) plain() bool {
	r := st.rare
	return len(r.bursts) == 0 || st.calm != nil && len(r.bursts) == 1 && len(r.bursts[0].events) == 1
}

// dueAt is [state.nextDue] of a plain state that lags behind, without a look at it.
func (s *berth) dueAt(k *kin, lateness int64) int64 {
	newest, p := k.at(k.reached(s)), &s.st.track.plan
	due := newest + p.useful() + lateness
	if s.ev != nil {
		due = min(due, s.until, newest+p.linger())
	}
	return due
}

// wider are the alerts in the log up to the newest that g names, of which there is one; nil where what g names is no part of
// them.
func (st *state) wider(g *body) []item {
	k := st.kin
	if k == nil || !g.head.lent {
		return nil
	}
	if g.tail.len() > 0 && !g.head.goesOn(&g.tail.all()[0]) {
		return nil
	}
	last := k.berth(st).last
	if last == 0 || last < k.first || last > k.count || &k.between(last, last)[0] != g.newest() {
		return nil
	}
	return k.between(max(k.first, last+1-min(last, 2*endRefs)), last)
}

// needs is the first alert that s goes on from.
func (k *kin) needs(s *berth) uint64 {
	from := k.count
	if s.first > 0 {
		from = s.first
	}
	if s.last == 0 || max(s.last, k.reached(s))+1 < k.count { // others go on without it
		return from
	}
	from = min(from, s.last+1-min(uint64(s.st.held.len()), s.run))
	if ends, last := s.ends(); ends != nil {
		from = min(from, last+1-min(uint64(ends.len()), last))
	}
	return from
}

// ends is the part of the event's evidence that goes on, and the number of its last alert; nil for none.
func (s *berth) ends() (ends *held, last uint64) {
	ev := s.st.calm
	if ev == nil || s.last < uint64(ev.calm.lag) {
		return nil, 0
	}
	if ends = &ev.tail; ends.len() == 0 {
		ends = &ev.head
	}
	return ends, s.last - uint64(ev.calm.lag)
}

// move lets the state of s and its event read the new log where they read the old one.
func (k *kin) move(s *berth, old []item) {
	held := &s.st.held
	if held.lent {
		k.moveOne(held, s.last, old)
	}
	ends, last := s.ends()
	if ends != nil && ends.lent {
		k.moveOne(ends, last, old)
	}
	if ev := s.st.calm; ev != nil && ends != &ev.head && ev.head.lent && (k.live < fewReaders || len(old) > manyAlerts) {
		ev.head.own()
	}
}

// What the beginnings of events are read in is not let go: fewReaders are too few for that, manyAlerts too many.
const (
	fewReaders = 4
	manyAlerts = 8 * endRefs
)

// moveOne makes h the part of the new log that ends with alert number last, where it was that of the old one.
func (k *kin) moveOne(h *held, last uint64, old []item) {
	n := uint64(h.len())
	if last < k.count && last+1 >= k.first+n {
		if at := last + 1 - n - k.first; &old[at] == &h.buf[0] {
			h.buf = k.log[at : at+n]
			return
		}
	}
	if uint64(cap(h.buf)) > 4*n+least {
		h.own()
	}
}
