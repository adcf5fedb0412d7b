package correlate

import (
	"math"
	"slices"

	"tocsin"
)

// place finds out where a contribution belongs: in an event that is open, in one that its group opens, or nowhere yet.
func (sc *scope) place(e *Engine, c *contribution) {
	sc.remember(c)
	if ep := sc.host(c); ep != nil {
		ep = sc.current(e, ep, c)
		sc.accompany(e, ep, c)
		sc.join(e, ep, c)
		sc.step(ep, sc.now)
		sc.mergeInto(e, ep, c)
		sc.announce(e, ep)
		return
	}
	group := sc.group(c.pair.host, maxGroup)
	if !sc.mayOpen(group) {
		return
	}
	g := sc.riskOf(group, sc.now)
	sc.noteRisk(g.novel, g.cold)
	by := sc.plan().opens(&g)
	if by == "" {
		return
	}
	group = sc.group(c.pair.host, maxLately)
	slices.SortStableFunc(group, func(a, b *contribution) int { return a.first.compare(b.first) })
	if ep, with := sc.goesOn(group); ep != nil {
		c.joined, c.with = "chain", with
		ep = sc.current(e, ep, c)
		for _, x := range group {
			x.joined, x.with = "chain", with
			sc.join(e, ep, x)
		}
		ep.strong = sc.now
		sc.announce(e, ep)
		return
	}
	sc.begin(e, group, &g, by, c)
}

// mayOpen reports whether the points of a group are enough before they age.
func (sc *scope) mayOpen(group []*contribution) bool {
	var novel, cold int64
	for _, c := range group {
		novel += c.points
		cold += c.cold
	}
	if novel < sc.plan().risk && cold < sc.plan().coldRisk {
		g := sc.riskOf(group, sc.now)
		sc.noteRisk(g.novel, g.cold)
		return false
	}
	return true
}

// host is the open event that a contribution joins, nil for none: the oldest one that takes it.
func (sc *scope) host(c *contribution) *episode {
	n := sc.plan()
	for _, ep := range sc.episodes {
		active := sc.now-ep.active <= n.idle
		switch {
		case ep.hosts[c.pair.host] && active && c.worth() >= n.member:
			c.joined, c.with = "member", ""
			return ep
		case ep.hosts[c.pair.host] && sc.now-ep.strong <= n.within && sc.loud(c.pair.host):
			c.joined, c.with = "chain", ""
			return ep
		case !ep.hosts[c.pair.host] && active && c.worth() >= n.member:
			if joined, with := ep.tiedTo(c, n.newcomer); joined != "" {
				c.joined, c.with = joined, with
				return ep
			}
		}
	}
	return nil
}

// loud reports whether what scored on a host and is in no event is enough to go on with one.
func (sc *scope) loud(h *novelHost) bool {
	var own []*contribution
	for _, c := range sc.byHost[h] {
		if c.into == nil {
			own = append(own, c)
		}
	}
	g := sc.riskOf(own, sc.now)
	return g.novel+g.cold >= sc.plan().chain
}

// tiedTo is what ties a contribution of another host to an event, "" for nothing: a value in common, or the same rule where it
// is worth as much as newcomer.
func (ep *episode) tiedTo(c *contribution, newcomer int64) (joined, with string) {
	if at, ok := ep.ties[c.pair.rule]; ok && c.worth() >= newcomer && within(at, c.at, tieSpan) {
		return "tied", c.pair.rule.name
	}
	for _, l := range c.links {
		if at, ok := ep.links[l]; ok && within(at, c.at, tieSpan) {
			return "entity", l
		}
	}
	return "", ""
}

// accompany lets what scored on the host of a contribution within the hour join with it.
func (sc *scope) accompany(e *Engine, ep *episode, c *contribution) {
	for _, x := range slices.Clone(sc.byHost[c.pair.host]) {
		if x != c && x.into == nil && x.worth() >= sc.plan().member {
			x.joined, x.with = c.joined, c.with
			sc.join(e, ep, x)
		}
	}
}

// step notes the risk of all that takes part, and whether that is a strong step.
func (sc *scope) step(ep *episode, now int64) {
	ep.window = slices.DeleteFunc(ep.window, func(c *contribution) bool { return c.at <= now-sc.tk.plan.span })
	if over := len(ep.window) - maxGroup; over > 0 {
		ep.window = slices.Delete(ep.window, 0, over)
	}
	g := sc.riskOf(slices.Clone(ep.window), now)
	sc.noteRisk(g.novel, g.cold)
	risk := max(g.novel, g.cold)
	if risk > ep.highest {
		ep.highest, ep.highestAt = risk, now
	}
	if risk >= sc.plan().strong {
		ep.strong = now
	}
}

// goesOn is the open event that a group which passes a bar belongs to: it names a value that the event named, or has two of
// its hosts, within a day of the event's last strong step; or it would be merged into the event as soon as it is one.
func (sc *scope) goesOn(group []*contribution) (ep *episode, with string) {
	for _, ep := range sc.episodes {
		if sc.now-ep.active <= sc.plan().idle && ep.shares(group, sc.plan().newcomer) {
			return ep, ""
		}
		if sc.now-ep.strong > sc.plan().within {
			continue
		}
		known := map[*novelHost]bool{}
		for _, c := range group {
			takes := ep.hosts[c.pair.host]
			for _, l := range c.links {
				if _, ok := ep.links[l]; ok && !(takes && c.pair.host.named(l)) {
					return ep, l
				}
			}
			if takes {
				known[c.pair.host] = true
			}
		}
		if len(known) >= 2 {
			return ep, ""
		}
	}
	return nil, ""
}

// shares reports whether two rules scored within half an hour in the event and in a group, worth as much as newcomer.
func (ep *episode) shares(group []*contribution, newcomer int64) bool {
	rules := map[*novelRule]bool{}
	for _, c := range group {
		if at, ok := ep.ties[c.pair.rule]; ok && c.worth() >= newcomer && within(at, c.at, tieSpan) {
			rules[c.pair.rule] = true
		}
	}
	return len(rules) >= mergeRules
}

// bridges reports whether a contribution of one event, worth as much as newcomer, belongs to another as well: its host takes
// part, or it names a value that the other named within half an hour. Before they opened they would have been one group.
func (ep *episode) bridges(c *contribution, newcomer int64) bool {
	if c.worth() < newcomer {
		return false
	}
	joined, _ := ep.tiedTo(c, math.MaxInt64)
	return joined != "" || ep.hosts[c.pair.host]
}

// mergeRules is how many rules have to score in two events within half an hour for them to be one.
const mergeRules = 2

// mergeInto merges a younger event into ep, or ep into an older one, where two rare rules scored in both within half an hour, or
// where what joined last belongs to both.
func (sc *scope) mergeInto(e *Engine, ep *episode, c *contribution) {
	for _, other := range sc.episodes {
		if other == ep || sc.now-other.active > sc.plan().idle {
			continue
		}
		shared := 0
		for rule, at := range ep.ties { // a count: the order does not matter
			if there, ok := other.ties[rule]; ok && within(at, sc.now, tieSpan) && within(there, sc.now, tieSpan) {
				shared++
			}
		}
		if shared < mergeRules && !other.bridges(c, sc.plan().newcomer) {
			continue
		}
		older, younger := other, ep
		if slices.Index(sc.episodes, ep) < slices.Index(sc.episodes, other) {
			older, younger = ep, other
		}
		sc.merge(e, older, younger)
		return
	}
}

// merge puts all of the younger event into the older one, and says so of both.
func (sc *scope) merge(e *Engine, older, younger *episode) {
	for h := range younger.hosts { // a union: the order does not matter
		older.hosts[h] = true
	}
	for rule, at := range younger.ties {
		older.ties[rule] = max(older.ties[rule], at)
	}
	for l, at := range younger.links {
		if _, known := older.links[l]; known || len(older.links) < maxLinks {
			older.links[l] = max(older.links[l], at)
		}
	}
	for _, c := range sc.lately.all {
		if c.into == younger {
			c.into = older
		}
	}
	older.absorb(younger)
	sc.episodes = slices.DeleteFunc(sc.episodes, func(x *episode) bool { return x == younger })
	younger.open = false
	sc.tk.open--
	younger.revision++
	out := sc.render(e, younger, tocsin.MilestoneMerged)
	out.Activity, out.MergedInto = tocsin.Merged, older.id
	e.out = append(e.out, out)
	older.news = true
	sc.announce(e, older)
}

// absorb takes over what another event gathered.
func (ep *episode) absorb(o *episode) {
	if o.first.before(ep.first) {
		ep.first = o.first
	}
	if ep.last.before(o.last) {
		ep.last = o.last
	}
	ep.count += o.count
	ep.sum.plus(&o.sum)
	ep.refs = append(ep.refs, o.refs...)
	for _, refs := range append(slices.Clone(o.heads), o.tails...) {
		if len(ep.heads) < headContributions {
			ep.heads = append(ep.heads, refs)
		} else {
			ep.tails = append(ep.tails, refs)
		}
	}
	ep.tails = ep.tails[max(0, len(ep.tails)-tailContributions):]
	for _, n := range o.entities {
		ep.entity(n)
	}
	gatherFacts(&ep.facts, &o.facts)
	ep.window = append(ep.window, o.window...)
	ep.active, ep.strong = max(ep.active, o.active), max(ep.strong, o.strong)
	if o.highest > ep.highest {
		ep.highest, ep.highestAt = o.highest, o.highestAt
	}
	for _, m := range o.order {
		switch known := ep.known[m.pair]; {
		case known != nil:
			known.Alerts += m.Alerts
		case len(ep.order) == maxMembers:
			ep.beyond++
		default:
			m.Joined = "merge"
			ep.order = append(ep.order, m)
			ep.known[m.pair] = m
		}
	}
	ep.beyond += o.beyond
	ep.past = append(ep.past, o.past...)
	ep.past = ep.past[:min(len(ep.past), maxPast)]
	ep.merged = append(append(ep.merged, o.id), o.merged...)
}
