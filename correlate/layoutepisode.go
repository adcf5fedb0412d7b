package correlate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// contributions are those of the last hour and those that events still weigh.
func (c *scopeCoder) contributions() {
	sc := c.sc
	if !c.reading {
		c.partAt = slices.Clone(sc.lately.all)
		for i, x := range c.partAt {
			c.parts[x] = i
		}
		for _, ep := range sc.episodes {
			for _, x := range ep.window {
				if _, known := c.parts[x]; !known {
					c.parts[x] = len(c.partAt)
					c.partAt = append(c.partAt, x)
				}
			}
		}
	}
	recent := len(sc.lately.all)
	list(c.coder, &c.partAt, 80, func(x **contribution) {
		if c.reading {
			*x = &contribution{}
		}
		c.contribution(*x)
	})
	small(c.coder, &recent, int64(len(c.partAt)))
	if c.reading && c.err == nil {
		sc.lately.all = c.partAt[:recent:recent]
	}
}

// enlistAll puts what was read where it can be found.
func (c *scopeCoder) enlistAll() {
	recent := c.sc.lately.all
	for _, x := range c.partAt {
		if x.home >= int64(len(c.sc.episodes)) {
			c.fail("a contribution to no event")
			return
		}
		switch {
		case x.home >= 0:
			x.into = c.sc.episodes[x.home]
		case x.home == overHome:
			x.into = c.sc.over
		}
	}
	c.sc.lately = newLately()
	for _, x := range recent {
		c.sc.enlist(x)
	}
}

func (c *scopeCoder) episode(ep *episode) {
	c.text(&ep.id)
	ref := c.index[ep.ref]
	if small(c.coder, &ref, int64(len(c.refs)+len(c.index))); c.reading {
		if c.err != nil || ref >= len(c.refs) {
			c.fail("an event of no rule")
			return
		}
		ep.ref = c.refs[ref]
	}
	for _, v := range []*int64{&ep.opened, &ep.detected, &ep.highestAt, &ep.active, &ep.strong} {
		c.at(v)
	}
	for _, v := range []*int64{&ep.revision, &ep.saidN, &ep.risk, &ep.bar, &ep.highest, &ep.count, &ep.beyond} {
		c.num(v)
	}
	small(c.coder, &ep.pairs, 1<<31)
	small(c.coder, &ep.rules, 1<<31)
	c.bool(&ep.backfill)
	c.bool(&ep.news)
	for _, v := range []*[]string{&ep.degraded, &ep.tactics, &ep.merged} {
		c.texts(v)
	}
	c.text(&ep.by)
	c.order(&ep.first)
	c.order(&ep.last)
	for k := range ep.sum {
		c.word(&ep.sum[k])
	}
	c.evidence(ep)
	list(c.coder, &ep.entities, 3, c.entity)
	c.facts(&ep.facts)
	c.company(ep)
	list(c.coder, &ep.order, 12, func(m **member) {
		if c.reading {
			*m = &member{}
		}
		c.word(&(*m).pair)
		c.member(&(*m).NoveltyMember)
		ep.known[(*m).pair] = *m
	})
	list(c.coder, &ep.past, 2, func(p *tocsin.NoveltyPast) { c.json(p) })
}

func (c *scopeCoder) evidence(ep *episode) {
	each := func(refs *[]mention) { list(c.coder, refs, 40, c.mention) }
	list(c.coder, &ep.heads, 1, each)
	list(c.coder, &ep.tails, 1, each)
	if c.e.cfg.AllEvidence {
		each(&ep.refs)
	}
}

// company is which hosts take part, what ties others to the event, and what it weighs.
func (c *scopeCoder) company(ep *episode) {
	hosts := slices.SortedFunc(maps.Keys(ep.hosts), func(a, b *novelHost) int { return cmp.Compare(a.id, b.id) })
	list(c.coder, &hosts, 1, func(h **novelHost) {
		if c.host(h); *h != nil {
			ep.hosts[*h] = true
		}
	})
	ties := slices.SortedFunc(maps.Keys(ep.ties), func(a, b *novelRule) int { return cmp.Compare(a.id, b.id) })
	list(c.coder, &ties, 2, func(r **novelRule) {
		c.rule(r)
		at := ep.ties[*r]
		if c.at(&at); *r != nil {
			ep.ties[*r] = at
		}
	})
	links := slices.SortedFunc(maps.Keys(ep.links), strings.Compare)
	list(c.coder, &links, 2, func(l *string) {
		c.text(l)
		at := ep.links[*l]
		c.at(&at)
		ep.links[*l] = at
	})
	list(c.coder, &ep.window, 1, func(x **contribution) {
		i := c.parts[*x]
		if small(c.coder, &i, int64(len(c.partAt)-1)); c.reading && c.err == nil && len(c.partAt) > 0 {
			*x = c.partAt[i]
		}
	})
}

func (c *scopeCoder) member(m *tocsin.NoveltyMember) {
	for _, v := range []*string{&m.Rule, &m.Host, &m.Tactic, &m.Joined, &m.With, &m.Alert} {
		c.text(v)
	}
	at := nanos(m.At)
	c.at(&at)
	m.At = instant(at)
	for _, v := range []*int64{&m.Alerts, &m.Fired, &m.Observed} {
		c.num(v)
	}
	for _, v := range []*float64{&m.Rarity, &m.Points, &m.Cold, &m.Fleet} {
		c.float(v)
	}
}
