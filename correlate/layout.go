package correlate

import (
	"encoding/json"
	"maps"
	"math"
	"slices"

	"tocsin"
)

// A trackCoder writes or reads the state of one rule.
type trackCoder struct {
	*coder
	e       *Engine
	tk      *track
	origins *originTable
	refs    []*tocsin.RuleRef       // read: of the rule's events
	index   map[*tocsin.RuleRef]int // written: their places
	depth   int                     // of events within events
	last    *payload                // of the item before: one that says the same is not written again
}

func (c *trackCoder) layout() {
	tk := c.tk
	c.plan(&tk.plan)
	n := &tk.counts
	for _, v := range []*int64{&n.matches, &n.duplicates, &n.evicted, &n.suppressed, &n.stale} {
		c.num(v)
	}
	late := slices.Sorted(maps.Keys(n.late))
	list(c.coder, &late, 2, func(source *string) {
		c.text(source)
		v := n.late[*source]
		c.num(&v)
		n.late[*source] = v
	})
	list(c.coder, &tk.doubts, 2, c.doubt)
	c.text(&tk.awaited)
	c.layoutRefs()
	if c.reading {
		if tk.kind = tk.plan.family(); tk.kind == nil {
			c.fail("the kind %q", tk.plan.kind)
			return
		}
		tk.fold, _ = tk.kind.(fold)
		tk.none = rare{track: tk, own: unset, until: unset}
		c.e.tracks[tk.plan.id] = tk
	}
	if tk.plan.kind == "first_seen" {
		if c.reading {
			tk.seen = newSightings()
		}
		c.at(&tk.began)
		tk.seen.layout(c.coder)
	}
	if tk.plan.kind == kindNovelty {
		if c.reading {
			tk.novel = &novelties{scopes: make(map[string]*scope)}
		}
		c.novelties()
	}
	for i := range tk.buckets {
		var all []*state
		for st := tk.buckets[i].head; st != nil; st = st.next {
			all = append(all, st)
		}
		list(c.coder, &all, 12, func(st **state) {
			if c.reading {
				*st = newState(tk)
			}
			c.state(*st, i)
		})
	}
}

func (c *trackCoder) plan(p *plan) {
	c.text(&p.id)
	c.text(&p.kind)
	c.texts(&p.groupBy)
	for _, v := range []*int64{&p.span, &p.quiet, &p.maxOpen} {
		c.span(v)
	}
	small(c.coder, &p.atLeast, math.MaxInt32)
	small(c.coder, &p.maxKeys, math.MaxInt64)
	c.num(&p.maxBytes)
	c.text(&p.shape)
	p.rank = c.e.rank
	c.bool(&p.heard)
	switch p.kind {
	case "leaky", leakyDistinct:
		c.span(&p.leak)
	case "risk":
		c.span(&p.decay)
		c.span(&p.points)
		small(c.coder, &p.tactics, math.MaxInt32)
	case "first_seen":
		c.span(&p.history)
		c.span(&p.learn)
	case "silence", "spike":
		c.span(&p.memory)
		c.span(&p.baseline)
		c.float(&p.ratio)
	case "measure":
		p.gauge.layout(c.coder)
	case "sequence":
		c.steps(&p.steps)
		c.word(&p.until)
		c.word(&p.trail)
		c.span(&p.trailing)
	}
	if c.reading {
		*p = p.normal()
	}
}

func (c *trackCoder) steps(s *[]step) {
	list(c.coder, s, 2, func(one *step) {
		small(c.coder, &one.atLeast, math.MaxInt32)
		c.span(&one.within)
		small(c.coder, &one.value, math.MaxInt32)
		c.word(&one.absent)
		if one.atLeast < 1 {
			c.fail("a step of no alerts")
		}
	})
	if len(*s) == 0 || len(*s) > maxSteps {
		c.fail("a sequence of %d steps", len(*s))
	}
}

// layoutRefs collects what the rule's events say of it: mostly one reference, as many as the rule had versions.
func (c *trackCoder) layoutRefs() {
	var texts []string
	for i := range c.tk.buckets {
		for st := c.tk.buckets[i].head; st != nil && !c.reading; st = st.next {
			for _, b := range st.bursts {
				for _, ev := range b.events {
					texts = c.ref(texts, ev.ref)
				}
			}
		}
	}
	if c.tk.novel != nil {
		for _, name := range c.tk.novel.names() {
			for _, ep := range c.tk.novel.scopes[name].episodes {
				texts = c.ref(texts, ep.ref)
			}
		}
	}
	c.texts(&texts)
	for i := 0; c.reading && i < len(texts); i++ {
		ref := new(tocsin.RuleRef)
		if err := json.Unmarshal([]byte(texts[i]), ref); err != nil {
			c.fail("%v", err)
		}
		c.refs = append(c.refs, ref)
	}
}

// ref notes a reference that is to be written; equal ones are written once.
func (c *trackCoder) ref(texts []string, ref *tocsin.RuleRef) []string {
	if _, known := c.index[ref]; known {
		return texts
	}
	data, err := json.Marshal(ref)
	if err != nil {
		c.fail("%v", err)
	}
	i := slices.Index(texts, string(data))
	if i < 0 {
		i = len(texts)
		texts = append(texts, string(data))
	}
	c.index[ref] = i
	return texts
}

func (c *trackCoder) state(st *state, bucket int) {
	var tenant string
	var key []tocsin.Value
	if !c.reading {
		st.catchUp()
		tenant, key = st.tenant(), st.key()
	}
	c.text(&tenant)
	list(c.coder, &key, 2, c.value)
	own, retired, until := st.own, st.retired, st.until
	c.at(&own)
	c.bool(&st.flooded)
	touched := st.touched
	c.bool(&touched)
	c.num(&st.bytes)
	c.at(&st.due)
	small(c.coder, &st.missing, math.MaxInt32)
	if c.format >= 5 { // before it, no key was left alone while it waits
		small(c.coder, &st.patience, lagLimit-1)
	}
	c.texts(&retired)
	c.at(&until)
	if c.reading && (own != unset || until != unset || len(retired) > 0) {
		r := st.apart()
		r.own, r.retired, r.until = own, retired, until
	}
	if c.tk.plan.kind == "sequence" {
		c.bool(&st.closed)
	}
	held := st.held.all()
	c.items(&held)
	if c.tk.fold != nil {
		c.folded(st)
	}
	bursts := st.bursts
	list(c.coder, &bursts, 50, func(b **burst) {
		if c.reading {
			*b = &burst{}
		}
		c.burst(*b)
	})
	if c.reading && st.patience > 0 && (len(bursts) > 0 || !c.tk.plan.patient()) {
		c.fail("a key that waits for what it has")
	}
	if c.reading {
		if st.held.buf = held; len(bursts) > 0 {
			st.apart().bursts = bursts
		}
		c.enter(st, tenant, key, bucket, touched)
		c.refold(st)
	}
}

// enter puts a state that was read in its place, where it is sound.
func (c *trackCoder) enter(st *state, tenant string, key []tocsin.Value, bucket int, touched bool) {
	tk := c.tk
	st.name = string(appendName(nil, tenant, key))
	st.keep(key)
	h := c.e.pool.hashOfName(st.name)
	if tk.states.find(h) != nil || len(key) != len(tk.plan.groupBy) {
		c.fail("a key that does not fit its rule")
	}
	for i := 1; i < len(st.bursts); i++ {
		if !st.bursts[i-1].last.before(st.bursts[i].first) {
			c.fail("bursts out of order")
		}
	}
	if c.err != nil {
		return
	}
	tk.enter(st, h)
	tk.link(st, bucket)
	st.touched = touched
	bytes := st.bytes // with what is rebuilt
	tk.kind.rebuild(st)
	st.bytes = bytes
	tk.bytes += bytes
	st.settleDown()
	c.e.queue.push(st)
}

func (c *trackCoder) order(o *order) {
	if c.at(&o.at); o.at > latest {
		c.fail("an alert's time out of range")
		o.at = 0
	}
	c.id(&o.id)
}

func (c *trackCoder) id(d *id128) {
	b := d.bytes()
	c.raw(b[:])
	*d = idOf(b)
}

func (c *trackCoder) burst(b *burst) {
	c.order(&b.first)
	c.order(&b.last)
	c.order(&b.fired)
	c.at(&b.start)
	c.span(&b.maxOpen)
	c.at(&b.touched)
	c.text(&b.before)
	if c.tk.fold != nil {
		c.bool(&b.anchored)
		c.num(&b.end)
		c.order(&b.kept)
	}
	list(c.coder, &b.events, 80, func(ev **event) {
		if c.reading {
			*ev = &event{}
		}
		c.event(*ev)
	})
	if c.reading && !b.sound() {
		c.fail("a burst that cannot be")
	}
}

// sound reports whether what was read can be a burst.
func (b *burst) sound() bool {
	if b.maxOpen <= 0 || b.last.before(b.first) || len(b.events) == 0 {
		return false
	}
	for i, ev := range b.events {
		if ev.part < 0 || ev.part > (latest-earliest)/b.maxOpen || i > 0 && ev.part <= b.events[i-1].part {
			return false
		}
	}
	return true
}

func (c *trackCoder) event(ev *event) {
	c.num(&ev.part)
	c.text(&ev.id)
	ref := c.index[ev.ref]
	small(c.coder, &ref, int64(len(c.index)+len(c.refs)-1))
	if c.reading && c.err == nil {
		ev.ref = c.refs[ref]
	}
	c.at(&ev.detected)
	c.at(&ev.opened)
	c.bool(&ev.backfill)
	list(c.coder, &ev.readings, 3, func(r *tocsin.Reading) {
		c.text(&r.Expr)
		c.value(&r.Value)
		c.bool(&r.Holds)
	})
	c.texts(&ev.degraded)
	c.sent(&ev.sent)
	c.bool(&ev.open)
	c.num(&ev.revision)
	c.num(&ev.saidN)
	c.at(&ev.saidAt)
	c.gathered(&ev.body)
	if c.tk.fold != nil {
		based := ev.base != nil
		if c.bool(&based); based {
			if c.reading {
				ev.base = new(body)
			}
			c.gathered(ev.base)
		}
	}
	if c.reading && ev.open {
		c.tk.open++
	}
	if c.reading && (ev.id == "" || ev.count < 1 || ev.head.len() == 0 || !slices.IsSorted(ev.degraded)) {
		c.fail("an event that cannot be")
	}
}

func (c *trackCoder) gathered(g *body) {
	c.num(&g.count)
	c.order(&g.first)
	c.order(&g.last)
	for i := range g.sum {
		c.word(&g.sum[i])
	}
	head, tail := g.head.all(), g.tail.all()
	c.items(&head)
	c.items(&tail)
	if c.reading {
		g.head, g.tail = held{buf: head}, held{buf: tail}
	}
	list(c.coder, &g.entities, 21, func(n *entity) {
		c.entity(&n.Entity)
		c.order(&n.order)
		small(c.coder, &n.place, math.MaxInt32)
	})
	c.float(&g.risk)
	c.texts(&g.tactics)
	c.bool(&g.ioc)
	list(c.coder, &g.absent, 2, func(a *absence) {
		c.text(&a.field)
		c.num(&a.count)
	})
}

func (c *trackCoder) entity(n *tocsin.Entity) {
	c.text(&n.Field)
	c.text(&n.Value)
	c.text(&n.Role)
}
