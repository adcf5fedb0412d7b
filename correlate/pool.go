package correlate

import (
	"hash/maphash"
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
	sets  []poolSet // a power of two
	full  int       // payloads that were pushed out since there are so many sets
	texts valueTexts
	last  []tocsin.Entity // copied last
	none  *seldom         // of the payloads that say nothing of it

	shapes map[string]*shape
	from   *origin       // of the saying that was heard last
	sum    fingerprint   // of that
	shape  *shape        // of its entities
	asked  []entityShape // the same, as they came
	known  fingerprint   // of both
	said   []byte        // scratch

	tenant    string // whose key was asked for last
	sort      byte   // of that key, see [pool.tenantHash]
	tenantSum fingerprint
}

// A poolSet is one line of the processor's cache.
type poolSet struct {
	sums [poolWays]uint64 // the second halves of the payloads' sums; 0 for none
	all  [poolWays]*payload
}

const (
	poolWays = 4
	fewSets  = 1 << 6
	mostSets = 1 << 14 // 65,536 payloads of some 130 bytes
)

func newPool() pool {
	l := pool{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, sets: make([]poolSet, fewSets),
		none: &seldom{}, shapes: make(map[string]*shape),
	}
	l.shape = l.shapeOf(nil)
	return l
}

// one returns the payload that says what p says. Its texts are its own: those of p may be parts of a whole record.
func (l *pool) one(p *saying) *payload {
	var h heard
	l.hear(&h, p)
	if !p.common() {
		return l.made(p, &h)
	}
	return l.find(p, &h)
}

// find is the payload that says what p says, which was heard.
func (l *pool) find(p *saying, h *heard) *payload {
	set := &l.sets[h.hash.at&uint64(len(l.sets)-1)]
	if known := set.find(h.hash.rest); known != nil {
		return known
	}
	known := l.made(p, h)
	known.sum = h.hash
	if set.all[poolWays-1] != nil {
		if l.full++; l.full > len(l.sets)/4 && len(l.sets) < mostSets {
			l.grow()
			set = &l.sets[h.hash.at&uint64(len(l.sets)-1)]
		}
	}
	set.put(known)
	return known
}

// prefetch asks for where the payload of that hash stands.
func (l *pool) prefetch(h fingerprint) { prefetch(unsafe.Pointer(&l.sets[h.at&uint64(len(l.sets)-1)])) }

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
	s.sums[0], s.all[0] = p.sum.rest, p
}

// grow doubles the sets.
func (l *pool) grow() {
	old := l.sets
	l.sets, l.full = make([]poolSet, 2*len(old)), 0
	for i := range old {
		for _, p := range old[i].all {
			if p != nil {
				l.sets[p.sum.at&uint64(len(l.sets)-1)].put(p)
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
func (r *recents) find(h fingerprint) *payload { return r.set(h.at).find(h.rest) }

func (r *recents) note(p *payload) { r.set(p.sum.at).put(p) }

// fewBytes is how many bytes of texts stand beside a payload: most rules name a victim and an attacker. Where each alert of
// many keys says something else, one piece of memory less is one less to collect.
const fewBytes = 40

// made is a payload that says what p says, which was heard, in memory of its own.
func (l *pool) made(p *saying, h *heard) *payload {
	own := l.withTexts(h.texts)
	own.weight, own.from, own.shape, own.seldom = h.weight, p.from, h.shape, l.none
	own.values = slices.Clip(p.values) // the kind's list
	if p.says() {
		o := *p.seldom
		o.id, o.absent, o.facts.Tactics = strings.Clone(o.id), slices.Clone(o.absent), slices.Clone(o.facts.Tactics) // the absent are the rule's texts
		for i, t := range o.facts.Tactics {
			o.facts.Tactics[i] = strings.Clone(t)
		}
		own.seldom = &o
	}
	return own
}

// withTexts is a payload that has a copy of texts.
func (l *pool) withTexts(texts []byte) *payload {
	if n := len(texts); n == 0 || n > fewBytes {
		return &payload{texts: string(texts)}
	}
	own := &struct {
		payload
		all [fewBytes]byte // never written again
	}{}
	own.texts = unsafe.String(&own.all[0], copy(own.all[:], texts))
	return &own.payload
}
