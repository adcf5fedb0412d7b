package correlate

import (
	"cmp"
	"crypto/sha256"
	"slices"
	"time"

	"tocsin"
	"tocsin/rules"
)

// current is the event that goes on with a contribution: ep, or, where that has been open for max_open, another that
// continues it and has its hosts and ties.
func (sc *scope) current(e *Engine, ep *episode, c *contribution) *episode {
	if e.cause-ep.opened < sc.tk.plan.maxOpen {
		return ep
	}
	next := sc.newEpisode(e, c)
	next.before, next.by, next.bar, next.tactics = ep.id, ep.by, ep.bar, ep.tactics
	next.hosts, next.ties, next.links, next.window, next.strong = ep.hosts, ep.ties, ep.links, ep.window, ep.strong
	next.merged, ep.hosts = slices.Clone(ep.merged), nil
	g := sc.riskOf(append(slices.Clone(next.window), c), sc.now)
	next.risk, next.pairs, next.rules = g.novel, g.pairs, g.rules
	if next.by == "tactics" {
		next.risk, next.rules = g.cold, g.coldRules
	}
	for _, x := range sc.lately.all {
		if x.into == ep {
			x.into = next
			next.tell(x, 0)
		}
	}
	ep.hosts = next.hosts // they are told with its last word
	sc.shut(e, ep)
	next.id = tocsin.EventID(sc.tenant, sc.tk.plan.id, sc.key, c.refs[0].alertID(), instant(c.first.at))
	sc.join(e, next, c)
	sc.open(e, next, c)
	return next
}

// tell lets the rank above hear of an event that opened with a contribution. It is never taken back: in an event of kind
// novelty alerts have their effect in the order of their time.
func (sc *scope) tell(e *Engine, ep *episode, c *contribution) {
	if e.next == nil || !sc.tk.plan.heard {
		return
	}
	at, m := c.last, &c.refs[len(c.refs)-1]
	what := cmp.Or(tocsin.Digest(m.digest).String(), m.content)
	digest := sha256.Sum256([]byte(tocsin.Hash("event", sc.tenant, sc.tk.plan.id, tocsin.KeyText(sc.key), instant(at.at).Format(time.RFC3339Nano), what)))
	e.told++
	e.tells = append(e.tells, telling{
		opening: &rules.Opening{
			Event: ep.id, Tenant: sc.tenant, Rule: sc.tk.plan.id, Group: sc.tk.group(sc.key), Entities: slices.Clone(ep.entities),
			Alert: tocsin.AlertRef{
				ID: ep.id, Source: sourceOfEvents, Time: instant(at.at), Received: instant(ep.detected), Digest: digest,
				Ref: tocsin.Ref{Topic: sourceOfEvents, Partition: int32(e.rank), Offset: e.told},
			},
		},
		link: ep.link(&e.pool),
	})
}

// link is what an event brings with it to the rank above.
func (ep *episode) link(l *pool) *link {
	refs := slices.Concat(slices.Concat(ep.heads...), slices.Concat(ep.tails...))
	var items []item
	for i := range refs {
		m := &refs[i]
		x := item{order: m.order, received: m.received, digest: m.digest}
		x.stand(m.pos, nil)
		x.share(l, &saying{from: m.from, seldom: &seldom{id: m.id, digest: m.content}}, nil)
		items = append(items, x)
	}
	all, cut := expand(items, endRefs)
	return &link{event: ep.id, refs: all, cut: cut || int64(len(refs)) < ep.count}
}

// continued reports whether an open event continues another.
func (e *Engine) continued() bool {
	for at := e; at != nil; at = at.next {
		for _, tk := range at.novel {
			for _, sc := range tk.novel.scopes { // an or: the order does not matter
				if slices.ContainsFunc(sc.episodes, func(ep *episode) bool { return ep.before != "" }) {
					return true
				}
			}
		}
	}
	return false
}

// layoutContinued writes or reads which open events continue another, behind everything else: snapshots of before there
// were any end without it.
func (e *Engine) layoutContinued(c *coder) {
	type place struct {
		rule, scope, before string
		nth                 int
	}
	var all []place
	for at := e; at != nil && !c.reading; at = at.next {
		for _, tk := range at.novel {
			for _, name := range tk.novel.names() {
				for i, ep := range tk.novel.scopes[name].episodes {
					if ep.before != "" {
						all = append(all, place{tk.plan.id, name, ep.before, i})
					}
				}
			}
		}
	}
	if !c.reading && len(all) == 0 {
		return
	}
	list(c, &all, 4, func(p *place) {
		c.text(&p.rule)
		c.text(&p.scope)
		c.text(&p.before)
		small(c, &p.nth, maxEpisodes)
		if !c.reading || c.err != nil {
			return
		}
		sc := e.scopeNamed(p.rule, p.scope)
		if sc == nil || p.nth >= len(sc.episodes) {
			c.fail("an event that continues another is not there")
			return
		}
		sc.episodes[p.nth].before = p.before
	})
}
