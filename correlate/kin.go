package correlate

import (
	"slices"
	"strings"
)

// Rules that group by the same fields mostly see the same alerts of a key, and most of these change nothing that
// anybody is told (see [calm] and [state.patience]). What such rules leave for later is kept once for all of them: each
// notes how many of the newest alerts it lags behind, and puts them into its own state when somebody looks at that. As
// with calm keys, this is a matter of speed alone: a state that has taken in what it lags behind is what it would have
// been without its kin.

// A family is rules that group by the same fields, at most kinMembers.
type family struct {
	kins    map[string]*kin
	maxHeld int // see [Config]
}

// kinMembers is how many rules a family has at most: one bit each.
const kinMembers = 64

// A kin is the states of a family's rules that have one name.
type kin struct {
	family *family
	name   string
	berths []berth           // of those that have left alerts for later
	places [kinMembers]uint8 // of each rule's berth, from 1 on; 0 for none
	live   int               // berths of states
	ring   []leftover        // the newest alerts that were left, see [kin.numbered]; its length is a power of two
	sum    digestSum         // of all that were left
	count  uint64            // alerts that were left: the number of the newest
	oldest uint64            // none lags behind alerts before this one
	known  *[kinSets]kinSet  // nil before a rule's event was asked
}

// A leftover is an alert that at least one rule left for later.
type leftover struct {
	item
	mark   int64     // the watermark when it came
	before digestSum // of all that were left before it
	fresh  bool      // it says something else than the one before it
}

// A berth is what decides whether a rule can leave the next alert for later: what its state knows, close to that of the
// other rules.
type berth struct {
	st     *state
	ev     *event // that the alerts join; nil while the rule waits for a first window
	newest int64  // time of the rule's newest alert
	end    int64  // alerts from then on need a look
	until  int64  // likewise, however soon they follow
	owed   int64  // bytes that the state is not accounted with yet
	to     uint64 // number of the newest alert that it left
	room   int64  // so many alerts until the event's evidence is full
	left   int32  // so many alerts until one needs a look
	due    int32  // so many alerts until they are to be taken in
	lag    int32  // alerts that it lags behind, up to number to
	breaks uint8  // runs of one alert in a row: rules that see other alerts than their kin gain nothing
	owns   bool   // the first of the alerts that it lags behind says something else than the one before it
}

// A kinSet is one line of the processor's cache: payloads, and which rules' events know what they say.
type kinSet struct {
	payloads [4]*payload
	knowing  [4]uint64
}

const (
	kinSets   = 16
	maxBreaks = 8
	maxRing   = 2 * lagLimit
)

// families puts the rules in force in families, those of one rule aside.
func (e *Engine) families() {
	e.kin, e.kinKey, e.kinFamily, e.left = nil, nil, nil, leaving{}
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
			f := &family{kins: make(map[string]*kin), maxHeld: e.cfg.MaxHeld}
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
	e.kin, e.kinFamily, e.kinTenant, e.kinKey = f.kins[string(e.name)], f, m.Tenant, m.Key
	return e.kin
}

// add puts an alert among those that were left, unless it is the newest of them, and returns its number.
func (k *kin) add(x *item, mark int64, o *memo) uint64 {
	fresh := true
	if k.count > 0 {
		last := k.numbered(k.count)
		if last.item == *x && last.mark == mark {
			return k.count
		}
		fresh = !last.p.same(x.p)
	}
	k.count++
	if k.count-k.oldest >= uint64(len(k.ring)) {
		k.makeRoom()
	}
	*k.numbered(k.count) = leftover{*x, mark, k.sum, fresh}
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

// makeRoom leaves place for the alert that is the newest now. Rules that lag behind too far take in what they left.
func (k *kin) makeRoom() {
	n := uint64(len(k.ring))
	k.oldest = k.count
	for i := range k.berths {
		s := &k.berths[i]
		if s.lag > 0 && n == maxRing && s.to+n/2 < k.count {
			s.st.unlag()
		}
		if s.lag > 0 {
			k.oldest = min(k.oldest, s.to-uint64(s.lag)+1)
		}
	}
	if k.count-k.oldest < n {
		return
	}
	ring := make([]leftover, max(2*n, 4))
	for i := k.oldest; i < k.count; i++ {
		ring[i&uint64(len(ring)-1)] = *k.numbered(i)
	}
	k.ring = ring
}

// take lets s lag behind alert number n as well. It lags behind a run of alerts: where others came in between, what it
// lags behind is taken in first.
func (k *kin) take(s *berth, n uint64) {
	if s.lag > 0 && s.to != n-1 {
		if s.lag == 1 {
			s.breaks++
		}
		s.st.unlag()
	}
	if s.lag == 1 {
		s.breaks = 0
	}
	s.to = n
	s.lag++
	s.left--
	s.due--
}

// account notes what the newest alert of s costs.
func (e *Engine) account(tk *track, k *kin, s *berth) {
	fresh, st, x := k.numbered(s.to).fresh, s.st, &e.left.x
	if s.lag == 1 {
		n := st.held.len()
		fresh = n == 0 || !st.held.all()[n-1].p.same(x.p)
		if s.owns = fresh; n == 0 {
			e.hasten(st, x.at+tk.plan.useful()+e.lateness)
		}
	}
	cost := int64(itemSize)
	if fresh {
		cost += e.left.weight
	}
	if s.ev != nil && (s.room > 0 || tk.all) {
		cost += itemSize
		s.room--
	}
	s.owed += cost
	tk.bytes += cost
	if s.newest = x.at; s.ev != nil {
		s.end = min(s.until, x.at+tk.plan.quiet)
	}
}

// knows reports whether what p says is known to a rule's event.
func (k *kin) knows(ev *event, p *payload, hash uint64, member int) bool {
	if k.known == nil {
		k.known = new([kinSets]kinSet)
	}
	set := &k.known[hash>>40%kinSets]
	for i := range set.payloads {
		if set.payloads[i] != p {
			continue
		}
		if set.knowing[i]>>member&1 != 0 {
			return true
		}
		if ev.recent.knows(p, hash) {
			set.knowing[i] |= 1 << member
			return true
		}
		return false
	}
	if !ev.recent.knows(p, hash) {
		return false
	}
	copy(set.payloads[1:], set.payloads[:])
	copy(set.knowing[1:], set.knowing[:])
	set.payloads[0], set.knowing[0] = p, 1<<member
	return true
}

// forget lets go of what a rule's event knew.
func (k *kin) forget(member int) {
	if k.known == nil {
		return
	}
	for i := range k.known {
		for j := range k.known[i].knowing {
			k.known[i].knowing[j] &^= 1 << member
		}
	}
}

// berth is the place of st, which is of the kin.
func (k *kin) berth(st *state) *berth { return &k.berths[k.places[st.track.member]-1] }

// unlag puts the alerts that st lags behind its kin among those it holds.
func (st *state) unlag() {
	if st.kin == nil {
		return
	}
	k, s := st.kin, st.kin.berth(st)
	if s.lag == 0 {
		return
	}
	owns, first := s.owns, s.to-uint64(s.lag)+1
	for n := first; n <= s.to; n++ {
		l := k.numbered(n)
		x := st.held.next()
		*x = l.item
		x.own(owns || n > first && l.fresh)
		owns = false
	}
	st.bytes += s.owed
	st.touched = true
	if s.ev != nil {
		c := &s.ev.calm
		c.newest, c.mark, c.room = s.newest, k.numbered(s.to).mark, s.room
		c.left -= int64(s.lag)
		c.lag += s.lag
		s.ev.sum.addSince(&k.numbered(first).before, k.sumTo(s.to))
	} else {
		st.patience -= s.lag
	}
	s.owed, s.lag = 0, 0
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

// attune notes beside its kin what st can leave for later from now on.
func (st *state) attune() {
	tk := st.track
	if tk.family == nil || st.kin == nil && st.calm == nil && st.patience == 0 {
		return
	}
	if st.kin == nil {
		st.kin = tk.family.join(st)
	}
	k, s := st.kin, st.kin.berth(st)
	if s.ev != st.calm && s.ev != nil {
		k.forget(tk.member)
	}
	n := st.held.len()
	*s = berth{st: st, ev: st.calm, newest: st.newestAt(), end: never, until: never, to: s.to, breaks: s.breaks}
	if c := st.calm; c != nil {
		s.newest, s.until, s.room = c.calm.newest, c.calm.end, c.calm.room
		s.end = min(s.until, s.newest+tk.plan.quiet)
		s.left = int32(min(max(c.calm.left, 0), 1<<30))
		s.due = int32(lagLimit - n%lagLimit)
	} else {
		s.left, s.due = st.patience, st.patience
	}
	s.left = min(s.left, int32(max(tk.family.maxHeld-n, 0)))
}

// join makes a place for st among its kin.
func (f *family) join(st *state) *kin {
	k := f.kins[st.name]
	if k == nil {
		k = &kin{family: f, name: st.name}
		f.kins[st.name] = k
	}
	i := slices.IndexFunc(k.berths, func(s berth) bool { return s.st == nil })
	if i < 0 {
		i = len(k.berths)
		k.berths = append(k.berths, berth{})
	}
	k.berths[i] = berth{st: st}
	k.places[st.track.member] = uint8(i + 1)
	k.live++
	return k
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
	k.berths[k.places[member]-1], k.places[member], st.kin = berth{}, 0, nil
	if k.live--; k.live == 0 {
		delete(k.family.kins, k.name)
	}
}
