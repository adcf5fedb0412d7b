package enrich

import (
	"net/netip"

	"tocsin"
)

// A batch is values that are looked up together. A lookup waits for memory that no cache holds, once for its bucket; where the
// buckets of all are asked for before the first of them is read, the processor waits for them side by side.
type batch struct {
	asks []ask
	keys []byte // one behind the other
}

// An ask is one value.
type ask struct {
	kind     kind
	field    int
	value    tocsin.Value
	hash     uint64
	spot     spot
	from, to int // its key in keys
}

// mostAsks is how many values are looked up together: the lines of so many buckets fit into the first cache, 4 of 64 bytes
// each into 32 KiB.
const mostAsks = 64

// begin forgets what was looked up, and the keys that entries which were met share.
func (b *batch) begin() {
	const roomy = 64 << 10 // bytes; what an alert full of values has blown up is given back
	if b.asks, b.keys = b.asks[:0], b.keys[:0]; cap(b.keys) > roomy {
		b.keys = nil
	}
}

// add takes in a value that may be on a list. It is true where the batch is full.
func (b *batch) add(x *index, k kind, field int, v tocsin.Value, text string) bool {
	if !x.may(k) {
		return false
	}
	from := len(b.keys)
	key, ok := k.key(b.keys, text)
	if b.keys = key; !ok {
		b.keys = b.keys[:from]
		return false
	}
	b.asks = append(b.asks, ask{kind: k, field: field, value: v, hash: x.exact.hash(k, key[from:]), from: from, to: len(key)})
	return len(b.asks) == mostAsks
}

// look calls found with each entry that a value meets, in the order of the values, until it is false for a value; the
// values after it are looked up nevertheless. The batch is empty then.
func (b *batch) look(x *index, found func(a *ask, e entry) bool) {
	for i := range b.asks {
		x.exact.fetch(b.asks[i].hash)
	}
	for i := range b.asks {
		a := &b.asks[i]
		a.spot = x.exact.spot(a.hash)
		x.meeting(a, b.keys[a.from:a.to], func(e entry) bool { return found(a, e) })
	}
	b.asks = b.asks[:0]
}

// may reports whether a value of a kind can meet anything.
func (x *index) may(k kind) bool {
	return x.has[k] || k == domain && x.has[below] || k == address && x.has[network]
}

// meeting calls found with each entry that a value meets, until it is false.
func (x *index) meeting(a *ask, key []byte, found func(entry) bool) {
	if x.has[a.kind] && !x.exact.follow(a.spot, a.hash, a.kind, key, found) {
		return
	}
	switch {
	case a.kind == domain && x.has[below]:
		x.above(key, found)
	case a.kind == address && x.has[network]:
		ip, _ := netip.AddrFromSlice(key)
		x.around(ip, found)
	}
}
