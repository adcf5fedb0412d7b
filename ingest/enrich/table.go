package enrich

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// A table holds the indicators of exact values in buckets of 256 bytes, each with its key beside it. The key's hash says the
// bucket, so that a hit waits for memory once: the four lines of a bucket are asked for together.
//
// A bucket begins with sixteen numbers of 16 bits. The first one is how many bytes of the bucket are taken; the others
// stand for an entry each: ten bits of the hash, and its place in units of four bytes; 0 is none. An entry without room
// goes to the next bucket, which the bit spilled of the first number tells. Behind the last bucket that a hash says are
// more of them, so that nothing goes round: entries of one value stay in the order in which they came.
//
// Hashes and buckets have the same order. Growing reads the buckets from the first to the last and writes them likewise.
type table struct {
	seed    maphash.Seed
	memory  []byte // buckets
	buckets uint64 // that a hash says
	tail    uint64 // and behind them
	used    int    // bytes of entries
	count   int    // entries
	far     []byte // keys that are too long to stand in a bucket
}

const (
	bucketBytes = 256
	headBytes   = 32
	unit        = 4  // of an entry's place, so that a number of 32 bits tells 16 GiB
	entryBytes  = 14 // of an entry without its key
	maxNear     = 90 // bytes of a key that stands in a bucket
	spilled     = 1 << 15
	// Of three quarters of what a bucket holds one in ten entries is in the next bucket, of nine tenths every third.
	fillOf4 = 3
)

func newTable() table {
	t := table{seed: maphash.MakeSeed()}
	t.make(16, 4)
	return t
}

// make takes memory for some buckets. They begin at a line of the processor's cache.
func (t *table) make(buckets, tail uint64) {
	const line = 64
	size := int(buckets+tail) * bucketBytes
	m := make([]byte, size+line)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(m))) & (line - 1))
	t.memory, t.buckets, t.tail, t.used, t.count = m[skip:skip+size:skip+size], buckets, tail, 0, 0
	advisePages(t.memory)
}

// hash is a value's: its bucket by the upper half, what tells it from others there by the lower one.
func (t *table) hash(k kind, key []byte) uint64 {
	return maphash.Bytes(t.seed, key) + uint64(k)*0x9e3779b97f4a7c15
}

func (t *table) bucket(h uint64) uint64 {
	b, _ := bits.Mul64(h, t.buckets)
	return b * bucketBytes
}

// mark is what a bucket's head says of an entry with a hash, without its place.
func mark(h uint64) uint16 { return uint16(h) &^ 63 }

// at is the entry at a place.
func (t *table) at(n uint32) entry {
	p := t.memory[uint64(n)*unit:]
	_ = p[entryBytes+unit-1]
	e := entry{
		meta: binary.LittleEndian.Uint32(p), line: binary.LittleEndian.Uint32(p[4:]),
		list: binary.LittleEndian.Uint16(p[8:]), kind: kind(p[12]),
	}
	size := int(binary.LittleEndian.Uint16(p[10:]))
	if size > maxNear {
		e.key = t.far[binary.LittleEndian.Uint32(p[entryBytes:]):][:size]
	} else {
		e.key = p[entryBytes : entryBytes+size]
	}
	return e
}

// each calls found with the places of a value's entries until it is false; it is false then too.
func (t *table) each(k kind, key []byte, found func(uint32) bool) bool {
	return t.hashed(t.hash(k, key), k, key, found)
}

// hashed is each for a value whose hash is known.
func (t *table) hashed(h uint64, k kind, key []byte, found func(uint32) bool) bool {
	want := mark(h)
	for at := t.bucket(h); ; at += bucketBytes {
		b := t.memory[at : at+bucketBytes : at+bucketBytes]
		fetch(b)
		for i := 2; i < headBytes; i += 2 {
			slot := binary.LittleEndian.Uint16(b[i:])
			if slot == 0 {
				break
			}
			if slot&^63 != want {
				continue
			}
			n := uint32(at/unit) + uint32(slot&63)
			if e := t.at(n); e.kind == k && string(e.key) == string(key) && !found(n) {
				return false
			}
		}
		if binary.LittleEndian.Uint16(b)&spilled == 0 {
			return true
		}
	}
}

// fetch asks for the bucket of a hash, which [table.hashed] reads later.
func (t *table) fetch(h uint64) {
	at := t.bucket(h)
	b := t.memory[at : at+bucketBytes : at+bucketBytes]
	atomic.LoadUint32((*uint32)(unsafe.Pointer(unsafe.SliceData(b))))
	fetch(b)
}

// fetch asks for the lines of a bucket at once, as whoever reads its head first and then what it points at would not.
func fetch(b []byte) {
	_ = b[bucketBytes-1]
	p := unsafe.Pointer(unsafe.SliceData(b))
	atomic.LoadUint32((*uint32)(unsafe.Add(p, 64)))
	atomic.LoadUint32((*uint32)(unsafe.Add(p, 128)))
	atomic.LoadUint32((*uint32)(unsafe.Add(p, 192)))
}

// add takes an entry in.
func (t *table) add(e *entry) {
	need := entrySize(len(e.key))
	if t.full(need) {
		t.resize(t.buckets + t.buckets/4)
	}
	for !t.put(e, need) {
		t.tail *= 2
		t.resize(t.buckets)
	}
}

// full is whether so many bytes more are too many for the buckets.
func (t *table) full(need int) bool {
	return uint64(t.used+need)*4 > t.buckets*(bucketBytes-headBytes)*fillOf4
}

// entrySize is what an entry takes of its bucket.
func entrySize(key int) int {
	if key > maxNear {
		key = 4
	}
	return (entryBytes + key + unit - 1) &^ (unit - 1)
}

// put writes an entry into the first bucket with room from its own on; it is false where there is none up to the last one.
func (t *table) put(e *entry, need int) bool {
	h := t.hash(e.kind, e.key)
	for at := t.bucket(h); at < uint64(len(t.memory)); at += bucketBytes {
		b := t.memory[at : at+bucketBytes]
		taken := int(binary.LittleEndian.Uint16(b) &^ spilled)
		slot := 2
		for slot < headBytes && binary.LittleEndian.Uint16(b[slot:]) != 0 {
			slot += 2
		}
		if slot == headBytes || headBytes+taken+need > bucketBytes {
			b[1] |= spilled >> 8
			continue
		}
		place := headBytes + taken
		binary.LittleEndian.PutUint16(b[slot:], mark(h)|uint16(place/unit))
		binary.LittleEndian.PutUint16(b, binary.LittleEndian.Uint16(b)+uint16(need))
		t.write(b[place:], e)
		t.used += need
		t.count++
		return true
	}
	return false
}

func (t *table) write(p []byte, e *entry) {
	binary.LittleEndian.PutUint32(p, e.meta)
	binary.LittleEndian.PutUint32(p[4:], e.line)
	binary.LittleEndian.PutUint16(p[8:], e.list)
	binary.LittleEndian.PutUint16(p[10:], uint16(len(e.key)))
	p[12] = byte(e.kind)
	if len(e.key) > maxNear {
		binary.LittleEndian.PutUint32(p[entryBytes:], uint32(len(t.far)))
		t.far = append(t.far, e.key...)
		return
	}
	copy(p[entryBytes:], e.key)
}

// resize moves all entries into another number of buckets.
func (t *table) resize(buckets uint64) {
	for tail := t.tail; ; tail *= 2 {
		n := table{seed: t.seed, far: make([]byte, 0, len(t.far))}
		n.make(buckets, tail)
		if n.takeAll(t) {
			*t = n
			return
		}
	}
}

// takeAll takes in what another table holds, in its order; it is false where that has no room.
func (t *table) takeAll(from *table) bool {
	for at := 0; at < len(from.memory); at += bucketBytes {
		for i := 2; i < headBytes; i += 2 {
			slot := binary.LittleEndian.Uint16(from.memory[at+i:])
			if slot == 0 {
				break
			}
			e := from.at(uint32(at/unit) + uint32(slot&63))
			if !t.put(&e, entrySize(len(e.key))) {
				return false
			}
		}
	}
	return true
}

// settle gives back what growing has taken beyond need.
func (t *table) settle() {
	need := uint64(t.used)*4/((bucketBytes-headBytes)*fillOf4) + 1
	if need+need/16 < t.buckets {
		t.resize(max(need, 4))
	}
	collapsePages(t.memory)
}

// bytes is what the table takes.
func (t *table) bytes() int { return len(t.memory) + cap(t.far) }
