package correlate

import "math"

// folded writes or reads what a key of a fold keeps beside its alerts. Its machines are made anew from those.
func (c *trackCoder) folded(st *state) {
	if c.reading {
		st.apart().fold = c.tk.newFolded()
	}
	f := st.fold
	c.at(&f.from)
	c.at(&f.to)
	c.at(&f.passed)
	c.at(&f.settled)
	c.at(&f.cut)
	small(c.coder, &f.fixed, math.MaxInt32)
	c.bool(&f.done)
	c.num(&f.cost)
	if f.base.layout(nil) {
		f.base.layout(c.coder)
	}
	list(c.coder, &f.fired, 35, func(x *firing) {
		c.order(&x.lo)
		c.order(&x.hi)
		c.at(&x.at)
	})
	if c.reading && (f.fixed > len(f.fired) || f.from > f.to) {
		c.fail("a fold that cannot be")
	}
	for i := 1; c.reading && i < len(f.fired); i++ {
		if f.fired[i].lo.before(f.fired[i-1].lo) || f.fired[i].hi.before(f.fired[i-1].hi) {
			c.fail("firings out of order")
		}
	}
}

// refold makes the machines of a state that was read.
func (c *trackCoder) refold(st *state) {
	if st.fold == nil || c.err != nil {
		return
	}
	f := st.fold
	st.remake()
	to, passed, fired := f.to, f.passed, f.fired
	f.fired, f.head, f.to = nil, f.base.copy(), f.from
	st.run(to, passed)
	f.fired, f.passed, f.marks = fired, passed, nil
}
