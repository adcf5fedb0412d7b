package enrich

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"unsafe"

	"github.com/gaissmai/bart"
)

// An index finds indicators by their values. What is found is compared byte for byte, so that a hit is one.
//
// An exact value takes an entry of 20 bytes with its key behind it, so that one look into memory brings both, and 8 to 32
// bytes of slots; a network what a trie needs for it.
type index struct {
	seed     maphash.Seed
	slots    []uint64 // upper half: of the key's hash; lower half: its entry, from 1
	pool     []byte   // entries, each followed by its key, at multiples of unit
	count    int      // entries
	text     []byte   // names, one behind the other
	metas    []meta
	networks bart.Table[uint32] // the first entry of a network
	has      [len(kindNames)]bool
	labels   int // most labels of a domain that stands for all below it
}

// An entry is one indicator of one list, as it stands in the pool.
type entry struct {
	next uint32 // another list's entry of the same value, from 1; 0: none
	meta uint32 // in metas; 0: nothing is known of it
	line uint32 // where it stands in its list
	list uint16
	kind kind
	head bool // the first entry of its value
	key  []byte
}

const (
	unit       = 4  // of an entry's place in the pool, which has 16 GiB of room then
	entryBytes = 20 // of an entry without its key
)

// at is an entry, from 1. Its key is the pool's.
func (x *index) at(n uint32) entry {
	p := x.pool[uint64(n-1)*unit:]
	_ = p[entryBytes-1]
	return entry{
		next: binary.LittleEndian.Uint32(p), meta: binary.LittleEndian.Uint32(p[4:]), line: binary.LittleEndian.Uint32(p[8:]),
		list: binary.LittleEndian.Uint16(p[14:]), kind: kind(p[16]), head: p[17] != 0, key: p[entryBytes : entryBytes+int(binary.LittleEndian.Uint16(p[12:]))],
	}
}

// link makes another entry follow one.
func (x *index) link(n, next uint32) { binary.LittleEndian.PutUint32(x.pool[uint64(n-1)*unit:], next) }

// append puts an entry into the pool.
func (x *index) append(e *entry) uint32 {
	n := uint32(len(x.pool)/unit) + 1
	p := binary.LittleEndian.AppendUint32(x.pool, e.next)
	p = binary.LittleEndian.AppendUint32(p, e.meta)
	p = binary.LittleEndian.AppendUint32(p, e.line)
	p = binary.LittleEndian.AppendUint16(p, uint16(len(e.key)))
	p = binary.LittleEndian.AppendUint16(p, e.list)
	head := byte(0)
	if e.head {
		head = 1
	}
	p = append(append(p, byte(e.kind), head, 0, 0), e.key...)
	x.pool = append(p, make([]byte, -len(p)&(unit-1))...)
	x.count++
	x.has[e.kind] = true
	return n
}

// after is the entry that stands behind one in the pool; 0 behind the last.
func (x *index) after(n uint32) uint32 {
	at := uint64(0)
	if n > 0 {
		at = uint64(n-1)*unit + uint64(entryBytes+len(x.at(n).key)+unit-1)&^(unit-1)
	}
	if at >= uint64(len(x.pool)) {
		return 0
	}
	return uint32(at/unit) + 1
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
		if e := x.at(uint32(s)); e.kind == k && string(e.key) == string(key) {
			return uint32(s)
		}
	}
}

// add takes an indicator in. It is false where the list had it before.
func (x *index) add(e entry, key []byte) bool {
	if 2*(x.count+1) > len(x.slots) {
		x.grow()
	}
	e.key = key
	if first := x.find(e.kind, key); first != 0 {
		return x.join(first, e)
	}
	e.head = true
	x.put(x.append(&e))
	return true
}

// join adds an entry to those of the same value, unless its list has one there.
func (x *index) join(first uint32, e entry) bool {
	for n := first; n != 0; n = x.at(n).next {
		if x.at(n).list == e.list {
			return false
		}
	}
	e.next = x.at(first).next
	x.link(first, x.append(&e))
	return true
}

func (x *index) put(n uint32) {
	e := x.at(n)
	h, mask := x.hash(e.kind, e.key), uint64(len(x.slots)-1)
	for i := h & mask; ; i = (i + 1) & mask {
		if x.slots[i] == 0 {
			x.slots[i] = h>>32<<32 | uint64(n)
			return
		}
	}
}

func (x *index) grow() {
	x.slots = make([]uint64, max(64, 2*len(x.slots)))
	for n := x.after(0); n != 0; n = x.after(n) {
		if e := x.at(n); e.head && e.kind != network {
			x.put(n)
		}
	}
}

// addNetwork is [index.add] for a network.
func (x *index) addNetwork(e entry, p netip.Prefix) bool {
	e.key, e.kind = []byte(p.String()), network
	if first, known := x.networks.Get(p); known {
		return x.join(first, e)
	}
	e.head = true
	x.networks.Insert(p, x.append(&e))
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
	x.pool = append(make([]byte, 0, len(x.pool)), x.pool...)
	x.text = append(make([]byte, 0, len(x.text)), x.text...)
	x.metas = append(make([]meta, 0, len(x.metas)), x.metas...)
	hugePages(x.slots)
	hugePages(x.pool)
}

// bytes is what the index takes, networks by what a node of the trie takes for each.
func (x *index) bytes() int64 {
	const perNetwork = 64
	return int64(len(x.slots))*8 + int64(len(x.pool)) + int64(len(x.text)) +
		int64(len(x.metas))*int64(unsafe.Sizeof(meta{})) + int64(x.networks.Size())*perNetwork
}
