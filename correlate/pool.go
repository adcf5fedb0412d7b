package correlate

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strings"
	"unsafe"

	"tocsin"
)

// A pool keeps payloads that say the same in one place: what an alert says beside its time and id repeats itself. It
// saves memory and time and never changes what the engine says: accounting and snapshots know nothing of it.
//
// It is a cache: sets of four payloads, the one made last first, as many sets as were of use so far and at most
// mostSets. A payload that others push out is made anew when it is asked for again. Two payloads are the same where 64
// bits of a keyed hash agree and those of another that choose the set; the keys are drawn anew by each process.
type pool struct {
	seeds [2]maphash.Seed
	sets  []poolSet       // a power of two
	full  int             // payloads that were pushed out since there are so many sets
	last  []tocsin.Entity // copied last
	texts valueTexts

	from   *origin       // of the payload whose hash was asked for last
	shape  []entityShape // likewise: of its entities
	known  [32]byte      // the hashes of these
	weight int64         // what such a payload is accounted with, the values of its entities aside
}

// A poolSet is one line of the processor's cache.
type poolSet struct {
	sums [poolWays]uint64 // the second halves of the payloads' sums; 0 for none
	all  [poolWays]*payload
}

const (
	poolWays = 4
	fewSets  = 1 << 6
	mostSets = 1 << 14 // 65,536 payloads of some 300 bytes
)

func newPool() pool {
	return pool{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, sets: make([]poolSet, fewSets)}
}

// one returns the payload that says what p says. Its texts are its own: those of p may be parts of a whole record.
func (l *pool) one(p *payload) *payload {
	if !p.common() {
		return l.clone(p)
	}
	h, _ := l.hash(p)
	return l.find(p, h)
}

// common reports whether other alerts can say the same: no two have an id or a digest in common.
func (p *payload) common() bool { return p.id == "" && p.digest == "" && p.link == nil }

// find is the payload that says what p says, of which h is the hash.
func (l *pool) find(p *payload, h [2]uint64) *payload {
	set := &l.sets[h[0]&uint64(len(l.sets)-1)]
	if known := set.find(h[1]); known != nil {
		return known
	}
	known := l.clone(p)
	known.sum = h
	if set.all[poolWays-1] != nil {
		if l.full++; l.full > len(l.sets)/4 && len(l.sets) < mostSets {
			l.grow()
			set = &l.sets[h[0]&uint64(len(l.sets)-1)]
		}
	}
	set.put(known)
	return known
}

// prefetch asks for where the payload of that hash stands.
func (l *pool) prefetch(h [2]uint64) { prefetch(unsafe.Pointer(&l.sets[h[0]&uint64(len(l.sets)-1)])) }

// find is the payload of which sum is the second half of the sum, nil for none.
func (s *poolSet) find(sum uint64) *payload {
	for i := range s.sums {
		if s.sums[i] == sum && s.all[i] != nil {
			return s.all[i]
		}
	}
	return nil
}

func (s *poolSet) put(p *payload) {
	copy(s.sums[1:], s.sums[:])
	copy(s.all[1:], s.all[:])
	s.sums[0], s.all[0] = p.sum[1], p
}

// grow doubles the sets.
func (l *pool) grow() {
	old := l.sets
	l.sets, l.full = make([]poolSet, 2*len(old)), 0
	for i := range old {
		for _, p := range old[i].all {
			if p != nil {
				l.sets[p.sum[0]&uint64(len(l.sets)-1)].put(p)
			}
		}
	}
}

// recents are payloads of alerts that an event took in: what they say is known to it. A payload stands in one of a few
// sets, which its hash chooses.
type recents [recentPayloads / poolWays]poolSet

func (r *recents) set(hash uint64) *poolSet { return &r[hash>>32%uint64(len(r))] }

// knows reports whether an alert with that very payload was taken in, of which hash is half the sum. Of those taken in
// long ago it may not know.
func (r *recents) knows(p *payload, hash uint64) bool {
	all := &r.set(hash).all
	return all[0] == p || all[1] == p || all[2] == p || all[3] == p
}

// find is a payload that was taken in, of which h is the sum; nil for none that is known of.
func (r *recents) find(h [2]uint64) *payload { return r.set(h[0]).find(h[1]) }

func (r *recents) note(p *payload) { r.set(p.sum[0]).put(p) }

// hash is the hash of all that p says, and what p is accounted with.
func (l *pool) hash(p *payload) (h [2]uint64, weight int64) {
	var buf [256]byte
	l.know(p)
	text := append(buf[:0], l.known[:]...)
	weight = l.weight
	flags := byte(0)
	if p.facts.IOC {
		flags |= 1
	}
	if p.facts.Risk != 0 {
		flags |= 2
	}
	if len(p.values)+len(p.facts.Tactics)+len(p.absent) > 0 {
		flags |= 4
	}
	if text = append(text, flags); flags > 1 {
		text = appendRest(text, p)
		weight = int64(p.weigh())
	} else {
		for i := range p.entities {
			weight += int64(len(p.entities[i].Value))
		}
	}
	for i := range p.entities {
		text = appendText(text, p.entities[i].Value)
	}
	return [2]uint64{maphash.Bytes(l.seeds[0], text), maphash.Bytes(l.seeds[1], text)}, weight
}

// appendText appends a text so that what follows cannot be taken for its end.
func appendText(to []byte, s string) []byte {
	if len(s) < 0x80 {
		return append(append(to, byte(len(s))), s...)
	}
	return append(binary.AppendUvarint(to, uint64(len(s))), s...)
}

// appendRest appends what few payloads have.
func appendRest(text []byte, p *payload) []byte {
	text = binary.LittleEndian.AppendUint64(text, math.Float64bits(p.facts.Risk))
	for _, list := range [3][]string{p.values, p.facts.Tactics, p.absent} {
		text = binary.AppendUvarint(text, uint64(len(list)))
		for _, s := range list {
			text = appendText(text, s)
		}
	}
	return text
}

// know makes known the hash of what p mostly has in common with the payload that was asked for last: where it came from, and
// the fields and roles of its entities.
func (l *pool) know(p *payload) {
	if p.from == l.from && len(p.entities) == len(l.shape) {
		alike := true
		for i := range p.entities {
			n, o := &p.entities[i], &l.shape[i]
			alike = alike && sameText(n.Field, o.field) && sameText(n.Role, o.role)
		}
		if alike {
			return
		}
	}
	if p.from != l.from {
		sum := l.sumOf(p.from)
		l.from = p.from
		copy(l.known[:16], sum[:])
	}
	var text []byte
	l.shape, l.weight = l.shape[:0], payloadSize
	for i := range p.entities {
		n := &p.entities[i]
		text = appendText(appendText(text, n.Field), n.Role)
		l.shape = append(l.shape, entityShape{n.Field, n.Role})
		l.weight += int64(entityWeight + len(n.Field) + len(n.Role))
	}
	h := l.hashOf(text)
	binary.LittleEndian.PutUint64(l.known[16:], h[0])
	binary.LittleEndian.PutUint64(l.known[24:], h[1])
}

// An entityShape is an entity without its value.
type entityShape struct{ field, role string }

// sumOf is a hash of all that an origin says.
func (l *pool) sumOf(o *origin) (sum [16]byte) {
	var text []byte
	for _, s := range [4]string{o.source, o.file, o.topic, o.incarnation} {
		text = append(binary.AppendUvarint(text, uint64(len(s))), s...)
	}
	h := l.hashOf(binary.AppendVarint(text, int64(o.partition)))
	binary.LittleEndian.PutUint64(sum[:8], h[0])
	binary.LittleEndian.PutUint64(sum[8:], h[1])
	return sum
}

// clone is p in memory of its own.
func (l *pool) clone(p *payload) *payload {
	own := l.withEntities(p)
	own.values, own.absent = slices.Clip(p.values), slices.Clone(p.absent) // the kind's list, and the rule's texts
	own.facts.Tactics = slices.Clone(p.facts.Tactics)
	for i, t := range own.facts.Tactics {
		own.facts.Tactics[i] = strings.Clone(t)
	}
	return own
}

// withEntities is a copy of p whose entities are its own, or those of the last copy where that says the same. Of few they
// stand beside it: where each alert of many keys says something else, one piece of memory less is one less to collect.
func (l *pool) withEntities(p *payload) *payload {
	if n := len(p.entities); n > 0 && n <= fewEntities && !slices.Equal(p.entities, l.last) {
		own := &struct {
			payload
			all [fewEntities]tocsin.Entity
		}{payload: *p}
		own.entities = own.all[:n:n]
		l.copyEntities(own.entities, p.entities)
		return &own.payload
	}
	own := *p
	own.entities = l.entities(p.entities)
	return &own
}

// fewEntities is how many entities of a payload stand beside it: most rules name a victim and an attacker.
const fewEntities = 2

// entities is a copy of all in memory of its own, or the last copy where that says the same.
func (l *pool) entities(all []tocsin.Entity) []tocsin.Entity {
	if slices.Equal(all, l.last) {
		return l.last
	}
	own := make([]tocsin.Entity, len(all))
	l.copyEntities(own, all)
	return own
}

// copyEntities copies entities with their values, which are one text.
func (l *pool) copyEntities(to, from []tocsin.Entity) {
	size := 0
	for i := range from {
		size += len(from[i].Value)
	}
	var text strings.Builder
	text.Grow(size)
	for i := range from {
		text.WriteString(from[i].Value)
	}
	values := text.String()
	for i := range from {
		to[i] = from[i]
		to[i].Value, values = values[:len(from[i].Value)], values[len(from[i].Value):]
	}
	l.last = to
}
