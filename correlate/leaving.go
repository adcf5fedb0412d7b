package correlate

import (
	"unsafe"

	"tocsin"
)

// A leaving is the alert in hand as the rules of one kin leave it, one after the other: read for the first of them.
type leaving struct {
	kin     *kin
	key     []tocsin.Value
	tenant  string
	alert   tocsin.AlertRef
	said    saying // by the first match, as it came
	seldom  seldom // what it says seldom
	mark    int64  // the watermark
	x       item   // without a payload, where the kin's pool of payloads was not asked
	hash    fingerprint
	weight  int64  // of its payload
	cost    int64  // what a rule is accounted with that left the alert before it as well, evidence aside
	number  uint64 // among those that were left; 0 before the first rule leaves it
	knowing uint64 // members whose event is known to know what it says
	safe    uint64 // of the group, those that can leave it without another look
}

// leaveTogether leaves the alert in hand for later where its rule's state would only note that it came. It reports
// false, and has changed nothing that shows, where that is not so; st is then the state, nil where it is not known.
func (e *Engine) leaveTogether(tk *track, at int64, from *seenOrigin) (left bool, st *state) {
	l, bit := &e.left, uint64(1)<<tk.member
	if l.is(e, tk.family, from) {
		if k := l.kin; l.safe&k.group&^k.took&bit != 0 {
			e.followKin(tk, k, bit)
			return true, nil
		}
	} else {
		k := e.kinOf(tk.family)
		if k == nil || k.places[tk.member] == 0 {
			return false, nil
		}
		if !l.read(e, k, at, from) {
			return false, k.member(tk.member).st
		}
		if l.safe&bit != 0 {
			e.followKin(tk, k, bit)
			return true, nil
		}
	}
	k := l.kin
	if k.places[tk.member] == 0 {
		return false, nil
	}
	return e.leaveAlone(tk, k, at, bit)
}

// goesAlong lets one more rule of the group leave the alert in hand where that is all that m asks for: the short way through
// [Engine.step], which most matches of rules alike take. It reports false, and has changed nothing, where m asks for more.
func (e *Engine) goesAlong(m *tocsin.Match) bool {
	l := &e.left
	k, last := l.kin, e.last
	if k == nil || last == nil || last.then == nil || e.came == nil || e.backed != nil {
		return false
	}
	tk := last.then
	bit := uint64(1) << tk.member
	if l.safe&k.group&^k.took&bit == 0 || tk.family != k.family || l.mark != e.watermark || l.said.from != &e.came.origin ||
		!sameText(tk.plan.id, m.Rule) || !sameText(e.set, m.Set) || m.Suppressed != "" || !l.repeats(m) {
		return false
	}
	e.out, e.last, e.cause = nil, tk, l.x.at
	tk.counts.matches++
	e.came.covers(m)
	e.followKin(tk, k, bit)
	if tk.over() {
		e.enforce(tk, l.x.at)
	}
	return true
}

// repeats reports whether a match is of the alert in hand and says the same of it. It looks no further than at where what the
// match says is kept: a matcher keeps in one place what matches of one alert have in common, and nothing else there.
func (l *leaving) repeats(m *tocsin.Match) bool {
	q, a, b := &l.said, &m.Alert, &l.alert
	return identical(m.Key, l.key) && len(m.Key) > 0 && a.ID != "" && sameText(a.ID, b.ID) && a.Ref.Offset == b.Ref.Offset && a.Ref.Line == b.Ref.Line &&
		a.Time.Equal(b.Time) && a.Digest == b.Digest && sameText(m.Tenant, l.tenant) && identical(q.entities, m.Entities) &&
		identical(q.absent, m.Absent) && identical(q.facts.Tactics, m.Facts.Tactics) && q.facts.Risk == m.Facts.Risk && q.facts.IOC == m.Facts.IOC &&
		(l.number == 0 || l.number == l.kin.count)
}

// sameText reports whether two texts are one.
func sameText(a, b string) bool {
	return len(a) == len(b) && (len(a) == 0 || unsafe.StringData(a) == unsafe.StringData(b))
}

// equalText is a == b of texts that mostly are one.
func equalText(a, b string) bool { return sameText(a, b) || a == b }

// followKin lets one of the group, which can, leave the alert in hand.
func (e *Engine) followKin(tk *track, k *kin, bit uint64) {
	l := &e.left
	if l.number == 0 {
		l.count(e)
	}
	k.took |= bit
	tk.bytes += l.cost
	if k.roomy&bit != 0 {
		tk.bytes += itemSize
	}
}

// leaveAlone is [Engine.leaveTogether] for a rule that is looked at by itself.
func (e *Engine) leaveAlone(tk *track, k *kin, at int64, bit uint64) (left bool, st *state) {
	l, s := &e.left, k.member(tk.member)
	to := k.reached(s)
	if !s.takes(e, k, to, at) || s.ev != nil && !k.knows(s.ev, l, tk.member) {
		return false, s.st
	}
	if l.number == 0 {
		l.count(e)
	}
	n := l.number
	if s.first > 0 && to != n-1 {
		if s.first == to {
			s.breaks++
		}
		s.st.unlag()
	}
	if s.first == 0 {
		e.start(k, s, n)
		tk.bytes += s.cost
	} else {
		tk.bytes += l.cost
		k.enter(s)
	}
	k.took |= bit
	if s.ev != nil && (tk.all || n < s.full) {
		tk.bytes += itemSize
	}
	if n >= s.due {
		s.st.takeIn(e.horizon)
	}
	return true, s.st
}

// takes reports whether the rule of s, which left alert number to last, would only note that the one in hand came.
func (s *berth) takes(e *Engine, k *kin, to uint64, at int64) bool {
	next, newest := e.left.number, s.newest
	if next == 0 {
		next = k.count + 1
	}
	if k.group&s.bit != 0 {
		newest = k.at(to)
	}
	return to < next && next < further(s.stop, next-1-to) && s.breaks <= maxBreaks &&
		at > newest && at >= e.watermark && at < s.until && (s.ev == nil && s.waits(k, to, next, at) || s.ev != nil && at-newest < s.st.track.plan.quiet)
}

// waits reports whether the window that the rule of s waits for is still not complete with alert number next, which is in hand.
func (s *berth) waits(k *kin, to, next uint64, at int64) bool {
	shift := next - 1 - to
	if next < further(s.sure, shift) {
		return true
	}
	missing := s.lacks(k, to, at)
	s.sure = next - shift + missing
	return missing > 0
}

// lacks is how many alerts the window lacks that ends with one more alert, the newest, after s left those up to number to.
func (s *berth) lacks(k *kin, to uint64, at int64) uint64 {
	p := &s.st.track.plan
	after := at - p.span + 1
	n, whole := 1, true
	if s.first > 0 {
		left := k.between(s.first, to)
		in := len(left) - since(left, after)
		n, whole = n+in, in == len(left)
	}
	if whole {
		n += s.st.held.len() - s.st.held.since(after)
	}
	return uint64(max(p.atLeast-n, 0))
}

// is reports whether the match in hand is of that alert, which is the newest of the kin's, and says the same of it.
func (l *leaving) is(e *Engine, f *family, from *seenOrigin) bool {
	m, q := e.firing, &l.said
	return l.kin != nil && l.kin.family == f && identical(m.Key, l.key) && len(m.Key) > 0 && (l.number == 0 || l.number == l.kin.count) &&
		l.mark == e.watermark && q.from == &from.origin && e.link == nil && m.Tenant == l.tenant &&
		q.facts.Risk == m.Facts.Risk && q.facts.IOC == m.Facts.IOC && identical(q.entities, m.Entities) &&
		identical(q.absent, m.Absent) && identical(q.facts.Tactics, m.Facts.Tactics) && l.alert == m.Alert
}

// read takes in the alert of the match in hand. It reports false for one of which no other alert can say the same.
func (l *leaving) read(e *Engine, k *kin, at int64, from *seenOrigin) bool {
	m := e.firing
	x, p := e.itemOf(m, at, &from.origin)
	if !p.common() {
		l.kin = nil
		return false
	}
	e.memo.hear(&e.pool, &p)
	*l = leaving{kin: k, key: m.Key, tenant: m.Tenant, alert: m.Alert, said: p, mark: e.watermark, x: x, hash: e.memo.hash, weight: e.memo.weight}
	if p.seldom != e.pool.none {
		l.seldom = *p.seldom
		l.said.seldom = &l.seldom
	}
	l.cost = itemSize
	if l.hash != k.said {
		l.cost += l.weight
	}
	if k.known != nil {
		prefetch(unsafe.Pointer(k.known.set(l.hash)))
		if x.digest != [32]byte{} {
			e.memo.digestOf(&x) // which is asked for when the alert is left
		}
	}
	if known := k.find(l.hash); known != nil {
		l.x.p, l.knowing = known.said, known.knowing
	} else {
		l.x.p = e.memo.common(&e.pool, &p)
	}
	if k.inHand {
		if newest := k.numbered(k.count); newest.mark == l.mark && k.between(k.count, k.count)[0].unowned() == l.x {
			l.number, l.cost = k.count, newest.cost
			if k.count > 1 {
				l.cost -= k.numbered(k.count - 1).cost
			}
			return true // it was left before, and another alert came in between
		}
		k.close()
	}
	if k.group == 0 || at < e.watermark || at <= k.newest {
		return true
	}
	if !k.soon(at) {
		if k.tune(); !k.soon(at) {
			return true
		}
	}
	l.safe = k.before(k.count+1) &^ (k.opened &^ l.knowing)
	return true
}

// soon reports whether an alert of that time belongs to the events of the whole group.
func (k *kin) soon(at int64) bool { return at < k.until && at-k.newest < k.quiet }

// count gives the alert a number: a rule leaves it.
func (l *leaving) count(e *Engine) {
	l.number = l.kin.add(&l.x, l.mark, l.hash, l.weight, &e.memo)
}
