package correlate

import (
	"slices"

	"tocsin"
)

// What an event says of its alerts the same event says again a few alerts later, with some more; and the events of a kin mostly
// speak of one run of its log. Each reference is made once, and what is said is a part of all. Nobody changes a reference that
// was said.

// The bounds of what is kept for events to come.
const (
	maxQuoted = 1 << 16 // references: some 12 MB
	maxLogged = 1 << 13 // keys and events that have or had some
)

// A logged is references to alerts, one after the other: of a kin's log, or of the beginning of an event.
type logged struct {
	first uint64 // number of the first one in the log
	last  item   // the last one; events only
	all   []tocsin.AlertRef

	listed bool // among those that are kept: once, whatever was let go meanwhile
}

// A quoting keeps all references, in the order in which there first were any, and how many these are.
type quoting struct {
	kept []*logged
	n    int
}

// of are the references to alerts number first to last of k, all of which are in its log.
func (q *quoting) of(k *kin, first, last uint64) []tocsin.AlertRef {
	l := &k.refs
	if next := l.first + uint64(len(l.all)); first < l.first || first > next || next < k.first {
		q.forget(l)
		l.first = first
	}
	if next := l.first + uint64(len(l.all)); next <= last {
		q.spell(l, k.between(next, last))
	}
	return l.all[first-l.first : last-l.first+1 : last-l.first+1]
}

// head are the references to the first alerts of an event. An alert that came late stands between those that were said: then
// all are made anew.
func (q *quoting) head(l *logged, all []item) []tocsin.AlertRef {
	if n := len(l.all); n > 0 && (n > len(all) || !all[n-1].quotes(&l.last)) {
		q.forget(l)
	}
	if n := len(l.all); n < len(all) {
		q.spell(l, all[n:])
		l.last = all[len(all)-1]
	}
	return slices.Clip(l.all)
}

// spell makes more references, and lets go of those that were kept first where there are too many.
func (q *quoting) spell(l *logged, more []item) {
	if !l.listed {
		q.kept, l.listed = append(q.kept, l), true
	}
	q.makeRoom(l, len(more))
	n := len(l.all)
	l.all = l.all[:n+len(more)]
	spell(l.all[n:], more, nil)
	q.n += len(more)
	for (q.n > maxQuoted || len(q.kept) > maxLogged) && q.kept[0] != l {
		q.drop()
	}
}

// drop lets go of those that were kept first.
func (q *quoting) drop() {
	q.forget(q.kept[0])
	q.kept[0].listed = false
	q.kept[0] = nil
	q.kept = q.kept[1:]
}

// clear lets go of all.
func (q *quoting) clear() {
	for len(q.kept) > 0 {
		q.drop()
	}
}

// makeRoom leaves place for n more. No event speaks of a run of more than 2*endRefs: those before are let go.
func (q *quoting) makeRoom(l *logged, n int) {
	if len(l.all)+n <= cap(l.all) {
		return
	}
	drop := min(max(len(l.all)+n-2*endRefs, 0), len(l.all))
	kept := l.all[drop:]
	q.n -= drop
	l.first += uint64(drop)
	l.all = append(make([]tocsin.AlertRef, 0, len(kept)+n+len(kept)/2+least), kept...)
}

func (q *quoting) forget(l *logged) {
	q.n -= len(l.all)
	*l = logged{listed: l.listed}
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
