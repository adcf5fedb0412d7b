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
			x.p = &payload{}
			c.payload(x.p)
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

func (c *trackCoder) payload(p *payload) {
	from := 0
	if !c.reading {
		from = c.origins.index[*p.from]
	}
	small(c.coder, &from, int64(len(c.origins.all)-1))
	if c.err != nil {
		return
	}
	p.from = &c.origins.all[from].origin
	c.text(&p.id)
	c.text(&p.digest)
	c.texts(&p.values)
	list(c.coder, &p.entities, 3, c.entity)
	c.float(&p.facts.Risk)
	c.texts(&p.facts.Tactics)
	c.bool(&p.facts.IOC)
	c.texts(&p.absent)
	c.link(&p.link)
}
