package enrich

import (
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// A table holds the indicators of exact values. Their entries stand one behind the other; places tells where, by the hash
// of a value, in lines of eight, which are one line of the processor's cache. So a value that is on no list waits for
// memory once, and one that is on a list twice.
//
// A place is 32 bits of the hash, its mark, and 32 bits that say where the entry stands; 0 is none. The mark says the line
// too. What has no room in its line goes to the next one, and behind the last line that a mark says are more of them, so
// that nothing goes round: entries of one value stay in the order in which they came. Marks and lines have the same order:
// growing reads the places from the first to the last, writes them likewise, and does not look at the entries.
type table struct {
	seed   maphash.Seed
	places []uint64
	lines  uint64 // that a mark says
	spare  uint64 // and behind them
	memory []byte // entries
	count  int    // of them
}

const (
	lineSize   = 8  // places
	unit       = 4  // of an entry's place, so that a number of 32 bits tells 16 GiB
	entryBytes = 14 // of an entry without its key
	// Of five places in eight one line of ten is full.
	fillOf8 = 5
)

func newTable() table {
	return table{
		seed: maphash.MakeSeed(), places: make([]uint64, 8*lineSize), lines: 4, spare: 4,
		memory: make([]byte, unit), // so that no entry stands at 0
	}
}

// hash is a value's. Its upper half is the mark.
func (t *table) hash(k kind, key []byte) uint64 {
	return maphash.Bytes(t.seed, key) + uint64(k)*0x9e3779b97f4a7c15
}

// line is the first of the places that a hash says.
func (t *table) line(h uint64) uint64 { return lineOf(h, t.lines) }

func lineOf(h, lines uint64) uint64 { return (h >> 32) * lines >> 32 * lineSize }

// at is the entry at a place.
func (t *table) at(n uint32) entry {
	p := t.memory[uint64(n)*unit:]
	_ = p[entryBytes-1]
	size := int(binary.LittleEndian.Uint16(p[10:]))
	return entry{
		meta: binary.LittleEndian.Uint32(p), line: binary.LittleEndian.Uint32(p[4:]),
		list: binary.LittleEndian.Uint16(p[8:]), kind: kind(p[12]), key: p[entryBytes : entryBytes+size],
	}
}

// each calls found with the places of a value's entries until it is false; it is false then too.
func (t *table) each(k kind, key []byte, found func(uint32) bool) bool {
	h := t.hash(k, key)
	return t.follow(t.spot(h), h, k, key, found)
}

// A spot is a line that may lead to a value, with a bit for each of its places that has the value's mark.
type spot struct {
	at    uint64
	alike uint8
}

// spot is where a hash leads.
func (t *table) spot(h uint64) spot { return t.spotAt(t.line(h), h) }

// spotAt does not branch: where in a line a mark stands is by chance.
func (t *table) spotAt(at, h uint64) spot {
	s, mark := spot{at: at}, h>>32
	for i, place := range (*[lineSize]uint64)(t.places[at:]) {
		s.alike |= uint8((place>>32^mark-1)>>63) << i
	}
	return s
}

// follow calls found with the places of a value's entries, from a spot of its hash on, until it is false; it is false then too.
func (t *table) follow(s spot, h uint64, k kind, key []byte, found func(uint32) bool) bool {
	for {
		line := (*[lineSize]uint64)(t.places[s.at:])
		for alike := s.alike; alike != 0; alike &= alike - 1 {
			n := uint32(line[bits.TrailingZeros8(alike)])
			if n == 0 {
				break // the mark of 0 is none's too
			}
			if e := t.at(n); e.kind == k && string(e.key) == string(key) && !found(n) {
				return false
			}
		}
		if line[lineSize-1] == 0 {
			return true
		}
		s = t.spotAt(s.at+lineSize, h)
	}
}

// fetch asks for the line of a hash, fetchEntries for what a spot leads to. Of several values the processor waits side by side
// so, as it does not where each is followed to its end before the next.
func (t *table) fetch(h uint64) { atomic.LoadUint64(&t.places[t.line(h)]) }

func (t *table) fetchEntries(s spot, key int) {
	for alike := s.alike; alike != 0; alike &= alike - 1 {
		first := uint64(uint32(t.places[s.at+uint64(bits.TrailingZeros8(alike))])) * unit
		last := min(first+uint64(entryBytes+key)&^(unit-1), uint64(len(t.memory)-unit))
		atomic.LoadUint32((*uint32)(unsafe.Pointer(&t.memory[first])))
		atomic.LoadUint32((*uint32)(unsafe.Pointer(&t.memory[last])))
	}
}

// add takes an entry in.
func (t *table) add(e *entry) {
	if uint64(t.count+1)*8 > t.lines*lineSize*fillOf8 {
		t.resize(t.lines + t.lines/4 + 1)
	}
	place := t.hash(e.kind, e.key)&^(1<<32-1) | uint64(len(t.memory)/unit)
	for !put(t.places, t.lines, place) {
		t.spare *= 2
		t.resize(t.lines)
	}
	t.memory = appendEntry(t.memory, e)
	t.count++
}

// put writes a place into the first line with room from its own on; it is false where there is none.
func put(places []uint64, lines, place uint64) bool {
	last := uint64(len(places)) - 1 // stays free: whoever reads ends at a line with room
	for at := lineOf(place, lines); at < last; at++ {
		if places[at] == 0 {
			places[at] = place
			return true
		}
	}
	return false
}

func appendEntry(to []byte, e *entry) []byte {
	to = binary.LittleEndian.AppendUint32(to, e.meta)
	to = binary.LittleEndian.AppendUint32(to, e.line)
	to = binary.LittleEndian.AppendUint16(to, e.list)
	to = binary.LittleEndian.AppendUint16(to, uint16(len(e.key)))
	to = append(append(to, byte(e.kind), 0), e.key...)
	for len(to)%unit != 0 {
		to = append(to, 0)
	}
	return to
}

// resize moves all places into another number of lines.
func (t *table) resize(lines uint64) {
	for spare := t.spare; ; spare *= 2 {
		places := make([]uint64, (lines+spare)*lineSize)
		advisePages(bytesOf(places))
		if moveAll(places, lines, t.places) {
			t.places, t.lines, t.spare = places, lines, spare
			return
		}
	}
}

// moveAll puts what other places hold, in its order; it is false where there is no room.
func moveAll(to []uint64, lines uint64, from []uint64) bool {
	for _, place := range from {
		if place != 0 && !put(to, lines, place) {
			return false
		}
	}
	return true
}

// settle gives back what growing has taken beyond need, and asks for large pages.
func (t *table) settle() {
	need := uint64(t.count)*8/(lineSize*fillOf8) + 1
	if need+need/16 < t.lines {
		t.resize(max(need, 4))
	}
	memory := make([]byte, len(t.memory))
	advisePages(memory)
	copy(memory, t.memory)
	t.memory = memory
	collapsePages(bytesOf(t.places))
	collapsePages(t.memory)
}

func bytesOf(places []uint64) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(places))), len(places)*8)
}

// bytes is what the table takes.
func (t *table) bytes() int { return cap(t.places)*8 + cap(t.memory) }
