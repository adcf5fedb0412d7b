package correlate

import (
	"slices"
	"sort"
	"strings"

	"tocsin"
)

// A quotation is the references to alerts that the engine made last. Rules that group by the same fields often speak of
// the same alerts one after the other: what was made for one is then said by the others as well. Nobody changes a
// reference that was said. The zero value has none.
type quotation struct {
	head, tail []item    // by order, the one behind the other
	kept       [2][]item // where these are copies
	refs       []tocsin.AlertRef
	missing    []int32 // scratch
}

// of are the references to the alerts of an event, which keep their order; kept says that they may be asked for again soon.
// The alerts may be the end of a wider run, of whose parts other rules will ask: then all of it is made.
func (q *quotation) of(g *body, kept bool, wider []item) []tocsin.AlertRef {
	head, tail := g.head.all(), g.tail.all()
	n := len(head) + len(tail)
	if refs := q.run(head, tail); refs != nil {
		return refs
	}
	if n < len(wider) && len(wider) <= 2*n {
		refs := make([]tocsin.AlertRef, len(wider))
		q.fill(refs, wider, nil)
		q.head, q.tail, q.refs = wider, nil, refs
		return slices.Clip(refs[len(refs)-n:])
	}
	refs := make([]tocsin.AlertRef, n)
	q.fill(refs, head, tail)
	if q.head, q.tail, q.refs = nil, nil, nil; kept && n <= 2*endRefs {
		q.head, q.tail, q.refs = q.keep(0, &g.head), q.keep(1, &g.tail), refs
	}
	return refs
}

// keep are the alerts of h as they are now: a copy where others can change them.
func (q *quotation) keep(i int, h *held) []item {
	if h.lent {
		return h.all()
	}
	q.kept[i] = append(q.kept[i][:0], h.all()...)
	return q.kept[i]
}

func (q *quotation) len() int { return len(q.head) + len(q.tail) }

func (q *quotation) at(i int) *item {
	if i < len(q.head) {
		return &q.head[i]
	}
	return &q.tail[i-len(q.head)]
}

// run is a part of what was quoted that is just these alerts, nil for none.
func (q *quotation) run(head, tail []item) []tocsin.AlertRef {
	n := len(head) + len(tail)
	if n == 0 || n > q.len() {
		return nil
	}
	at := sort.Search(q.len(), func(i int) bool { return !q.at(i).before(head[0].order) })
	if n > q.len()-at {
		return nil
	}
	for i := range head {
		if !q.at(at + i).quotes(&head[i]) {
			return nil
		}
	}
	for i := range tail {
		if !q.at(at + len(head) + i).quotes(&tail[i]) {
			return nil
		}
	}
	return q.refs[at : at+n : at+n]
}

// fill makes the references that were not quoted, and copies the others. Where the newest alert was not quoted, none was:
// the quotation is of another key.
func (q *quotation) fill(refs []tocsin.AlertRef, head, tail []item) {
	of := func(i int) *item {
		if i < len(head) {
			return &head[i]
		}
		return &tail[i-len(head)]
	}
	q.missing = q.missing[:0]
	at := 0
	if n := q.len(); n == 0 || len(refs) == 0 || !q.at(n-1).quotes(of(len(refs)-1)) {
		at = n
	}
	for i := range refs {
		x := of(i)
		for at < q.len() && q.at(at) != x && q.at(at).before(x.order) {
			at++
		}
		if at < q.len() && q.at(at).quotes(x) {
			refs[i] = q.refs[at]
			at++
		} else {
			q.missing = append(q.missing, int32(i))
		}
	}
	var ids strings.Builder // one string for all of them
	ids.Grow(len(q.missing) * hexName)
	var id [hexName]byte
	for _, i := range q.missing {
		x := of(int(i))
		hexOf(id[:], x.id[:])
		ids.Write(id[:])
	}
	text := ids.String()
	for j, i := range q.missing {
		refs[i] = of(int(i)).ref(text[j*hexName:][:hexName])
	}
}

// quotes reports whether a reference to x is one to y.
func (x *item) quotes(y *item) bool {
	return x == y || x.order == y.order && x.received == y.received && x.digest == y.digest && x.pos() == y.pos() &&
		(x.p == y.p || x.p.from == y.p.from && x.p.id == y.p.id && x.p.digest == y.p.digest)
}
