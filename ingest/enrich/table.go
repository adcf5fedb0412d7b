package enrich

import (
	"crypto/rand"
	"encoding/binary"
	"hash/maphash"
	"math/bits"
	"sync/atomic"
	"unsafe"
)

// A table holds the indicators of exact values. All that it knows of one stands in one bucket, which is one line of the
// processor's cache: so a value waits for memory once, whether it is on a list or not.
//
// For a value stand two hashes of it, not its text: a mark of 32 bits, and a tag of 64 bits by SipHash with a key that is
// drawn when the table is made and never told. That another value has the same tag happens by chance alone, for its maker
// too: docs/decisions/030-enrichment.md.
//
// The mark says the bucket. What has no room in its bucket goes to the next one, and behind the last bucket that a mark says
// are more of them, so that nothing goes round: entries of one value stay in the order in which they came. Marks and buckets
// have the same order: growing reads the buckets from the first to the last, and writes them likewise.
type table struct {
	seed    maphash.Seed
	key     sipKey
	buckets []bucket
	homes   uint64 // buckets that a mark says
	spare   uint64 // and behind them
	count   int
}

// A bucket has room for three indicators.
type bucket struct {
	marks  [slots]uint32
	beyond uint32 // bits of marks: of what this bucket had no room for
	tags   [slots]uint64
	says   [slots]saying
}

// A saying is what is known of an indicator.
type saying struct {
	line uint32 // where it stands in its list
	meta uint32 // in metas; 0: the slot is free
}

const (
	slots = 3
	// Of seven slots in twelve one indicator in ten stands beyond its bucket.
	fill, fillOf = 7, 12
)

func newTable() table {
	var key [16]byte
	_, _ = rand.Read(key[:]) // never fails
	return table{
		seed: maphash.MakeSeed(), key: sipKey{binary.LittleEndian.Uint64(key[:]), binary.LittleEndian.Uint64(key[8:])},
		buckets: make([]bucket, 8), homes: 4, spare: 4,
	}
}

// hash is a value's. Its upper half is the mark.
func (t *table) hash(k kind, key []byte) uint64 {
	return maphash.Bytes(t.seed, key) + uint64(k)*0x9e3779b97f4a7c15
}

// tag is a value's.
func (t *table) tag(k kind, key []byte) uint64 { return t.key.of(uint64(k), key) }

// home is the bucket that a mark says.
func home(mark uint32, homes uint64) uint64 { return uint64(mark) * homes >> 32 }

func markOf(h uint64) uint32 { return uint32(h >> 32) }

// each calls found with a value's entries until it is false; it is false then too.
func (t *table) each(k kind, key []byte, found func(entry) bool) bool {
	h := t.hash(k, key)
	return t.follow(t.spot(h), h, k, key, found)
}

// A spot is a bucket that may have a value, with a bit for each of its slots that has the value's mark.
type spot struct {
	at    uint64
	alike uint8
}

// spot is where a hash leads.
func (t *table) spot(h uint64) spot { return t.spotAt(home(markOf(h), t.homes), h) }

// spotAt does not branch: where in a bucket a mark stands is by chance.
func (t *table) spotAt(at, h uint64) spot {
	s, mark := spot{at: at}, h>>32
	for i, m := range t.buckets[at].marks {
		s.alike |= uint8((uint64(m)^mark-1)>>63) << i
	}
	return s
}

// follow calls found with a value's entries, from the spot of its hash on, until it is false; it is false then too.
func (t *table) follow(s spot, h uint64, k kind, key []byte, found func(entry) bool) bool {
	beyond := t.buckets[s.at].beyond>>(markOf(h)&31)&1 != 0
	if s.alike == 0 && !beyond {
		return true
	}
	tag := t.tag(k, key)
	for {
		b := &t.buckets[s.at]
		for alike := s.alike; alike != 0; alike &= alike - 1 {
			i := bits.TrailingZeros8(alike)
			if b.tags[i] == tag && b.says[i].meta != 0 && !found(entry{saying: b.says[i], kind: k, key: key}) {
				return false
			}
		}
		if !beyond || b.says[slots-1].meta == 0 {
			return true
		}
		s = t.spotAt(s.at+1, h)
	}
}

// fetch asks for the bucket of a hash. Of several values the processor waits side by side so, as it does not where each is
// followed to its end before the next.
func (t *table) fetch(h uint64) { atomic.LoadUint32(&t.buckets[home(markOf(h), t.homes)].beyond) }

// add takes an entry in.
func (t *table) add(e *entry) {
	if uint64(t.count+1)*fillOf > t.homes*slots*fill {
		t.resize(t.homes + t.homes/4 + 1)
	}
	mark, tag := markOf(t.hash(e.kind, e.key)), t.tag(e.kind, e.key)
	for !put(t.buckets, t.homes, mark, tag, e.saying) {
		t.spare *= 2
		t.resize(t.homes)
	}
	t.count++
}

// put writes into the first bucket with room from the mark's own on; it is false where there is none.
func put(buckets []bucket, homes uint64, mark uint32, tag uint64, s saying) bool {
	own, last := home(mark, homes), uint64(len(buckets))-1 // the last stays free: whoever reads ends at a bucket with room
	for at := own; at < last; at++ {
		b := &buckets[at]
		for i := range b.says {
			if b.says[i].meta == 0 {
				b.marks[i], b.tags[i], b.says[i] = mark, tag, s
				return true
			}
		}
		buckets[own].beyond |= 1 << (mark & 31)
	}
	return false
}

// resize moves all entries into another number of buckets.
func (t *table) resize(homes uint64) {
	for spare := t.spare; ; spare *= 2 {
		buckets := make([]bucket, homes+spare)
		advisePages(bytesOf(buckets))
		if moveAll(buckets, homes, t.buckets) {
			t.buckets, t.homes, t.spare = buckets, homes, spare
			return
		}
	}
}

// moveAll puts what other buckets hold, in its order; it is false where there is no room.
func moveAll(to []bucket, homes uint64, from []bucket) bool {
	for i := range from {
		b := &from[i]
		for j, s := range b.says {
			if s.meta != 0 && !put(to, homes, b.marks[j], b.tags[j], s) {
				return false
			}
		}
	}
	return true
}

// settle gives back what growing has taken beyond need, and asks for large pages.
func (t *table) settle() {
	need := uint64(t.count)*fillOf/(slots*fill) + 1
	if need+need/16 < t.homes {
		t.resize(max(need, 4))
	}
	collapsePages(bytesOf(t.buckets))
}

func bytesOf(buckets []bucket) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(buckets))), len(buckets)*int(unsafe.Sizeof(bucket{})))
}

// bytes is what the table takes.
func (t *table) bytes() int { return cap(t.buckets) * int(unsafe.Sizeof(bucket{})) }
