package correlate

import (
	"slices"
	"strings"

	"tocsin"
)

// A quotation is the references to alerts that the engine made last. Rules that group by the same fields often speak of
// the same alerts one after the other: what was made for one is then said by the others as well. Nobody changes a
// reference that was said. The zero value has none.
type quotation struct {
	items   []item // by order
	refs    []tocsin.AlertRef
	missing []int32 // scratch
}

// of are the references to the alerts of an event, head and tail, which keep their order; kept says that they may be asked
// for again soon.
func (q *quotation) of(head, tail []item, kept bool) []tocsin.AlertRef {
	n := len(head) + len(tail)
	if refs := q.run(head, tail); refs != nil {
		return refs
	}
	refs := make([]tocsin.AlertRef, n)
	q.fill(refs, head, tail)
	if q.items, q.refs = q.items[:0], nil; kept && n <= 2*endRefs {
		q.items, q.refs = append(append(q.items, head...), tail...), refs
	}
	return refs
}

// run is a part of what was quoted that is just these alerts, nil for none.
func (q *quotation) run(head, tail []item) []tocsin.AlertRef {
	n := len(head) + len(tail)
	if n == 0 || n > len(q.items) {
		return nil
	}
	at, found := slices.BinarySearchFunc(q.items, head[0].order, func(x item, o order) int { return x.compare(o) })
	if !found || n > len(q.items)-at {
		return nil
	}
	said := q.items[at : at+n]
	for i := range head {
		if !said[i].quotes(&head[i]) {
			return nil
		}
	}
	for i := range tail {
		if !said[len(head)+i].quotes(&tail[i]) {
			return nil
		}
	}
	return q.refs[at : at+n : at+n]
}

// fill makes the references that were not quoted, and copies the others.
func (q *quotation) fill(refs []tocsin.AlertRef, head, tail []item) {
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
		for at < len(q.items) && q.items[at].before(x.order) {
			at++
		}
		if at < len(q.items) && q.items[at].quotes(x) {
			refs[i] = q.refs[at]
		} else {
			q.missing = append(q.missing, int32(i))
		}
	}
	var names strings.Builder // one string for all of them
	names.Grow(len(q.missing) * hexNames)
	for _, i := range q.missing {
		of(int(i)).writeNames(&names)
	}
	text := names.String()
	for j, i := range q.missing {
		refs[i] = of(int(i)).ref(text[j*hexNames:][:hexNames])
	}
}

// quotes reports whether a reference to x is one to y.
func (x *item) quotes(y *item) bool {
	return x.order == y.order && x.received == y.received && x.digest == y.digest && x.pos() == y.pos() &&
		(x.p == y.p || x.p.from == y.p.from && x.p.id == y.p.id && x.p.digest == y.p.digest)
}
