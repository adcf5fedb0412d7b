package correlate

import (
	"cmp"
	"math/bits"
	"slices"
)

// A sightings is what kind first_seen remembers of the values of one rule: when each was seen last, and of those seen
// since lateness before the watermark a little more, so that an alert that comes late finds what was there before it.
//
// What is settled takes 16 bytes a value: a table with open addresses in the order of the hashes, nine tenths full at
// most.
type sightings struct {
	slots []seenValue
	n     int
	live  map[uint64]times
	swept int64 // the horizon of the last sweep
	purge int64 // the horizon when values that are too old were forgotten
	full  bool  // a value was not admitted since the last purge
	lost  int64 // so many
}

// A seenValue is a value by its hash, 0 for none, and when it was last seen before the horizon; unset for never.
type seenValue struct {
	hash uint64
	at   int64
}

// Times are when a value was seen since the horizon, but for those between two others that lie less than history apart:
// no alert before or after them can be told anything by them.
type times struct {
	n    int
	some [3]int64
	more []int64
}

func newSightings() *sightings {
	return &sightings{live: make(map[uint64]times), swept: unset, purge: unset}
}

// place is where a hash belongs.
func (s *sightings) place(hash uint64) int {
	hi, _ := bits.Mul64(hash, uint64(len(s.slots)))
	return int(hi)
}

// find is the slot of a hash, nil for one that is not there.
func (s *sightings) find(hash uint64) *seenValue {
	if len(s.slots) == 0 {
		return nil
	}
	for i := s.place(hash); ; {
		switch x := &s.slots[i]; x.hash {
		case hash:
			return x
		case 0:
			return nil
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
}

// put enters a hash that is not there.
func (s *sightings) put(x seenValue) {
	if 10*(s.n+1) > 9*len(s.slots) {
		s.grow(max(16, len(s.slots)+len(s.slots)/4))
	}
	s.n++
	i := s.place(x.hash)
	for s.slots[i].hash != 0 {
		if i++; i == len(s.slots) {
			i = 0
		}
	}
	s.slots[i] = x
}

func (s *sightings) grow(size int) {
	old := s.slots
	s.slots, s.n = make([]seenValue, size), 0
	for _, x := range old {
		if x.hash != 0 {
			s.put(x)
		}
	}
}

// A verdict is what a sighting is.
type verdict struct {
	first bool // the value was not seen within history before it
	next  bool // it was seen after it, within history: what came then is not the first
	same  bool // it was seen at the very same time
	after int64
}

// see takes a sighting in. It is not admitted, and is no first one, where there are limit values already.
func (s *sightings) see(hash uint64, at, history, horizon int64, limit int) (v verdict, ok bool) {
	hash = max(hash, 1)
	settled := s.find(hash)
	if settled == nil {
		if s.n >= limit {
			s.forget(horizon - history)
		}
		if s.n >= limit {
			s.full = true
			s.lost++
			return verdict{}, false
		}
		s.put(seenValue{hash, unset})
		settled = s.find(hash)
	}
	t := s.live[hash]
	all := t.list()
	before := settled.at
	i, same := slices.BinarySearch(all, at)
	if i > 0 {
		before = all[i-1]
	}
	v.same = same
	after := i
	if same {
		after++
	}
	if after < len(all) && all[after]-at < history {
		v.next, v.after = true, all[after]
	}
	v.first = before == unset || before < at && at-before >= history
	if settled.at != unset && settled.at >= at {
		v.first = false // later than late: what came since stands
	}
	if at < horizon {
		settled.at = max(settled.at, at)
		return v, true
	}
	if !same {
		s.live[hash] = t.with(i, at, settled.at, history)
	}
	return v, true
}

func (t *times) list() []int64 {
	if t.more != nil {
		return t.more
	}
	return t.some[:t.n]
}

// with is t and one more time at index i, thinned out; before is the last time before all of them.
func (t times) with(i int, at, before, history int64) times {
	var buf [8]int64
	all := slices.Insert(append(buf[:0], t.list()...), i, at)
	kept := all[:0]
	for j, x := range all {
		last := before
		if len(kept) > 0 {
			last = kept[len(kept)-1]
		}
		if last != unset && j+1 < len(all) && all[j+1]-last < history {
			continue
		}
		kept = append(kept, x)
	}
	return timesOf(kept)
}

func timesOf(all []int64) times {
	t := times{n: len(all)}
	if len(all) > len(t.some) {
		t.more = slices.Clone(all)
		return t
	}
	copy(t.some[:], all)
	return t
}

// sweep settles what lies before the horizon, now and then, and forgets what is older than history.
func (s *sightings) sweep(horizon, lateness, history int64) {
	if horizon == unset || s.swept != unset && horizon-s.swept < max(lateness/4, 1) {
		return
	}
	s.swept = horizon
	for hash, t := range s.live { // each by itself: the order does not matter
		all := t.list()
		i, _ := slices.BinarySearch(all, horizon)
		if i == 0 {
			continue
		}
		x := s.find(hash)
		x.at = max(x.at, all[i-1])
		if i == len(all) {
			delete(s.live, hash)
		} else {
			s.live[hash] = timesOf(all[i:])
		}
	}
	if horizon-s.purge >= history/16 || s.purge == unset {
		s.purge = horizon
		s.forget(horizon - history)
	}
}

// forget drops the values that were not seen after a time: they would be new again.
func (s *sightings) forget(before int64) {
	old := func(x *seenValue) bool {
		if x.hash == 0 || x.at == unset || x.at > before {
			return false
		}
		_, live := s.live[x.hash]
		return !live
	}
	n := 0
	for i := range s.slots {
		if old(&s.slots[i]) {
			s.slots[i].hash = 0
			n++
		}
	}
	if n > 0 {
		s.full = false
		s.grow(max(16, (s.n-n)*5/4))
	}
}

// bytes is about what the sightings take.
func (s *sightings) bytes() int64 {
	return 16*int64(len(s.slots)) + 96*int64(len(s.live))
}

// layout is their part of a snapshot, by hash.
func (s *sightings) layout(c *coder) {
	c.at(&s.swept)
	c.at(&s.purge)
	c.bool(&s.full)
	c.num(&s.lost)
	size := len(s.slots)
	small(c, &size, 1<<40)
	var all []seenValue
	for _, x := range s.slots {
		if x.hash != 0 {
			all = append(all, x)
		}
	}
	slices.SortFunc(all, func(a, b seenValue) int { return cmp.Compare(a.hash, b.hash) })
	list(c, &all, 2, func(x *seenValue) {
		c.word(&x.hash)
		c.at(&x.at)
		live := s.live[x.hash].clone()
		list(c, &live, 1, c.at)
		if c.reading && len(live) > 0 {
			s.live[x.hash] = timesOf(live)
		}
	})
	if !c.reading {
		return
	}
	if size > 16+4*len(all) || size < len(all) {
		c.fail("a table of %d places for %d values", size, len(all))
		return
	}
	s.slots = make([]seenValue, size)
	for _, x := range all {
		if x.hash == 0 || s.find(x.hash) != nil {
			c.fail("a value that cannot be")
			return
		}
		s.put(x)
	}
}

func (t times) clone() []int64 { return slices.Clone(t.list()) }

func (tk *track) seenBytes() int64 {
	if tk.seen == nil {
		return 0
	}
	return tk.seen.bytes()
}

func (tk *track) seenValues() int {
	if tk.seen == nil {
		return 0
	}
	return tk.seen.n
}

func (tk *track) seenLost() int64 {
	if tk.seen == nil {
		return 0
	}
	return tk.seen.lost
}
