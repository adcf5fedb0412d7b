package correlate

import (
	"math"
	"math/bits"
)

// close ends the alert in hand: those of the group that did not leave it are of it no more.
func (k *kin) close() {
	if !k.inHand {
		return
	}
	k.inHand = false
	if behind := k.group &^ k.took; behind != 0 {
		at := int64(unset)
		if k.count > 1 {
			at = k.at(k.count - 1)
		}
		for ; behind != 0; behind &= behind - 1 {
			s := k.member(bits.TrailingZeros64(behind))
			s.to, s.newest = k.count-1, at
		}
		k.group = k.took
		k.opened, k.roomy = k.opened&k.group, k.roomy&k.group
	}
	k.took = 0
}

// add puts an alert behind the others, and returns its number. What it says has the hash said, and weighs so much. Without
// a memo it is one that no rule will leave.
func (k *kin) add(x *item, mark int64, said fingerprint, weight int64, o *memo) uint64 {
	before := int64(0)
	if k.count > 0 {
		before = k.numbered(k.count).cost
	}
	cost := before + itemSize
	if k.count == 0 || said != k.said {
		cost += weight
	}
	k.count++
	k.inHand, k.took, k.newest, k.said = true, 0, x.at, said
	if k.count-k.oldest >= uint64(len(k.ring)) {
		k.makeRoom()
	}
	*k.numbered(k.count) = leftover{mark, cost, k.sum}
	if len(k.log) == cap(k.log) {
		k.renew()
	}
	k.log = append(k.log, *x)
	k.log[len(k.log)-1].own(cost-before > itemSize)
	if o != nil {
		k.sum.add(o.digestOf(x))
	}
	return k.count
}

// sumTo is the sum of the digests up to alert number n, which was left.
func (k *kin) sumTo(n uint64) *digestSum {
	if n == k.count {
		return &k.sum
	}
	return &k.numbered(n + 1).before
}

// numbered is the alert of that number that was left.
func (k *kin) numbered(n uint64) *leftover { return &k.ring[n&uint64(len(k.ring)-1)] }

// makeRoom leaves place for the alert that is the newest now, and keeps the one before it. Rules that lag behind too far
// take in what they left.
func (k *kin) makeRoom() {
	n := uint64(len(k.ring))
	k.oldest = max(k.count, 1) - 1
	for i := range k.berths {
		s := &k.berths[i]
		if s.first == 0 {
			continue
		}
		if to := k.reached(s); n == maxRing && to+n/2 < k.count {
			s.st.unlag()
		} else {
			k.oldest = min(k.oldest, s.first)
		}
	}
	if k.count-k.oldest < n {
		return
	}
	ring := make([]leftover, max(2*n, 4))
	if n > 0 {
		for i := k.oldest; i < k.count; i++ {
			ring[i&uint64(len(ring)-1)] = *k.numbered(i)
		}
	}
	k.ring = ring
}

// member is the berth of a rule that has one.
func (k *kin) member(i int) *berth { return &k.berths[k.places[i]-1] }

// berth is the place of st, which is of the kin.
func (k *kin) berth(st *state) *berth { return k.member(st.track.member) }

// reached is the number of the last alert that s left.
func (k *kin) reached(s *berth) uint64 {
	switch {
	case k.group&s.bit == 0:
		return s.to
	case k.inHand && k.took&s.bit == 0:
		return k.count - 1
	default:
		return k.count
	}
}

// start lets s lag behind from alert number n on, which is in hand. What it said of numbers to come goes on there.
func (e *Engine) start(k *kin, s *berth, n uint64) {
	tk, st, x := s.st.track, s.st, &e.left.x
	shift := n - 1 - s.to
	s.stop, s.sure, s.due, s.full = further(s.stop, shift), further(s.sure, shift), further(s.due, shift), further(s.full, shift)
	held := st.held.len()
	s.owns = held == 0 || !st.held.all()[held-1].p.same(x.p)
	if s.first, s.cost = n, itemSize; s.owns {
		s.cost += e.left.weight
	}
	if held == 0 {
		e.hasten(st, x.at+tk.plan.useful()+e.lateness)
	}
	k.enter(s)
}

// further is a number so much later; endless stays so.
func further(n, shift uint64) uint64 {
	if n == endless {
		return n
	}
	return n + shift
}

const endless = math.MaxUint64

// enter puts s, which lags behind the newest alert, among the group.
func (k *kin) enter(s *berth) {
	tk, bit := s.st.track, s.bit
	if k.group&^bit == 0 {
		k.stop, k.until, k.quiet, k.opened, k.roomy = endless, never, never, 0, 0
	}
	k.group |= bit
	k.until = min(k.until, s.until)
	stop := min(s.stop, s.sure, s.due)
	if s.ev != nil {
		k.opened |= bit
		k.quiet = min(k.quiet, tk.plan.quiet)
		switch {
		case tk.all:
			k.roomy |= bit
		case s.full > k.count+1:
			k.roomy |= bit
			stop = min(stop, s.full)
		default:
			k.roomy &^= bit
		}
	}
	k.stops[k.places[tk.member]-1] = stop
	k.stop = min(k.stop, stop)
}

// before are those of the group that need no look at alert number n.
func (k *kin) before(n uint64) uint64 {
	if n < k.stop {
		return k.group
	}
	safe := k.group
	k.stop = endless
	for all := k.group; all != 0; all &= all - 1 {
		i := bits.TrailingZeros64(all)
		stop := k.stops[k.places[i]-1]
		if k.stop = min(k.stop, stop); stop <= n {
			safe &^= 1 << i
		}
	}
	return safe
}

// tune works out anew what decides for the group, between two alerts.
func (k *kin) tune() {
	all := k.group
	for k.group = 0; all != 0; all &= all - 1 {
		k.enter(k.member(bits.TrailingZeros64(all)))
	}
}
