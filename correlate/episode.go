package correlate

import (
	"cmp"
	"slices"

	"tocsin"
)

// An episode is one event of kind novelty: what scored in a scope and belongs together.
type episode struct {
	id       string
	before   string // the event that this one continues, "" for none
	ref      *tocsin.RuleRef
	opened   int64
	detected int64
	backfill bool
	open     bool
	degraded []string
	revision int64
	saidN    int64
	news     bool // a host or a pair that was not said yet

	by        string
	risk, bar int64 // at opening
	pairs     int
	rules     int
	tactics   []string
	highest   int64 // risk since
	highestAt int64

	count       int64
	first, last order
	sum         sum
	heads       [][]mention // of the contributions that joined first
	tails       [][]mention // of those that joined last
	refs        []mention   // all of them, where all are kept
	entities    []tocsin.Entity
	facts       tocsin.Facts

	active int64 // when something joined last
	strong int64 // the last strong step
	hosts  map[*novelHost]bool
	ties   map[*novelRule]int64 // when a rule scored last
	links  map[string]int64     // when a value was named last
	window []*contribution      // of the last hour
	order  []*member
	known  map[uint64]*member
	beyond int64
	past   []tocsin.NoveltyPast
	merged []string
}

// A member is a pair that takes part.
type member struct {
	pair uint64
	tocsin.NoveltyMember
}

// The bounds of what an event of kind novelty tells.
const (
	headContributions = 50 // of refsEach references each
	tailContributions = 50
	maxMembers        = 200
	maxLinks          = 1000
	maxPast           = 32
	maxEpisodes       = 256 // open at once in a scope: beyond it the one that nothing joined for longest is closed
)

// closeAt is when the event is over: nothing can join it then.
func (ep *episode) closeAt(n *novelPlan) int64 { return max(ep.active+n.idle, ep.strong+n.within) + 1 }

// newEpisode is an event that opens now with a contribution.
func (sc *scope) newEpisode(e *Engine, c *contribution) *episode {
	ep := &episode{
		ref: sc.tk.plan.ref, opened: e.cause, detected: e.cause, open: true, strong: e.cause, hosts: make(map[*novelHost]bool),
		ties: make(map[*novelRule]int64), links: make(map[string]int64), known: make(map[uint64]*member), degraded: e.doubtsOf(sc.tk, e.cause),
	}
	if last := c.refs[len(c.refs)-1]; last.received != unset {
		ep.detected = last.received
		ep.backfill = last.received-last.at > e.latenessOf(last.from.source, last.from.partition)
	}
	return ep
}

// begin makes an event of a group.
func (sc *scope) begin(e *Engine, all []*contribution, g *groupRisk, by string, c *contribution) {
	n := sc.plan()
	ep := sc.newEpisode(e, c)
	ep.by, ep.risk, ep.bar, ep.pairs, ep.rules, ep.tactics = by, g.novel, n.risk, g.pairs, g.rules, slices.Clone(g.tactics)
	if by == "tactics" {
		ep.risk, ep.bar, ep.rules = g.cold, n.coldRisk, g.coldRules
	}
	for _, x := range all {
		x.joined = "seed"
		sc.join(e, ep, x)
	}
	ep.id = tocsin.EventID(sc.tenant, sc.tk.plan.id, sc.key, all[0].refs[0].alertID(), instant(all[0].first.at))
	for _, x := range all {
		sc.lookBack(ep, x.pair.host)
	}
	sc.open(e, ep, c)
}

// open puts an event among the open ones and says so, to the rank above as well.
func (sc *scope) open(e *Engine, ep *episode, c *contribution) {
	for len(sc.episodes) >= maxEpisodes {
		oldest := slices.MinFunc(sc.episodes, func(a, b *episode) int { return cmp.Compare(a.active, b.active) })
		oldest.doubt(reasonFlood)
		sc.tk.counts.evicted++
		sc.shut(e, oldest)
	}
	sc.tk.open++
	sc.episodes = append(sc.episodes, ep)
	ep.news = false
	sc.say(e, ep, tocsin.MilestoneOpened)
	sc.tell(e, ep, c)
}

// join puts a contribution into an event.
func (sc *scope) join(e *Engine, ep *episode, c *contribution) {
	if c.into != nil {
		return
	}
	c.into = ep
	h := c.pair.host
	if !ep.hosts[h] {
		ep.hosts[h], ep.news = true, true
		sc.lookBack(ep, h)
	}
	if ep.count == 0 || c.first.before(ep.first) {
		ep.first = c.first
	}
	if ep.count == 0 || ep.last.before(c.last) {
		ep.last = c.last
	}
	ep.count += c.count
	ep.sum.plus(&c.sum)
	ep.attach(c, e.cfg.AllEvidence)
	for _, n := range c.entities {
		ep.entity(n)
	}
	gatherFacts(&ep.facts, &c.facts)
	ep.active = max(ep.active, c.last.at)
	if c.worth() >= sc.plan().newcomer {
		ep.ties[c.pair.rule] = max(ep.ties[c.pair.rule], c.at)
	}
	for _, l := range c.links {
		if _, known := ep.links[l]; known || len(ep.links) < maxLinks {
			ep.links[l] = max(ep.links[l], c.at)
		}
	}
	ep.window = append(ep.window, c)
	ep.tell(c, c.count)
}

// attach keeps references to the alerts of a contribution.
func (ep *episode) attach(c *contribution, all bool) {
	switch {
	case len(ep.heads) < headContributions:
		ep.heads = append(ep.heads, slices.Clone(c.refs))
	default:
		ep.tails = append(ep.tails, slices.Clone(c.refs))
		if len(ep.tails) > tailContributions {
			ep.tails = slices.Delete(ep.tails, 0, 1)
		}
	}
	if all {
		ep.refs = append(ep.refs, c.refs...)
	}
}

// reattach keeps the references of a contribution that took part already, where it has one more.
func (ep *episode) reattach(c *contribution) {
	for _, kept := range [2][][]mention{ep.heads, ep.tails} {
		for i := range kept {
			if kept[i][0].order == c.refs[0].order {
				kept[i] = slices.Clone(c.refs)
				return
			}
		}
	}
}

func (ep *episode) entity(n tocsin.Entity) {
	same := 0
	for i := range ep.entities {
		if ep.entities[i] == n {
			return
		}
		if ep.entities[i].Role == n.Role {
			same++
		}
	}
	if same < perRole {
		ep.entities = append(ep.entities, n)
	}
}

// tell notes which pair joined, and why.
func (ep *episode) tell(c *contribution, alerts int64) {
	if m := ep.known[c.pair.id()]; m != nil {
		m.Alerts += alerts
		return
	}
	if len(ep.order) == maxMembers {
		ep.beyond++
		return
	}
	m := &member{pair: c.pair.id(), NoveltyMember: tocsin.NoveltyMember{
		Rule: c.pair.rule.name, Host: c.pair.host.name, At: instant(c.first.at), Alerts: alerts, Rarity: thousandth(c.rarity), Points: thousandth(c.points),
		Cold: thousandth(c.cold), Fired: c.graded.fired, Observed: c.graded.observed, Joined: c.joined, With: c.with, Alert: c.refs[0].alertID(),
	}}
	if len(c.tactics) > 0 {
		m.Tactic = c.tactics[0]
	}
	if c.graded.spans > 0 {
		m.Fleet = float64(c.graded.fleet*1_000_000/c.graded.spans) / 1_000_000
	}
	ep.order = append(ep.order, m)
	ep.known[m.pair] = m
}

func thousandth(n int64) float64 { return float64(n) / 1000 }

// more notes one more alert of a contribution that takes part.
func (ep *episode) more(c *contribution, w *noticed, all bool) {
	if w.before(ep.first) {
		ep.first = w.order
	}
	if ep.last.before(w.order) {
		ep.last = w.order
	}
	ep.count++
	ep.sum.add(&w.mention)
	if all {
		ep.refs = append(ep.refs, w.mention)
	}
	if len(c.refs) <= refsEach && c.refs[len(c.refs)-1].order == w.order {
		ep.reattach(c)
	}
	for _, n := range w.entities {
		ep.entity(n)
	}
	gatherFacts(&ep.facts, &w.facts)
	ep.active = max(ep.active, w.at)
	if m := ep.known[c.pair.id()]; m != nil {
		m.Alerts++
	}
}

// doubt adds a reason why the event may not be whole.
func (ep *episode) doubt(reason string) {
	if i, ok := slices.BinarySearch(ep.degraded, reason); !ok {
		ep.degraded = slices.Insert(slices.Clone(ep.degraded), i, reason)
	}
}
