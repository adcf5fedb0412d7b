package correlate

import (
	"crypto/sha256"
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
// It is a cache: sets of four payloads, the one asked for last first, as many sets as were of use so far and at most
// mostSets. A payload that others push out is made anew when it is asked for again. Two payloads are the same where 64
// bits of a keyed hash agree and those of another that choose the set; the keys are drawn anew by each process.
type pool struct {
	seeds [2]maphash.Seed
	sets  []poolSet       // a power of two
	full  int             // payloads that were pushed out since there are so many sets
	last  []tocsin.Entity // copied last
}

// A poolSet is one line of the processor's cache.
type poolSet struct {
	sums [poolWays]uint64 // the second halves of the payloads' sums; 0 for none
	all  [poolWays]*payload
}

const (
	poolWays  = 4
	fewSets   = 1 << 6
	mostSets  = 1 << 14 // 65,536 payloads of some 300 bytes
	recentSet = 4       // see [recents]
)

func newPool() pool {
	return pool{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, sets: make([]poolSet, fewSets)}
}

// one returns the payload that says what p says. Its texts are its own: those of p may be parts of a whole record.
func (l *pool) one(p *payload) *payload {
	if p.id != "" || p.digest != "" { // no two alerts have these in common
		return l.clone(p)
	}
	h := l.hash(p)
	set := &l.sets[h[0]&uint64(len(l.sets)-1)]
	for i, sum := range &set.sums {
		if sum == h[1] && set.all[i] != nil {
			return set.all[i]
		}
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
// places, which its hash chooses.
type recents [recentPayloads]*payload

func (r *recents) set(p *payload) *[recentSet]*payload {
	i := p.sum[0] >> 32 % (recentPayloads / recentSet) * recentSet
	return (*[recentSet]*payload)(r[i:])
}

// knows reports whether an alert with that very payload was taken in. Of those taken in long ago it may not know.
func (r *recents) knows(p *payload) bool {
	s := r.set(p)
	return s[0] == p || s[1] == p || s[2] == p || s[3] == p
}

func (r *recents) note(p *payload) {
	s := r.set(p)
	copy(s[1:], s[:])
	s[0] = p
}

func (l *pool) hash(p *payload) (h [2]uint64) {
	var buf [256]byte
	text := buf[:0]
	add := func(s string) { text = append(binary.AppendUvarint(text, uint64(len(s))), s...) }
	add(p.from.source)
	add(p.from.file)
	add(p.from.topic)
	add(p.from.incarnation)
	text = binary.AppendVarint(text, int64(p.from.partition))
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

// clone is p in memory of its own.
func (l *pool) clone(p *payload) *payload {
	own := *p
	own.values, own.absent = slices.Clip(p.values), slices.Clone(p.absent) // the kind's list, and the rule's texts
	own.entities = l.entities(p.entities)
	own.facts.Tactics = slices.Clone(p.facts.Tactics)
	for i, t := range own.facts.Tactics {
		own.facts.Tactics[i] = strings.Clone(t)
	}
	return &own
}

// entities is a copy of all in memory of its own, or the last copy where that says the same.
func (l *pool) entities(all []tocsin.Entity) []tocsin.Entity {
	if slices.Equal(all, l.last) {
		return l.last
	}
	own := slices.Clone(all)
	for i := range own {
		own[i].Value = strings.Clone(own[i].Value)
	}
	l.last = own
	return own
}

// A memo remembers of the alert in hand what several rules ask in turn.
type memo struct {
	idText, digestText string
	id                 [16]byte
	digest             [32]byte
	idHex, digestHex   bool

	sumAt  int64
	summed [32]byte // the digest that sum is of; zero for none
	sum    [32]byte
}

// read decodes the alert's id and digest, unless they are those of the alert before.
func (o *memo) read(a *tocsin.AlertRef) {
	if o.idText != a.ID || o.idText == "" {
		o.idText, o.idHex = a.ID, hexInto(o.id[:], a.ID)
		if !o.idHex {
			sum := sha256.Sum256([]byte(a.ID))
			copy(o.id[:], sum[:])
		}
	}
	if o.digestText != a.Digest || o.digestText == "" {
		o.digest = [32]byte{}
		o.digestText, o.digestHex = a.Digest, hexInto(o.digest[:], a.Digest)
	}
}

// digestOf is [digestOf] of the alert in hand, worked out for the first rule that asks.
func (o *memo) digestOf(x *item) *[32]byte {
	if x.at == o.sumAt && x.digest == o.summed && x.digest != [32]byte{} {
		return &o.sum
	}
	o.sumAt, o.summed, o.sum = x.at, x.digest, digestOf(x)
	return &o.sum
}

// digestOf is the hash of an alert's content and time, see [body.addDigest].
func digestOf(x *item) [32]byte {
	var buf [40]byte
	binary.BigEndian.PutUint64(buf[:], uint64(x.at))
	copy(buf[8:], x.digest[:])
	if x.digest != [32]byte{} {
		return sha256.Sum256(buf[:])
	}
	name := x.p.digest
	if name == "" {
		name = x.alertID()
	}
	return sha256.Sum256(append(append(buf[:8:8], '#'), name...))
}
