package correlate

import "tocsin"

// What an event of a kin says of its alerts are references to a run of the kin's log. The next event of the key, or the same one
// again a few alerts later, mostly speaks of the same run and some more: each reference is made once, and what is said is a part
// of all. Nobody changes a reference that was said.

// maxQuoted bounds the references that are kept for events to come, of all kins: some 12 MB.
const maxQuoted = 1 << 16

// A logged is the references to alerts in a kin's log, one after the other.
type logged struct {
	first uint64 // number of the first one
	all   []tocsin.AlertRef
}

// A quoting keeps the kins that have references, in the order in which they got them, and how many these are.
type quoting struct {
	kins []*kin
	n    int
}

// of are the references to alerts number first to last of k, all of which are in its log.
func (q *quoting) of(k *kin, first, last uint64) []tocsin.AlertRef {
	l := &k.refs
	if next := l.first + uint64(len(l.all)); first < l.first || first > next || next < k.first {
		q.forget(l)
		l.first = first
	}
	if len(l.all) == 0 {
		q.kins = append(q.kins, k)
	}
	if next := l.first + uint64(len(l.all)); next <= last {
		more := k.between(next, last)
		l.makeRoom(len(more), q)
		n := len(l.all)
		l.all = l.all[:n+len(more)]
		spell(l.all[n:], more, nil)
		q.n += len(more)
		q.bound(k)
	}
	return l.all[first-l.first : last-l.first+1 : last-l.first+1]
}

// makeRoom leaves place for n more. No event speaks of a run of more than 2*endRefs: those before are let go.
func (l *logged) makeRoom(n int, q *quoting) {
	if len(l.all)+n <= cap(l.all) {
		return
	}
	drop := max(len(l.all)+n-2*endRefs, 0)
	kept := l.all[min(drop, len(l.all)):]
	q.n -= len(l.all) - len(kept)
	l.first += uint64(len(l.all) - len(kept))
	l.all = append(make([]tocsin.AlertRef, 0, len(kept)+n+len(kept)/2+least), kept...)
}

// bound lets go of the references of the kins that got them first, but for those of one.
func (q *quoting) bound(but *kin) {
	for q.n > maxQuoted && len(q.kins) > 0 && q.kins[0] != but {
		k := q.kins[0]
		q.kins[0] = nil
		q.kins = q.kins[1:]
		q.forget(&k.refs)
	}
}

func (q *quoting) forget(l *logged) {
	q.n -= len(l.all)
	*l = logged{}
}

// logRun are the numbers of the first and the last alert that g names, where these are one run of the kin's log; 0 where they are
// not.
func (st *state) logRun(g *body) (first, last uint64) {
	k := st.kin
	if k == nil || !g.head.lent || g.tail.len() > 0 && !g.tail.lent {
		return 0, 0
	}
	head, tail := g.head.all(), g.tail.all()
	n := uint64(len(head) + len(tail))
	last = k.berth(st).last
	first = last + 1 - n
	if n == 0 || n > 2*endRefs || last < n || first < k.first || last > k.count {
		return 0, 0
	}
	all := k.between(first, last)
	if &all[0] != &head[0] || len(tail) > 0 && &all[len(head)] != &tail[0] {
		return 0, 0
	}
	return first, last
}
