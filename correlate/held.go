package correlate

import "slices"

// Held is a sorted buffer of alerts: cheap to append to and to drop from the front of, which is what alerts in order
// do. The zero value is empty.
//
// A lent one is a part of what the rules of a kin keep together, see [kin.log]: it is never written, and what changes it but
// at its ends makes a copy first.
type held struct {
	buf  []item
	head int32 // buf[:head] is dropped
	lent bool
}

func (h *held) all() []item { return h.buf[h.head:] }
func (h *held) len() int    { return len(h.buf) - int(h.head) }

// find is the index of the first item at or after o, and whether it stands exactly there.
func (h *held) find(o order) (int, bool) {
	return slices.BinarySearchFunc(h.all(), o, func(x item, o order) int { return x.compare(o) })
}

// from is the index of the first item at or after o, past that of the first one after it.
func (h *held) from(o order) int {
	i, _ := h.find(o)
	return i
}

func (h *held) past(o order) int {
	if n := h.len(); n > 0 && !o.before(h.all()[n-1].order) {
		return n
	}
	i, exact := h.find(o)
	if exact {
		i++
	}
	return i
}

// since is the index of the first item at or after time t.
func (h *held) since(t int64) int { return since(h.all(), t) }

func since(all []item, t int64) int {
	lo, hi := 0, len(all)
	if hi > 0 && all[0].at >= t { // in-order streams mostly ask about the front
		return 0
	}
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); all[mid].at < t {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// insert puts x at index i of all.
func (h *held) insert(i int, x item) {
	if i == h.len() {
		*h.next() = x
		return
	}
	h.makeRoom()
	h.buf = slices.Insert(h.buf, int(h.head)+i, x)
}

// next is the place of an item behind all others, to be written.
func (h *held) next() *item {
	h.makeRoom()
	h.buf = h.buf[:len(h.buf)+1]
	return &h.buf[len(h.buf)-1]
}

// makeRoom leaves place for one more item: by moving down over what was dropped where that is a quarter of what is left,
// else by growing. A list of so many alerts at most then stays where it is, four moves an alert at most.
func (h *held) makeRoom() {
	if len(h.buf) < cap(h.buf) && !h.lent {
		return
	}
	live := h.len()
	dst := h.buf
	if int(h.head) < max(live/4, 1) || h.lent {
		dst = make([]item, live, live+1+max(live-3, 0)/2) // most keys hold few alerts, and there are many of them
	}
	n := copy(dst[:live], h.all())
	if !h.lent {
		clear(h.buf[min(n, len(h.buf)):])
	}
	*h = held{buf: dst[:n]}
}

// own makes a copy of what is lent.
func (h *held) own() {
	if h.lent {
		*h = held{buf: slices.Clone(h.buf)}
	}
}

// extend takes in the alerts that follow in what h is a part of, all that are there for an empty h. It is false, and has
// done nothing, where they do not follow.
func (h *held) extend(more []item) bool {
	n := len(h.buf)
	switch {
	case h.len() == 0:
		*h = held{buf: more, lent: true}
		return true
	case !h.goesOn(&more[0]) || cap(h.buf)-n < len(more):
		return false
	}
	h.buf = h.buf[:n+len(more)]
	return true
}

// takeIn takes in alerts that follow all others; they are lent where they are a part of what h may be a part of.
func (h *held) takeIn(more []item, lent bool) {
	if len(more) == 0 || lent && h.extend(more) {
		return
	}
	for len(more) > 0 {
		h.makeRoom()
		n := min(cap(h.buf)-len(h.buf), len(more))
		h.buf, more = append(h.buf, more[:n]...), more[n:]
	}
}

// append takes in one more alert behind all others: where it is the next one of what h is a part of, without a copy.
func (h *held) append(x *item) {
	if h.goesOn(x) {
		h.buf = h.buf[:len(h.buf)+1]
		return
	}
	*h.next() = *x
}

// goesOn reports whether x is the next one of what h is a part of.
func (h *held) goesOn(x *item) bool {
	n := len(h.buf)
	return h.lent && n < cap(h.buf) && &h.buf[:n+1][n] == x
}

// drop forgets the first n items.
func (h *held) drop(n int) {
	if h.lent {
		if h.buf = h.buf[n:]; len(h.buf) == 0 {
			*h = held{}
		}
		return
	}
	clear(h.all()[:n])
	h.head += int32(n)
	if h.len() == 0 {
		h.head = 0
		if cap(h.buf) > 64 {
			h.buf = nil
		} else {
			h.buf = h.buf[:0]
		}
	}
}

// remove takes the item at index i out.
func (h *held) remove(i int) {
	if i == 0 {
		h.drop(1)
		return
	}
	h.own()
	h.buf = slices.Delete(h.buf, int(h.head)+i, int(h.head)+i+1)
}
