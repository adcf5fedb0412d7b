package enrich

import (
	"hash/maphash"
	"net/netip"
	"unsafe"

	"github.com/gaissmai/bart"
)

// An index finds indicators by their values. What is found is compared byte for byte, so that a hit is one.
//
// An exact value takes an entry of 24 bytes, 8 to 32 bytes of slots and its text; a network what a trie needs for it.
type index struct {
	seed     maphash.Seed
	slots    []uint64 // upper half: of the key's hash; lower half: its entry, from 1
	entries  []entry
	text     []byte // keys and names, one behind the other
	metas    []meta
	networks bart.Table[uint32] // the first entry of a network
	has      [len(kindNames)]bool
	labels   int // most labels of a domain that stands for all below it
}

// An entry is one indicator of one list.
type entry struct {
	at   uint32 // of its key in text
	next uint32 // another list's entry of the same value, from 1; 0: none
	meta uint32 // in metas; 0: nothing is known of it
	line uint32 // where it stands in its list
	size uint16 // of its key
	list uint16
	kind kind
	head bool // the first entry of its value
}

// A meta is what a list says of an indicator.
type meta struct {
	name        uint32 // in text
	size        uint16
	confidence  int8  // 0 to 100; -1: not said
	from, until int64 // Unix seconds; 0: not bounded
}

func newIndex() *index { return &index{seed: maphash.MakeSeed(), metas: []meta{{confidence: -1}}} }

func (x *index) hash(k kind, key []byte) uint64 {
	return maphash.Bytes(x.seed, key) + uint64(k)*0x9e3779b97f4a7c15
}

func (x *index) key(e *entry) []byte { return x.text[e.at : e.at+uint32(e.size)] }

// find is the first entry of a value, from 1; 0 where no list has it.
func (x *index) find(k kind, key []byte) uint32 {
	if len(x.slots) == 0 {
		return 0
	}
	h, mask := x.hash(k, key), uint64(len(x.slots)-1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := x.slots[i]
		if s == 0 {
			return 0
		}
		if s>>32 != h>>32 {
			continue
		}
		if e := &x.entries[uint32(s)-1]; e.kind == k && string(x.key(e)) == string(key) {
			return uint32(s)
		}
	}
}

// add takes an indicator in. It is false where the list had it before.
func (x *index) add(e entry, key []byte) bool {
	e.at, e.size = uint32(len(x.text)), uint16(len(key))
	if 2*(len(x.entries)+1) > len(x.slots) {
		x.grow()
	}
	if first := x.find(e.kind, key); first != 0 {
		head := &x.entries[first-1]
		for at := first; at != 0; at = x.entries[at-1].next {
			if x.entries[at-1].list == e.list {
				return false
			}
		}
		e.at, e.next = head.at, head.next
		x.entries = append(x.entries, e)
		x.entries[first-1].next = uint32(len(x.entries))
		return true
	}
	e.head = true
	x.text = append(x.text, key...)
	x.entries = append(x.entries, e)
	x.has[e.kind] = true
	x.put(uint32(len(x.entries)))
	return true
}

func (x *index) put(at uint32) {
	e := &x.entries[at-1]
	h, mask := x.hash(e.kind, x.key(e)), uint64(len(x.slots)-1)
	for i := h & mask; ; i = (i + 1) & mask {
		if x.slots[i] == 0 {
			x.slots[i] = h>>32<<32 | uint64(at)
			return
		}
	}
}

func (x *index) grow() {
	x.slots = make([]uint64, max(64, 2*len(x.slots)))
	for i := range x.entries {
		if e := &x.entries[i]; e.head && e.kind != network {
			x.put(uint32(i + 1))
		}
	}
}

// addNetwork is [index.add] for a network.
func (x *index) addNetwork(e entry, p netip.Prefix) bool {
	first, known := x.networks.Get(p)
	for at := first; at != 0; at = x.entries[at-1].next {
		if x.entries[at-1].list == e.list {
			return false
		}
	}
	text := p.String()
	e.at, e.size, e.kind = uint32(len(x.text)), uint16(len(text)), network
	x.text = append(x.text, text...)
	x.has[network] = true
	if known {
		e.next = x.entries[first-1].next
		x.entries = append(x.entries, e)
		x.entries[first-1].next = uint32(len(x.entries))
		return true
	}
	e.head = true
	x.entries = append(x.entries, e)
	x.networks.Insert(p, uint32(len(x.entries)))
	return true
}

// meta takes in what is known of an indicator. What is said of one after the other is kept once.
func (x *index) meta(name string, confidence int8, from, until int64) uint32 {
	if name == "" && confidence < 0 && from == 0 && until == 0 {
		return 0
	}
	m := meta{size: uint16(len(name)), confidence: confidence, from: from, until: until}
	last := x.metas[len(x.metas)-1]
	if string(x.text[last.name:last.name+uint32(last.size)]) == name {
		if m.name = last.name; m == last {
			return uint32(len(x.metas) - 1)
		}
	} else {
		m.name = uint32(len(x.text))
		x.text = append(x.text, name...)
	}
	x.metas = append(x.metas, m)
	return uint32(len(x.metas) - 1)
}

// settle gives back what growing has taken beyond need.
func (x *index) settle() {
	x.entries = append(make([]entry, 0, len(x.entries)), x.entries...)
	x.text = append(make([]byte, 0, len(x.text)), x.text...)
	x.metas = append(make([]meta, 0, len(x.metas)), x.metas...)
}

// bytes is what the index takes, networks by what a node of the trie takes for each.
func (x *index) bytes() int64 {
	const perNetwork = 64
	return int64(len(x.slots))*8 + int64(len(x.entries))*int64(unsafe.Sizeof(entry{})) + int64(len(x.text)) +
		int64(len(x.metas))*int64(unsafe.Sizeof(meta{})) + int64(x.networks.Size())*perNetwork
}
