package correlate

import "tocsin"

// leaveTogether leaves the alert in hand for later where its rule's state would only note that it came. It reports
// false, and has changed nothing that shows, where that is not so; st is then the state, nil where it is not known.
func (e *Engine) leaveTogether(tk *track, at int64, from *seenOrigin) (left bool, st *state) {
	k := e.kinOf(tk.family)
	if k == nil || k.places[tk.member] == 0 {
		return false, nil
	}
	s := &k.berths[k.places[tk.member]-1]
	if s.left <= 0 || at <= s.newest || at < e.watermark || at >= s.end || s.breaks > maxBreaks {
		return false, s.st
	}
	l := &e.left
	if !l.is(e, k, from) && !l.read(e, k, at, from) {
		return false, s.st
	}
	if s.ev != nil && !k.knows(s.ev, l.x.p, l.hash, tk.member) {
		return false, s.st
	}
	if l.number == 0 {
		l.number = k.add(&l.x, l.mark, &e.memo)
	}
	k.take(s, l.number)
	e.account(tk, k, s)
	if s.due <= 0 {
		s.st.takeIn(e.horizon)
	}
	return true, s.st
}

// A leaving is the alert in hand as the rules of one kin leave it, one after the other: read for the first of them.
type leaving struct {
	kin    *kin
	alert  tocsin.AlertRef
	said   payload // by the first match, as it came
	mark   int64   // the watermark
	x      item
	hash   uint64 // half of that of its payload
	weight int64  // of its payload
	number uint64 // among those that were left; 0 before the first rule leaves it
}

// is reports whether the match in hand is of that alert, which is the newest of the kin's, and says the same of it.
func (l *leaving) is(e *Engine, k *kin, from *seenOrigin) bool {
	m, q := e.firing, &l.said
	return l.kin == k && (l.number == 0 || l.number == k.count) && l.mark == e.watermark && q.from == &from.origin && e.link == nil &&
		l.alert == m.Alert && q.facts.Risk == m.Facts.Risk && q.facts.IOC == m.Facts.IOC && identical(q.entities, m.Entities) &&
		identical(q.absent, m.Absent) && identical(q.facts.Tactics, m.Facts.Tactics)
}

// read takes in the alert of the match in hand. It reports false for one of which no other alert can say the same.
func (l *leaving) read(e *Engine, k *kin, at int64, from *seenOrigin) bool {
	x, p := e.itemOf(e.firing, at, &from.origin)
	if !p.common() {
		return false
	}
	x.p = e.memo.common(&e.pool, &p)
	*l = leaving{kin: k, alert: e.firing.Alert, said: p, mark: e.watermark, x: x, hash: e.memo.hash[0], weight: e.memo.weight}
	return true
}
