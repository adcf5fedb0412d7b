package correlate

import (
	"slices"
	"strings"
)

// Rules that group by the same fields mostly see the same alerts of a key, and most of these change nothing that
// anybody is told (see [calm] and [state.patience]). What such rules leave for later is kept once for all of them: each
// notes since when it lags behind, and puts what it lacks into its own state when somebody looks at that. As with calm
// keys, this is a matter of speed alone: a state that has taken in what it lags behind is what it would have been without
// its kin.

// A family is rules that group by the same fields, at most kinMembers.
type family struct {
	kins    keyTable[*kin]
	maxHeld int // see [Config]
}

func newFamily(maxHeld int) *family { return &family{kins: newKeyTable[*kin](), maxHeld: maxHeld} }

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

	count  uint64 // alerts that came: the number of the newest
	oldest uint64 // none lags behind alerts before this one
	log    []item // the newest alerts, numbered from first on: a slot is written once, and read by all that were lent it
	first  uint64
	ring   []leftover  // what else is known of the newest of these, see [kin.numbered]; its length is a power of two
	known  *kinWords   // nil before a rule's event was asked
	refs   logged      // what was said of the log
	said   fingerprint // hash of what the newest alert says
	sum    digestSum   // of all that were left

	family *family
	name   fingerprint       // by which it is found
	live   int               // berths of states
	berths []berth           // of those that have left alerts for later
	stops  []uint64          // likewise: of the group, the first alert that needs a look
	places [kinMembers]uint8 // of each rule's berth, from 1 on; 0 for none
}

// rest implements [hashed].
func (k *kin) rest() uint64 { return k.name.rest }

// A leftover is what rules that left an alert for later have to know of it.
type leftover struct {
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
	sure   uint64 // the first one that can complete the window that the rule waits for
	due    uint64 // the alert with which what was left is to be taken in
	full   uint64 // the first alert that the event's evidence has no room for
	newest int64  // time of the rule's newest alert; of the group, the kin's
	until  int64  // alerts from then on need a look
	cost   int64  // what the first alert that it lags behind is accounted with, evidence aside
	breaks uint8  // runs of one alert in a row: rules that see other alerts than their kin gain nothing
	owns   bool   // that first alert says something else than the one before it
	plain  bool   // it has one event at most, and nothing else to do than that event's end asks for

	last uint64 // number of the newest alert that the state holds; 0 where the kin does not have it
	run  uint64 // so many of those up to it are the state's newest, one after the other
	_    uint64 // two lines of the processor's cache, see TestLines
}

const (
	maxBreaks = 8
	maxRing   = 2 * lagLimit
)

// families puts the rules in force in families, those of one rule aside.
func (e *Engine) families() {
	e.kin, e.kinKey, e.kinFamily, e.left = nil, nil, nil, leaving{}
	e.quoting.clear()
	byFields := map[string][]*track{}
	for _, tk := range e.tracks { // sorted below
		tk.then = nil
		if tk.plan.leaves() {
			fields := strings.Join(tk.plan.groupBy, "\x00")
			byFields[fields] = append(byFields[fields], tk)
		}
	}
	for _, all := range byFields { // each by itself: the order does not matter
		slices.SortFunc(all, func(a, b *track) int { return strings.Compare(a.plan.id, b.plan.id) })
		for some := range slices.Chunk(all, kinMembers) {
			if len(some) == 1 {
				continue
			}
			f := newFamily(e.cfg.MaxHeld)
			for i, tk := range some {
				tk.family, tk.member = f, i
			}
		}
	}
	for _, tk := range e.tracks { // likewise
		if tk.family != nil {
			for st := range tk.states.all() {
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
		for st := range tk.states.all() {
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
	e.kin, e.kinFamily, e.kinTenant, e.kinKey = f.kins.find(e.addressOf(m)), f, m.Tenant, m.Key
	return e.kin
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
	more := k.between(first, to)
	if s.owns != more[0].owns() || !st.held.extend(more) {
		n := st.held.len()
		st.held.takeIn(more, false)
		st.held.all()[n].own(s.owns)
	}
	s.goOn(first, to)
	st.bytes += s.owed(k, to)
	st.touched = true
	newest, lag := more[len(more)-1].at, int32(to-first+1)
	if s.ev != nil {
		c := &s.ev.calm
		c.newest, c.mark, c.said = newest, k.numbered(to).mark, fingerprint{}
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
	s.to, s.newest, s.first = to, newest, 0
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
			n := k.reached(s)
			return k.at(n), k.numbered(n).mark, true
		}
	}
	if ev := st.calm; ev != nil && ev.calm.lag > 0 {
		return ev.calm.newest, ev.calm.mark, true
	}
	return unset, unset, false
}

// takeIn ends a run of alerts that were left: st takes them in, and what is settled goes.
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
	if tk.family == nil || st.kin == nil && st.calm == nil && st.patience == 0 {
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
	*s = berth{
		st: st, bit: s.bit, ev: st.calm, to: k.count, newest: st.newestAt(), until: never, sure: endless, due: endless, full: endless, breaks: s.breaks,
		last: s.last, run: s.run,
	}
	s.plain = st.plain()
	st.borrow(k, s)
	left := int64(st.patience)
	if c := st.calm; c != nil {
		s.newest, s.until = c.calm.newest, c.calm.end
		s.full = k.count + 1 + uint64(max(c.calm.room, 0))
		s.due = k.count + uint64(lagLimit-n%lagLimit)
		left = c.calm.left
	} else {
		s.sure = k.count + 1 + uint64(st.sure())
	}
	s.stop = k.count + 1 + uint64(max(min(left, int64(tk.family.maxHeld-n)), 0))
}

// join makes a place for st among its kin.
func (f *family) join(st *state) {
	name := st.track.pool.hashOfName(st.name)
	k := f.kins.find(name)
	if k == nil {
		k = &kin{family: f, name: name}
		f.kins.put(name.at, k)
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
	k.welcome(st)
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
		k.family.kins.remove(k.name.at, k)
	}
}
