package correlate

import (
	"encoding/binary"
	"hash/maphash"
	"math"
	"slices"
	"strings"

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
	from  *origin  // of the payload whose sum was asked for last
	named [16]byte // the sum of that origin
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
	return l.find(p, l.hash(p))
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

func (l *pool) hash(p *payload) (h [2]uint64) {
	var buf [256]byte
	text := buf[:0]
	add := func(s string) { text = append(binary.AppendUvarint(text, uint64(len(s))), s...) }
	if p.from != l.from { // mostly it is that of the alert before
		l.from, l.named = p.from, l.sumOf(p.from)
	}
	text = append(text, l.named[:]...)
	text = binary.AppendUvarint(text, math.Float64bits(p.facts.Risk))
	if p.facts.IOC {
		text = append(text, 1)
	}
	for _, list := range [3][]string{p.values, p.facts.Tactics, p.absent} {
		text = binary.AppendUvarint(text, uint64(len(list)))
		for _, s := range list {
			add(s)
		}
	}
	for i := range p.entities {
		n := &p.entities[i]
		add(n.Field)
		add(n.Value)
		add(n.Role)
	}
	return [2]uint64{maphash.Bytes(l.seeds[0], text), maphash.Bytes(l.seeds[1], text)}
}

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
