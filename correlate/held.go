package correlate

import "slices"

// Held is a sorted buffer of alerts: cheap to append to and to drop from the front of, which is what alerts in order
// do. The zero value is empty.
type held struct {
	buf  []item
	head int32 // buf[:head] is dropped
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
func (h *held) since(t int64) int {
	all := h.all()
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
	if len(h.buf) < cap(h.buf) {
		return
	}
	live := h.len()
	dst := h.buf
	if int(h.head) < max(live/4, 1) {
		dst = make([]item, live, live+1+max(live-3, 0)/2) // most keys hold few alerts, and there are many of them
	}
	n := copy(dst[:live], h.all())
	clear(h.buf[min(n, len(h.buf)):])
	h.buf, h.head = dst[:n], 0
}

// drop forgets the first n items.
func (h *held) drop(n int) {
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
	h.buf = slices.Delete(h.buf, int(h.head)+i, int(h.head)+i+1)
}
