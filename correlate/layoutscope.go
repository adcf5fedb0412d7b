package correlate

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"tocsin"
)

// overHome is the place of an event that is over, where a contribution was taken by one.
const overHome = -2

// A scopeCoder writes or reads the scopes of a rule of kind novelty. Hosts, rules and contributions are named by their
// places in lists that come first.
type scopeCoder struct {
	*trackCoder
	sc     *scope
	hosts  map[*novelHost]int
	rules  map[*novelRule]int
	parts  map[*contribution]int
	hostAt []*novelHost
	ruleAt []*novelRule
	partAt []*contribution
}

func (c *trackCoder) novelties() {
	n := c.tk.novel
	names := n.names()
	list(c.coder, &names, 4, func(name *string) {
		sc := n.scopes[*name]
		if c.reading {
			sc = newScope(c.tk, "", nil)
		}
		c.text(&sc.tenant)
		list(c.coder, &sc.key, 2, c.value)
		if c.reading {
			*name = string(appendName(nil, sc.tenant, sc.key))
			if _, twice := n.scopes[*name]; twice || len(sc.key) != len(c.tk.plan.groupBy) {
				c.fail("a scope that does not fit its rule")
				return
			}
			n.scopes[*name] = sc
		}
		s := &scopeCoder{trackCoder: c, sc: sc, hosts: map[*novelHost]int{}, rules: map[*novelRule]int{}, parts: map[*contribution]int{}}
		s.scope()
		if c.reading && c.err == nil {
			c.tk.bytes += sc.bytes()
			c.tk.open += len(sc.episodes)
		}
	})
}

func (c *scopeCoder) scope() {
	sc := c.sc
	c.at(&sc.began)
	c.at(&sc.now)
	c.num(&sc.epoch)
	c.num(&sc.swept)
	c.num(&sc.refused)
	c.bool(&sc.full)
	small(c.coder, &sc.serial, math.MaxUint32)
	c.hostTable()
	c.ruleTable()
	c.pairTable()
	list(c.coder, &sc.hours, 3, func(h *hourRisk) {
		c.num(&h.hour)
		c.num(&h.risk)
		c.num(&h.bar)
	})
	c.waiting()
	c.contributions()
	list(c.coder, &sc.episodes, 60, func(ep **episode) {
		if c.reading {
			*ep = &episode{hosts: map[*novelHost]bool{}, ties: map[*novelRule]int64{}, links: map[string]int64{}, known: map[uint64]*member{}, open: true}
		}
		c.episode(*ep)
	})
	if c.reading && c.err == nil {
		c.enlistAll()
	}
}

func (c *scopeCoder) hostTable() {
	sc := c.sc
	c.hostAt = slices.SortedFunc(maps.Values(sc.tally.hosts), func(a, b *novelHost) int { return cmp.Compare(a.id, b.id) })
	list(c.coder, &c.hostAt, 6, func(h **novelHost) {
		if c.reading {
			*h = &novelHost{}
		}
		x := *h
		c.text(&x.name)
		c.text(&x.apart)
		small(c.coder, &x.id, math.MaxUint32)
		c.at(&x.began)
		c.num(&x.first)
		list(c.coder, &x.sessions, 5, c.session)
		if c.reading {
			name := string(hostName(nil, x.name, x.apart))
			sc.tally.hosts[name] = x
			sc.firsts += x.first
			sc.textBytes += int64(2 * len(name))
		}
	})
	for i, h := range c.hostAt {
		c.hosts[h] = i
	}
}

func (c *scopeCoder) session(s *session) {
	c.at(&s.first)
	c.at(&s.last)
	c.num(&s.points)
	c.texts(&s.rules)
	list(c.coder, &s.refs, 40, c.mention)
}

func (c *scopeCoder) ruleTable() {
	sc := c.sc
	c.ruleAt = slices.SortedFunc(maps.Values(sc.tally.names), func(a, b *novelRule) int { return cmp.Compare(a.id, b.id) })
	list(c.coder, &c.ruleAt, 4, func(r **novelRule) {
		if c.reading {
			*r = &novelRule{}
		}
		x := *r
		c.text(&x.name)
		small(c.coder, &x.id, math.MaxUint32)
		c.num(&x.cur)
		c.num(&x.prev)
		if c.reading {
			sc.tally.names[x.name] = x
			sc.textBytes += int64(len(x.name))
		}
	})
	for i, r := range c.ruleAt {
		c.rules[r] = i
	}
}

// host and rule are places in the tables.
func (c *scopeCoder) host(h **novelHost) {
	i := c.hosts[*h]
	if small(c.coder, &i, int64(len(c.hostAt)-1)); c.reading && c.err == nil && len(c.hostAt) > 0 {
		*h = c.hostAt[i]
	}
}

func (c *scopeCoder) rule(r **novelRule) {
	i := c.rules[*r]
	if small(c.coder, &i, int64(len(c.ruleAt)-1)); c.reading && c.err == nil && len(c.ruleAt) > 0 {
		*r = c.ruleAt[i]
	}
}

func (c *scopeCoder) pairTable() {
	sc := c.sc
	all := slices.SortedFunc(maps.Values(sc.pairs), func(a, b *pair) int { return cmp.Compare(a.id(), b.id()) })
	list(c.coder, &all, 12, func(p **pair) {
		if c.reading {
			*p = &pair{}
		}
		x := *p
		if c.host(&x.host); c.err != nil {
			return
		}
		if c.rule(&x.rule); c.err != nil {
			return
		}
		c.at(&x.added)
		for _, v := range []*int32{&x.rarity, &x.points, &x.cold, &x.bucket, &x.day} {
			n := int64(*v)
			c.num(&n)
			*v = int32(n)
		}
		small(c.coder, &x.today, math.MaxUint32)
		small(c.coder, &x.yesterday, math.MaxUint32)
		for _, v := range []*uint16{&x.cur, &x.prev} {
			n := int(*v)
			small(c.coder, &n, math.MaxUint16)
			*v = uint16(n)
		}
		if c.reading {
			sc.pairs[x.id()] = x
			x.host.pairs++
			x.rule.pairs++
		}
	})
}

func (c *scopeCoder) mention(m *mention) {
	c.order(&m.order)
	c.at(&m.received)
	c.raw(m.digest[:])
	c.num(&m.pos)
	c.text(&m.id)
	c.text(&m.content)
	from := 0
	if !c.reading {
		from = c.origins.index[*m.from]
	}
	if small(c.coder, &from, int64(len(c.origins.all)-1)); c.err == nil {
		m.from = &c.origins.all[from].origin
	}
}

func (c *scopeCoder) facts(f *tocsin.Facts) {
	c.float(&f.Risk)
	c.texts(&f.Tactics)
	c.bool(&f.IOC)
}

func (c *scopeCoder) waiting() {
	sc := c.sc
	all := []*noticed(slices.Clone(sc.waiting))
	slices.SortFunc(all, (*noticed).compare)
	list(c.coder, &all, 60, func(w **noticed) {
		if c.reading {
			*w = &noticed{}
		}
		x := *w
		c.mention(&x.mention)
		c.text(&x.host)
		c.text(&x.apart)
		c.text(&x.rule)
		c.texts(&x.tactics)
		c.num(&x.severity)
		c.texts(&x.links)
		list(c.coder, &x.entities, 3, c.entity)
		c.facts(&x.facts)
		if c.reading && c.err == nil {
			sc.wait(x)
		}
	})
}

func (c *scopeCoder) contribution(x *contribution) {
	i, ok := int64(-1), false
	if !c.reading {
		p, there := c.sc.pairs[x.pair.id()]
		ok = there && p == x.pair
	}
	c.bool(&ok) // a limit may have made the scope forget the pair meanwhile
	if c.reading {
		x.pair = &pair{added: unset}
	}
	c.host(&x.pair.host)
	c.rule(&x.pair.rule)
	if c.err != nil {
		return
	}
	if c.reading && ok {
		if x.pair = c.sc.pairs[x.pair.id()]; x.pair == nil {
			c.fail("a contribution of no pair")
			return
		}
	}
	for _, v := range []*int64{
		&x.bucket, &x.at, &x.rarity, &x.points, &x.cold, &x.graded.fired, &x.graded.observed, &x.graded.fleet, &x.graded.spans, &x.graded.weight, &x.count,
	} {
		c.num(v)
	}
	c.texts(&x.tactics)
	c.bool(&x.counts)
	c.texts(&x.links)
	c.order(&x.first)
	c.order(&x.last)
	for k := range x.sum {
		c.word(&x.sum[k])
	}
	list(c.coder, &x.refs, 40, c.mention)
	list(c.coder, &x.entities, 3, c.entity)
	c.facts(&x.facts)
	c.text(&x.joined)
	c.text(&x.with)
	switch x.into {
	case nil:
	case c.sc.over:
		i = overHome
	default:
		i = int64(slices.Index(c.sc.episodes, x.into))
	}
	c.num(&i)
	if x.home = i; i < overHome || len(x.refs) == 0 {
		c.fail("a contribution that cannot be")
	}
}
