package correlate

import (
	"math"
	"math/bits"
	"slices"
	"strings"
)

// Rules that group by the same fields mostly see the same alerts of a key, and most of these change nothing that
// anybody is told (see [calm] and [state.patience]). What such rules leave for later is kept once for all of them: each
// notes since when it lags behind, and puts what it lacks into its own state when somebody looks at that. As with calm
// keys, this is a matter of speed alone: a state that has taken in what it lags behind is what it would have been without
// its kin.

// A family is rules that group by the same fields, at most kinMembers, or one rule whose alerts say what those of no
// other do.
type family struct {
	kins    kinTable
	alone   bool // of one rule
	maxHeld int  // see [Config]
}

func newFamily(alone bool, maxHeld int) *family {
	return &family{kins: newKinTable(), alone: alone, maxHeld: maxHeld}
}

// kinMembers is how many rules a family has at most: one bit each.
const kinMembers = 64

// A kin is the states of a family's rules that have one name. What decides over an alert for all of its group at once
// stands first.
//
// The group are those that left the newest alert, or the one before it while the newest is in hand: they lag behind up to
// there, and need not be written to for another one.
type kin struct {
	group  uint64 // by member
	took   uint64 // of the group, those that left the alert in hand
	inHand bool   // the newest alert is not over
	opened uint64 // of the group, those that have an event
	roomy  uint64 // of the group, those whose event's evidence has room
	newest int64  // time of the newest alert that was left
	stop   uint64 // no alert before that number needs a look of one of the group, see stops
	until  int64  // nor does one before that time
	quiet  int64  // that follows so soon

	count  uint64     // alerts that were left: the number of the newest
	oldest uint64     // none lags behind alerts before this one
	ring   []leftover // the newest alerts that were left, see [kin.numbered]; its length is a power of two
	known  *kinWords  // nil before a rule's event was asked
	said   [2]uint64  // hash of what the newest alert says
	sum    digestSum  // of all that were left

	family *family
	name   kinName           // by which it is found
	live   int               // berths of states
	berths []berth           // of those that have left alerts for later
	stops  []uint64          // likewise: of the group, the first alert that needs a look
	places [kinMembers]uint8 // of each rule's berth, from 1 on; 0 for none
}

// A leftover is an alert that at least one rule left for later.
type leftover struct {
	item
	mark   int64     // the watermark when it came
	cost   int64     // what it and all before it are accounted with, evidence aside
	before digestSum // of all that were left before it
}

// A berth is what decides whether a rule can leave the next alert for later: what its state knows, close to that of the
// other rules. What it says of numbers of alerts goes on from the last one it left, or that it was made at.
type berth struct {
	st     *state
	bit    uint64 // of its rule
	ev     *event // that the alerts join; nil while the rule waits for a first window
	first  uint64 // number of the first alert that it lags behind; 0 for none
	to     uint64 // the last one; of the group, see [kin.reached]
	stop   uint64 // the first alert that needs a look
	due    uint64 // the alert with which what was left is to be taken in
	full   uint64 // the first alert that the event's evidence has no room for
	newest int64  // time of the rule's newest alert; of the group, the kin's
	until  int64  // alerts from then on need a look
	cost   int64  // what the first alert that it lags behind is accounted with, evidence aside
	breaks uint8  // runs of one alert in a row: rules that see other alerts than their kin gain nothing
	owns   bool   // that first alert says something else than the one before it
}

const (
	maxBreaks = 8
	maxRing   = 2 * lagLimit
)

// families puts the rules in force in families.
func (e *Engine) families() {
	e.kin, e.kinKey, e.kinFamily, e.left = nil, nil, nil, leaving{}
	byFields := map[string][]*track{}
	for _, tk := range e.tracks { // sorted below
		tk.then = nil
		switch fields := strings.Join(tk.plan.groupBy, "\x00"); {
		case tk.plan.leaves():
			byFields[fields] = append(byFields[fields], tk)
		case tk.plan.calms:
			tk.family, tk.member = newFamily(true, e.cfg.MaxHeld), 0
		}
	}
	for _, all := range byFields { // each by itself: the order does not matter
		slices.SortFunc(all, func(a, b *track) int { return strings.Compare(a.plan.id, b.plan.id) })
		for some := range slices.Chunk(all, kinMembers) {
			f := newFamily(len(some) == 1, e.cfg.MaxHeld)
			for i, tk := range some {
				tk.family, tk.member = f, i
			}
		}
	}
	for _, tk := range e.tracks { // likewise
		if tk.family != nil {
			for _, st := range tk.states {
				st.attune()
			}
		}
	}
}

// scatter takes all families apart.
func (e *Engine) scatter() {
	for _, tk := range e.tracks { // each by itself: the order does not matter
		if tk.family == nil {
			continue
		}
		for _, st := range tk.states {
			st.unlag()
			st.kin = nil
		}
		tk.family = nil
	}
}

// leaves reports whether a rule's alerts can be left for later together with those of other rules: such as have no
// values of their own.
func (p *plan) leaves() bool {
	return (p.calms || p.patient()) && (p.kind == "count" || p.kind == "match")
}

// kinOf is the kin of the match in hand, nil for none.
func (e *Engine) kinOf(f *family) *kin {
	m := e.firing
	if e.kinFamily == f && e.kinTenant == m.Tenant && len(m.Key) > 0 && identical(m.Key, e.kinKey) {
		return e.kin
	}
	e.name = appendName(e.name[:0], m.Tenant, m.Key)
	e.kin, e.kinFamily, e.kinTenant, e.kinKey = f.kins.find(f.kins.hash(e.name)), f, m.Tenant, m.Key
	return e.kin
}

// close ends the alert in hand: those of the group that did not leave it are of it no more.
func (k *kin) close() {
	if !k.inHand {
		return
	}
	k.inHand = false
	if behind := k.group &^ k.took; behind != 0 {
		at := int64(unset)
		if k.count > 1 {
			at = k.numbered(k.count - 1).at
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

// add puts an alert among those that were left, and returns its number. What it says has the hash said, and weighs so
// much.
func (k *kin) add(x *item, mark int64, said [2]uint64, weight int64, o *memo) uint64 {
	cost := int64(itemSize)
	if k.count > 0 {
		cost += k.numbered(k.count).cost
	}
	if k.count == 0 || said != k.said {
		cost += weight
	}
	k.count++
	k.inHand, k.took, k.newest, k.said = true, 0, x.at, said
	if k.count-k.oldest >= uint64(len(k.ring)) {
		k.makeRoom()
	}
	*k.numbered(k.count) = leftover{*x, mark, cost, k.sum}
	k.sum.add(o.digestOf(x))
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
	s.stop, s.due, s.full = further(s.stop, shift), further(s.due, shift), further(s.full, shift)
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
	stop := min(s.stop, s.due)
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

// owed is what s is not accounted with yet in its state: the alerts that it lags behind, up to number to.
func (s *berth) owed(k *kin, to uint64) int64 {
	n := s.cost + k.numbered(to).cost - k.numbered(s.first).cost
	if s.ev != nil {
		n += itemSize * int64(s.evidence(to))
	}
	return n
}

// evidence is how many of the alerts that s lags behind its event's evidence has room for.
func (s *berth) evidence(to uint64) uint64 {
	if s.st.track.all {
		return to - s.first + 1
	}
	return min(max(s.full, s.first), to+1) - s.first
}

// unlag puts the alerts that st lags behind its kin among those it holds.
func (st *state) unlag() {
	k := st.kin
	if k == nil {
		return
	}
	s := k.berth(st)
	if s.first == 0 {
		return
	}
	to, first := k.reached(s), s.first
	owns, before := s.owns, int64(0)
	for n := first; n <= to; n++ {
		l, x := k.numbered(n), st.held.next()
		*x = l.item
		x.own(n == first && owns || n > first && l.cost-before > itemSize)
		before = l.cost
	}
	st.bytes += s.owed(k, to)
	st.touched = true
	last, lag := k.numbered(to), int32(to-first+1)
	if s.ev != nil {
		c := &s.ev.calm
		c.newest, c.mark = last.at, last.mark
		c.room -= int64(s.evidence(to))
		c.left -= int64(lag)
		c.lag += lag
		s.ev.sum.addSince(&k.numbered(first).before, k.sumTo(to))
	} else {
		st.patience -= lag
	}
	if lag > 1 {
		s.breaks = 0
	}
	s.to, s.newest, s.first = to, last.at, 0
	k.leave(s.bit)
}

// leave takes a member out of the group.
func (k *kin) leave(bit uint64) {
	k.group, k.took, k.opened, k.roomy = k.group&^bit, k.took&^bit, k.opened&^bit, k.roomy&^bit
}

// ahead is the time of the newest alert that the state has not taken in, and the watermark when it came; false for none.
func (st *state) ahead() (at, mark int64, ok bool) {
	if k := st.kin; k != nil {
		if s := k.berth(st); s.first > 0 {
			l := k.numbered(k.reached(s))
			return l.at, l.mark, true
		}
	}
	if ev := st.calm; ev != nil && ev.calm.lag > 0 {
		return ev.calm.newest, ev.calm.mark, true
	}
	return unset, unset, false
}

// takeIn ends a run of left alerts: st takes them in, and what is settled goes.
func (st *state) takeIn(horizon int64) {
	st.unlag()
	before := st.bytes
	if st.calm != nil && st.tidies() {
		st.trim(horizon)
	}
	if st.calm != nil {
		st.catchUp()
	}
	st.track.bytes += st.bytes - before
	st.attune()
}

// attune notes beside its kin what st, which lags behind nothing, can leave for later from now on.
func (st *state) attune() {
	tk := st.track
	if tk.family == nil || st.kin == nil && st.calm == nil && (st.patience == 0 || tk.family.alone) {
		return
	}
	if st.kin == nil {
		tk.family.join(st)
	}
	k, s := st.kin, st.kin.berth(st)
	if s.ev != st.calm && s.ev != nil {
		k.forget(tk.member)
	}
	n := st.held.len()
	*s = berth{st: st, bit: s.bit, ev: st.calm, to: k.count, newest: st.newestAt(), until: never, due: endless, full: endless, breaks: s.breaks}
	left := int64(st.patience)
	if c := st.calm; c != nil {
		s.newest, s.until = c.calm.newest, c.calm.end
		s.full = k.count + 1 + uint64(max(c.calm.room, 0))
		s.due = k.count + uint64(lagLimit-n%lagLimit)
		left = c.calm.left
	}
	s.stop = k.count + 1 + uint64(max(min(left, int64(tk.family.maxHeld-n)), 0))
}

// join makes a place for st among its kin.
func (f *family) join(st *state) {
	name := f.kins.hash([]byte(st.name))
	k := f.kins.find(name)
	if k == nil {
		k = &kin{family: f, name: name}
		f.kins.put(k)
	}
	i := slices.IndexFunc(k.berths, func(s berth) bool { return s.st == nil })
	if i < 0 {
		i = len(k.berths)
		k.berths, k.stops = append(k.berths, berth{}), append(k.stops, 0)
	}
	k.berths[i] = berth{st: st, bit: 1 << st.track.member}
	k.places[st.track.member] = uint8(i + 1)
	k.live++
	st.kin = k
}

// part takes st from its kin.
func (st *state) part() {
	k := st.kin
	if k == nil {
		return
	}
	st.unlag()
	member := st.track.member
	k.forget(member)
	*k.member(member), k.places[member], st.kin = berth{}, 0, nil
	if k.live--; k.live == 0 {
		k.family.kins.remove(k)
	}
}
