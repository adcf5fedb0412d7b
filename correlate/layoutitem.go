package correlate

// items are alerts by order.
func (c *trackCoder) items(s *[]item) {
	c.last = nil
	list(c.coder, s, 54, func(x *item) {
		c.order(&x.order)
		c.at(&x.received)
		c.raw(x.digest[:])
		pos, cost := x.pos(), x.cost()
		c.num(&pos)
		c.num(new(int64)) // an ordinal that nothing asked for
		c.num(&cost)
		if pos > farthest || pos < -farthest {
			c.fail("an alert's position out of range")
			pos = 0
		}
		same := c.last != nil && !c.reading && c.last.equal(x.p)
		c.bool(&same)
		switch {
		case !same && c.reading:
			x.p = c.payload(nil)
		case !same:
			c.payload(x.p)
		case c.reading && c.last == nil:
			c.fail("an alert like none before")
		case c.reading:
			x.p = c.last
		}
		if c.last = x.p; c.reading && x.p != nil {
			x.stand(pos, x.p.absent)
			x.own(cost >= payloadSize)
		}
	})
	for i := 1; c.reading && c.err == nil && i < len(*s); i++ {
		if (*s)[i].before((*s)[i-1].order) {
			c.fail("alerts out of order")
		}
	}
}

// payload writes p, or reads one.
func (c *trackCoder) payload(p *payload) *payload {
	from, o := 0, saying{seldom: &seldom{}}
	if !c.reading {
		from = c.origins.index[*p.from]
		o.values, o.seldom = p.values, p.seldom
		for _, n := range p.entities() {
			o.entities = append(o.entities, n)
		}
	}
	small(c.coder, &from, int64(len(c.origins.all)-1))
	if c.err != nil {
		return nil
	}
	o.from = &c.origins.all[from].origin
	c.text(&o.id)
	c.text(&o.digest)
	c.texts(&o.values)
	list(c.coder, &o.entities, 3, c.entity)
	c.float(&o.facts.Risk)
	c.texts(&o.facts.Tactics)
	c.bool(&o.facts.IOC)
	c.texts(&o.absent)
	c.link(&o.link)
	if !c.reading {
		return p
	}
	var h heard
	c.e.pool.hear(&h, &o)
	return c.e.pool.made(&o, &h)
}
