package correlate

import (
	"slices"
	"sort"
	"strings"
	"unsafe"

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
	last := tail
	if len(tail) == 0 {
		last = head
	}
	n := q.len()
	if n == 0 || len(last) == 0 || !q.at(n-1).quotes(&last[len(last)-1]) {
		spell(refs, head, tail)
		return
	}
	of := func(i int) *item {
		if i < len(head) {
			return &head[i]
		}
		return &tail[i-len(head)]
	}
	q.missing = q.missing[:0]
	at := 0
	for i := range refs {
		x := of(i)
		for at < n && q.at(at) != x && q.at(at).before(x.order) {
			at++
		}
		if at < n && q.at(at).quotes(x) {
			refs[i] = q.refs[at]
			at++
		} else {
			q.missing = append(q.missing, int32(i))
		}
	}
	var ids strings.Builder // one string for all of them
	ids.Grow(len(q.missing) * hexName)
	for _, i := range q.missing {
		of(int(i)).writeID(&ids)
	}
	text := ids.String()
	for j, i := range q.missing {
		refs[i] = of(int(i)).ref(text[j*hexName:][:hexName])
	}
}

// spell makes all references.
func spell(refs []tocsin.AlertRef, head, tail []item) {
	var ids strings.Builder // one string for all of them
	ids.Grow(len(refs) * hexName)
	for _, all := range [2][]item{head, tail} {
		for i := range all {
			prefetch(unsafe.Pointer(all[i].p))
			all[i].writeID(&ids)
		}
	}
	text := ids.String()
	var from *origin
	var like tocsin.AlertRef
	for _, all := range [2][]item{head, tail} {
		for i := range all {
			x := &all[i]
			if x.p.from != from {
				from, like = x.p.from, x.p.from.ref()
			}
			refs[i] = like
			x.fill(&refs[i], text[i*hexName:][:hexName])
		}
		refs, text = refs[len(all):], text[len(all)*hexName:]
	}
}

// writeID writes the alert's id in hex.
func (x *item) writeID(to *strings.Builder) {
	var id [hexName]byte
	all := x.id.bytes()
	hexOf(id[:], all[:])
	to.Write(id[:])
}

// quotes reports whether a reference to x is one to y.
func (x *item) quotes(y *item) bool {
	return x == y || x.order == y.order && x.received == y.received && x.digest == y.digest && x.pos() == y.pos() &&
		(x.p == y.p || x.p.from == y.p.from && x.p.id == y.p.id && x.p.digest == y.p.digest)
}
