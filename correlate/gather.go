package correlate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"tocsin"
)

// The bounds of what an event gathers.
const (
	endRefs        = 100 // alerts named at either end (ruling 15)
	perRole        = 100 // entity values of a role (ruling 14)
	maxTactics     = 64  // ATT&CK has 14
	maxAbsent      = 64  // fields
	recentPayloads = 64
	gatherCost     = 1152 // bytes of an event and its slices' headers
	entityBytes    = 120
)

// A body is what an event says of its alerts. Adding is commutative: the same set of alerts gives the same body,
// whatever their order.
type body struct {
	count       int64
	first, last order
	head        held     // the first endRefs, by order
	tail        held     // of the others the last endRefs, by order
	entities    []entity // by order, then by place in the alert
	index       *index   // of these; nil before it is asked, as in a body that was restored
	risk        float64
	tactics     []string // sorted
	ioc         bool
	absent      []absence // by field
	recent      recents   // their entities and facts are known
	sum         digestSum // of the alerts' digests; last, beside what [calm] has: alerts that are left change no more
}

// An entity is an entity value and the first alert that named it.
type entity struct {
	tocsin.Entity
	order
	place int32
}

type absence struct {
	field string
	count int64
}

// add takes one more alert in, whose digest is given beside it. It reports whether it brought an entity value that was
// not known.
func (g *body) add(x *item, digest *[32]byte, all bool) (fresh bool) {
	repeat := g.count > 0 && g.repeats(x)
	if g.count == 0 || x.before(g.first) {
		g.first = x.order
	}
	if g.count == 0 || g.last.before(x.order) {
		g.last = x.order
	}
	g.count++
	g.addDigest(digest)
	g.addRef(x, all)
	g.addAbsent(x.p.absent)
	if repeat {
		return false
	}
	g.recent.note(x.p)
	g.risk = max(g.risk, x.p.facts.Risk)
	g.ioc = g.ioc || x.p.facts.IOC
	for _, t := range x.p.facts.Tactics {
		if i, ok := slices.BinarySearch(g.tactics, t); !ok {
			g.tactics = slices.Insert(g.tactics, i, t)
			g.tactics = g.tactics[:min(len(g.tactics), maxTactics)]
		}
	}
	for i, n := range x.p.entities() {
		if g.addEntity(entity{n, x.order, int32(i)}) {
			fresh = true
		}
	}
	return fresh
}

// follow takes in alerts of which each comes after all that g has and is known to bring nothing but itself. Their digests
// have been added before. They are lent where they are a part of what a kin keeps.
func (g *body) follow(all []item, lent, keep bool) {
	for i := range all {
		if all[i].place&lacks != 0 {
			g.addAbsent(all[i].p.absent)
		}
	}
	g.count += int64(len(all))
	g.last = all[len(all)-1].order
	n := min(endRefs-g.head.len(), len(all))
	g.head.takeIn(all[:n], lent)
	all = all[n:]
	if over := g.tail.len() + len(all) - endRefs; over > 0 && !keep {
		g.tail.drop(min(over, g.tail.len()))
		all = all[max(len(all)-endRefs, 0):]
	}
	g.tail.takeIn(all, lent)
}

// repeats reports that x comes after the newest alert and says what one before it said, so that only its count and time
// are new.
func (g *body) repeats(x *item) bool {
	if !g.last.before(x.order) {
		return false
	}
	return g.recent.knows(x.p, x.p.sum.at)
}

// addDigest adds the hash of the alert's content and time. The coordinates stay out, so that the same records give
// the same digest from a file and from a topic; an alert without a content digest stands with its id.
func (g *body) addDigest(one *[32]byte) { g.sum.add(one) }

// A digestSum is a sum of digests, modulo 2^256.
type digestSum [4]uint64

func (s *digestSum) add(one *[32]byte) {
	var carry uint64
	for i := range s {
		s[i], carry = bits.Add64(s[i], binary.LittleEndian.Uint64(one[8*i:]), carry)
	}
}

// addSince adds what to has more than from.
func (s *digestSum) addSince(from, to *digestSum) {
	var carry, borrow, more uint64
	for i := range s {
		more, borrow = bits.Sub64(to[i], from[i], borrow)
		s[i], carry = bits.Add64(s[i], more, carry)
	}
}

// digest names the set of alerts: 32 hex digits.
func (g *body) digest() string {
	var buf [32]byte
	for i, w := range g.sum {
		binary.LittleEndian.PutUint64(buf[8*i:], w)
	}
	return tocsin.Hash("alerts", string(buf[:]))
}

func (g *body) addRef(x *item, all bool) {
	n := g.head.len()
	switch {
	case n > 0 && g.head.all()[n-1].before(x.order):
	case n < endRefs:
		g.head.insert(g.head.from(x.order), *x)
		return
	default:
		g.head.own()
		head, i := g.head.all(), g.head.from(x.order)
		out := head[n-1]
		copy(head[i+1:], head[i:n-1])
		head[i] = *x
		x = &out
	}
	if n < endRefs {
		g.head.append(x)
		return
	}
	if i := g.tail.len(); i > 0 && x.before(g.tail.all()[i-1].order) {
		g.tail.insert(g.tail.from(x.order), *x)
	} else {
		g.tail.append(x)
	}
	if g.tail.len() > endRefs && !all {
		g.tail.drop(1)
	}
}

// addEntity keeps the perRole values of a role that were named first. It reports whether the value was not known
// and is kept.
func (g *body) addEntity(n entity) bool {
	if known := g.named(&n); known >= 0 {
		if n.compare(g.entities[known]) < 0 {
			g.dropEntity(known)
			g.insertEntity(n)
		}
		return false
	}
	if len(g.entities) < perRole || g.ofRole(n.Role) < perRole {
		g.insertEntity(n)
		return true
	}
	for i, last := range slices.Backward(g.entities) {
		if last.Role == n.Role {
			if n.compare(last) > 0 {
				return false
			}
			g.dropEntity(i)
			break
		}
	}
	g.insertEntity(n)
	return true
}

// An index finds the entities of a body, and keeps what was said of them and of its alerts.
type index struct {
	marks []byte          // one for each
	said  []tocsin.Entity // the first of them, as events said them: never written again
	refs  logged          // what the event said of its first alerts
}

func (g *body) indexed() *index {
	if g.index == nil {
		g.index = &index{marks: make([]byte, len(g.entities), len(g.entities)+4)}
		for i := range g.entities {
			g.index.marks[i] = markOf(g.entities[i].Value)
		}
	}
	return g.index
}

// named is the place of what says the same as n, -1 for none.
func (g *body) named(n *entity) int {
	marks, mark := g.indexed().marks, markOf(n.Value)
	for from := 0; ; from++ {
		i := bytes.IndexByte(marks[from:], mark)
		if i < 0 {
			return -1
		}
		if from += i; g.entities[from].Entity == n.Entity {
			return from
		}
	}
}

// spoken are the entities as an event says them, never nil. Nobody changes what was said.
func (g *body) spoken() []tocsin.Entity {
	if len(g.entities) == 0 {
		return []tocsin.Entity{}
	}
	x := g.indexed()
	for i := len(x.said); i < len(g.entities); i++ {
		x.said = append(x.said, g.entities[i].Entity)
	}
	return slices.Clip(x.said)
}

// markOf is a byte that different values mostly do not share: most differ at their ends.
func markOf(value string) byte {
	h := uint32(len(value))
	for i := max(len(value)-4, 0); i < len(value); i++ {
		h = h*31 + uint32(value[i])
	}
	return byte(h ^ h>>8)
}

// ofRole is how many values of a role are known.
func (g *body) ofRole(role string) (n int) {
	for i := range g.entities {
		if g.entities[i].Role == role {
			n++
		}
	}
	return n
}

func (g *body) insertEntity(n entity) {
	x := g.indexed()
	i, _ := slices.BinarySearchFunc(g.entities, n, entity.compare)
	g.entities = slices.Insert(g.entities, i, n)
	x.marks = slices.Insert(x.marks, i, markOf(n.Value))
	x.forget(i)
}

func (g *body) dropEntity(i int) {
	x := g.indexed()
	g.entities = slices.Delete(g.entities, i, i+1)
	x.marks = slices.Delete(x.marks, i, i+1)
	x.forget(i)
}

// forget lets go of what was said, where that is no longer so from place i on.
func (x *index) forget(i int) {
	if i < len(x.said) {
		x.said = nil
	}
}

func (n entity) compare(m entity) int {
	return cmp.Or(n.order.compare(m.order), cmp.Compare(n.place, m.place))
}

func (g *body) addAbsent(fields []string) {
	for _, f := range fields {
		i, ok := slices.BinarySearchFunc(g.absent, f, func(a absence, f string) int { return cmp.Compare(a.field, f) })
		if ok {
			g.absent[i].count++
		} else if len(g.absent) < maxAbsent {
			g.absent = slices.Insert(g.absent, i, absence{f, 1})
		}
	}
}

// evidence names the alerts at both ends.
func (e *Engine) evidence(st *state, g *body) tocsin.Evidence {
	if e.rank > 1 && g.chained() {
		return g.expanded(e.cfg.AllEvidence)
	}
	refs := e.refs(st, g)
	return tocsin.Evidence{Alerts: refs, Events: []string{}, Truncated: int64(len(refs)) < g.count}
}

func (e *Engine) refs(st *state, g *body) []tocsin.AlertRef {
	first, last := st.logRun(g)
	switch {
	case last > 0:
		return e.quoting.of(st.kin, first, last)
	case st.kin == nil && g.tail.len() == 0:
		return e.quoting.head(&g.indexed().refs, g.head.all())
	default:
		if x := g.index; x != nil { // what has more alerts than it names says something new seldom
			e.quoting.forget(&x.refs)
			x.said = nil
		}
		return e.quoted.of(g, st.track.family != nil, st.wider(g))
	}
}

// newest is the last alert, of which there is at least one.
func (g *body) newest() *item {
	if n := g.tail.len(); n > 0 {
		return &g.tail.all()[n-1]
	}
	return &g.head.all()[g.head.len()-1]
}

// same reports whether g and o are of the same alerts.
func (g *body) same(o *body) bool {
	alike := func(x, y item) bool { return x.order == y.order }
	return g.count == o.count && g.sum == o.sum && slices.Equal(g.entities, o.entities) && slices.EqualFunc(g.head.all(), o.head.all(), alike) &&
		slices.EqualFunc(g.tail.all(), o.tail.all(), alike)
}

// clone is a body that grows by itself.
func (g *body) clone() body {
	c := *g
	c.entities, c.index, c.tactics, c.absent = slices.Clone(g.entities), nil, slices.Clone(g.tactics), slices.Clone(g.absent)
	c.head, c.tail = held{buf: slices.Clone(g.head.all())}, held{buf: slices.Clone(g.tail.all())}
	return c
}

// bytes is about how much memory the event takes.
func (ev *event) bytes() int64 {
	n := ev.body.bytes()
	if ev.base != nil {
		n += ev.base.bytes()
	}
	return n
}

// bytes is about how much memory the body takes, nothing before its first alert.
func (g *body) bytes() int64 {
	if g.count == 0 {
		return 0
	}
	return gatherCost + itemSize*int64(g.head.len()+g.tail.len()) + entityBytes*int64(len(g.entities))
}
