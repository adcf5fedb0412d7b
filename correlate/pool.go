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
// It holds at most two generations of poolSize payloads. What was not asked for during a whole generation is dropped.
// Two payloads are the same where 128 bits of keyed hashes agree; the keys are drawn anew by each process.
type pool struct {
	seeds      [2]maphash.Seed
	young, old map[uint64]*payload // by the first half of sum
	made       uint8
	last       []tocsin.Entity // copied last
}

const poolSize = 1 << 15

func newPool() pool {
	return pool{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, young: make(map[uint64]*payload)}
}

// one returns the payload that says what p says. Its texts are its own: those of p may be parts of a whole record.
func (l *pool) one(p *payload) *payload {
	if p.id != "" || p.digest != "" { // no two alerts have these in common
		return l.clone(p)
	}
	h := l.hash(p)
	known := l.young[h[0]]
	if known != nil && known.sum == h {
		return known
	}
	if known = l.old[h[0]]; known == nil || known.sum != h {
		known = l.clone(p)
		known.sum = h
	}
	if len(l.young) >= poolSize {
		l.old, l.young = l.young, make(map[uint64]*payload, poolSize)
	}
	l.young[h[0]] = known
	return known
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
	l.made++
	own.slot = l.made % recentPayloads
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

// digestOf is the hash of an alert's content and time, see [body.addDigest].
func (o *memo) digestOf(x *item) *[32]byte {
	if x.at == o.sumAt && x.digest == o.summed && x.digest != [32]byte{} {
		return &o.sum
	}
	var buf [40]byte
	binary.BigEndian.PutUint64(buf[:], uint64(x.at))
	copy(buf[8:], x.digest[:])
	o.sumAt, o.summed = x.at, x.digest
	if x.digest != [32]byte{} {
		o.sum = sha256.Sum256(buf[:])
		return &o.sum
	}
	name := x.p.digest
	if name == "" {
		name = x.alertID()
	}
	o.sum = sha256.Sum256(append(append(buf[:8:8], '#'), name...))
	return &o.sum
}
