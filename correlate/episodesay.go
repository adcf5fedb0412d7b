package correlate

import (
	"slices"

	"tocsin"
)

// announce emits an event where what happened to it is a milestone.
func (sc *scope) announce(e *Engine, ep *episode) {
	switch {
	case ep.count >= 2*ep.saidN:
		sc.say(e, ep, tocsin.MilestoneDoubled)
	case ep.news:
		sc.say(e, ep, tocsin.MilestoneEntity)
	}
}

// say emits an event with its next revision.
func (sc *scope) say(e *Engine, ep *episode, why tocsin.Milestone) {
	ep.revision++
	ep.saidN, ep.news = ep.count, false
	e.out = append(e.out, sc.render(e, ep, why))
}

// shut closes an event and forgets it.
func (sc *scope) shut(e *Engine, ep *episode) {
	ep.open = false
	sc.tk.open--
	sc.say(e, ep, tocsin.MilestoneClosed)
	sc.episodes = slices.DeleteFunc(sc.episodes, func(x *episode) bool { return x == ep })
	for _, c := range sc.lately.all {
		if c.into == ep {
			c.into = sc.over
		}
	}
}

// render is an event as the rest of the product knows it.
func (sc *scope) render(e *Engine, ep *episode, why tocsin.Milestone) tocsin.Event {
	out := tocsin.Event{
		ID: ep.id, Tenant: sc.tenant, Rule: *ep.ref, Activity: tocsin.Open, First: instant(ep.first.at), Last: instant(ep.last.at),
		Detected: instant(ep.detected), Opened: instant(ep.opened), Count: ep.count, Revision: ep.revision, Milestone: why,
		At: instant(e.cause), Recorded: e.recorded(), Group: sc.tk.group(sc.key), Entities: slices.Clone(ep.entities),
		Facts:  tocsin.Facts{Risk: ep.facts.Risk, Tactics: slices.Clone(ep.facts.Tactics), IOC: ep.facts.IOC},
		Digest: ep.sum.digest(), Evidence: ep.evidence(e.cfg.AllEvidence), Backfill: ep.backfill,
		Completeness: tocsin.Completeness{
			Degraded: append([]string{}, ep.degraded...), AbsentFields: map[string]int64{}, Watermark: instant(e.watermark), Behind: e.behind,
		},
		Novelty: ep.explain(), Continues: ep.before,
	}
	if !ep.open {
		out.Activity = tocsin.Closed
	}
	return out
}

// explain is how the event came about.
func (ep *episode) explain() *tocsin.Novelty {
	n := &tocsin.Novelty{
		By: ep.by, Risk: thousandth(ep.risk), Bar: thousandth(ep.bar), Pairs: ep.pairs, Rules: ep.rules, Tactics: append([]string{}, ep.tactics...),
		Hosts: len(ep.hosts), Members: make([]tocsin.NoveltyMember, len(ep.order)), More: ep.beyond, Earlier: slices.Clone(ep.past),
		Merged: slices.Clone(ep.merged), Highest: thousandth(max(ep.highest, ep.risk)),
	}
	if ep.highest > 0 {
		n.HighestAt = instant(ep.highestAt)
	}
	for i, m := range ep.order {
		n.Members[i] = m.NoveltyMember
	}
	return n
}

// evidence names the first alerts of each contribution, of the first and the last hundred; or all.
func (ep *episode) evidence(all bool) tocsin.Evidence {
	refs := ep.refs
	if !all {
		refs = slices.Concat(slices.Concat(ep.heads...), slices.Concat(ep.tails...))
	}
	refs = slices.Clone(refs)
	slices.SortFunc(refs, func(a, b mention) int { return a.compare(b.order) })
	out := tocsin.Evidence{Alerts: make([]tocsin.AlertRef, len(refs)), Events: []string{}, Truncated: int64(len(refs)) < ep.count}
	for i := range refs {
		out.Alerts[i] = refs[i].ref()
	}
	return out
}
