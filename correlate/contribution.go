package correlate

import (
	"slices"
	"time"

	"tocsin"
)

// A contribution is what a pair that scores brought in one ten-minute span.
type contribution struct {
	pair    *pair
	bucket  int64
	at      int64 // of its first alert
	rarity  int64
	points  int64
	cold    int64
	graded  grading
	tactics []string
	counts  bool     // towards risk: a pair does once an hour
	links   []string // of its first alert

	count       int64
	first, last order
	sum         sum
	refs        []mention // the first refsEach, or all
	entities    []tocsin.Entity
	facts       tocsin.Facts

	into   *episode
	joined string
	with   string
	home   int64 // scratch of a snapshot: the event's place, -1 for none
}

// The bounds of what a contribution gathers.
const (
	refsEach     = 2 // of up to 200 references of an event, so that each of its pairs is there
	linksEach    = 8
	entitiesEach = 24
	hourSpan     = int64(time.Hour)
)

// worth is what it counts for where it is weighed alone.
func (c *contribution) worth() int64 { return c.points + c.cold }

// add takes an alert in; false for one that is there.
func (c *contribution) add(w *noticed, all bool) bool {
	if c.count > 0 && !c.last.before(w.order) && slices.ContainsFunc(c.refs, func(m mention) bool { return m.order == w.order }) {
		return false
	}
	if c.count == 0 || w.before(c.first) {
		c.first = w.order
	}
	if c.count == 0 || c.last.before(w.order) {
		c.last = w.order
	}
	c.count++
	c.sum.add(&w.mention)
	if all || len(c.refs) < refsEach {
		c.refs = append(c.refs, w.mention)
	}
	for _, n := range w.entities {
		if len(c.entities) < entitiesEach && !slices.Contains(c.entities, n) {
			c.entities = append(c.entities, n)
		}
	}
	gatherFacts(&c.facts, &w.facts)
	return true
}

func gatherFacts(into, from *tocsin.Facts) {
	into.Risk = max(into.Risk, from.Risk)
	into.IOC = into.IOC || from.IOC
	for _, t := range from.Tactics {
		if i, ok := slices.BinarySearch(into.Tactics, t); !ok && len(into.Tactics) < maxTactics {
			into.Tactics = slices.Insert(into.Tactics, i, t)
		}
	}
}

// A lately is what scored in a scope within the last hour, found by pair, rule, host and link.
type lately struct {
	all    []*contribution // as they came
	live   map[uint64]*contribution
	byRule map[*novelRule][]*contribution
	byHost map[*novelHost][]*contribution
	byLink map[string][]*contribution
	walks  int64
}

// maxLately bounds what scored within an hour: about 3 MB. Beyond it the oldest goes early.
const maxLately = 4096

func newLately() lately {
	return lately{
		live: make(map[uint64]*contribution), byRule: make(map[*novelRule][]*contribution), byHost: make(map[*novelHost][]*contribution),
		byLink: make(map[string][]*contribution),
	}
}

// contribute begins a contribution of a pair.
func (sc *scope) contribute(p *pair, w *noticed) *contribution {
	c := &contribution{
		pair: p, bucket: int64(p.bucket), at: w.at, rarity: int64(p.rarity), points: int64(p.points), cold: int64(p.cold), tactics: w.tactics,
	}
	if sc.graded.of == p {
		c.graded = sc.graded
	}
	if c.counts = p.added == unset || w.at-p.added >= hourSpan; c.counts {
		p.added = w.at
	}
	for len(sc.lately.all) >= maxLately {
		sc.forget()
		sc.tk.doubt(reasonFlood, sc.now)
	}
	c.links = append(c.links, w.links[:min(len(w.links), linksEach)]...)
	sc.enlist(c)
	return c
}

// enlist puts a contribution where it can be found.
func (r *lately) enlist(c *contribution) {
	r.all = append(r.all, c)
	r.live[c.pair.id()] = c
	r.byRule[c.pair.rule] = append(r.byRule[c.pair.rule], c)
	r.byHost[c.pair.host] = append(r.byHost[c.pair.host], c)
	for _, l := range c.links {
		r.byLink[l] = append(r.byLink[l], c)
	}
}

// expire forgets the contributions that began before a time, in the order in which they came.
func (r *lately) expire(before int64) {
	for len(r.all) > 0 && r.all[0].at <= before {
		r.forget()
	}
}

// forget takes the contribution that came first out.
func (r *lately) forget() {
	c := r.all[0]
	r.all[0] = nil
	if r.all = r.all[1:]; r.live[c.pair.id()] == c {
		delete(r.live, c.pair.id())
	}
	drop(r.byRule, c.pair.rule, c)
	drop(r.byHost, c.pair.host, c)
	for _, l := range c.links {
		drop(r.byLink, l, c)
	}
}

// drop takes a contribution, mostly the first, out of a list.
func drop[K comparable](lists map[K][]*contribution, key K, c *contribution) {
	list := lists[key]
	i := slices.Index(list, c)
	switch {
	case i < 0:
		return
	case len(list) == 1:
		delete(lists, key)
	case i == 0:
		list[0] = nil
		lists[key] = list[1:]
	default:
		lists[key] = slices.Delete(list, i, i+1)
	}
}

// tied reports whether two contributions of different hosts belong together: the same rule scored on both within half an
// hour, or they name the same value.
func (sc *scope) tied(a, b *contribution) bool {
	if a.pair.rule == b.pair.rule && within(a.at, b.at, tieSpan) && min(a.worth(), b.worth()) >= sc.plan().newcomer {
		return true
	}
	return slices.ContainsFunc(a.links, func(l string) bool { return slices.Contains(b.links, l) })
}

func within(a, b, span int64) bool { return a-b < span && b-a < span }

// maxGroup bounds the contributions that are looked at for one alert: those of a flood add up to the bar long before.
const maxGroup = 512

// group is what scored on a host and on those tied to it, and is in no event yet: at most most, in the order of a walk
// from the host.
func (sc *scope) group(h *novelHost, most int) []*contribution {
	sc.walks++
	seen := map[*novelHost]bool{h: true}
	todo := []*novelHost{h}
	var out []*contribution
	for len(todo) > 0 && len(out) < most {
		from := todo[0]
		todo = todo[1:]
		for _, c := range sc.byHost[from] {
			if c.into != nil || len(out) == most {
				continue
			}
			out = append(out, c)
			todo = sc.neighbours(c, seen, todo)
		}
	}
	return out
}

// neighbours appends the hosts that a contribution ties to its own and that were not seen.
func (sc *scope) neighbours(c *contribution, seen map[*novelHost]bool, todo []*novelHost) []*novelHost {
	visit := func(others []*contribution) {
		for _, o := range others {
			if o.into == nil && !seen[o.pair.host] && sc.tied(c, o) {
				seen[o.pair.host] = true
				todo = append(todo, o.pair.host)
			}
		}
	}
	visit(sc.byRule[c.pair.rule])
	for _, l := range c.links {
		visit(sc.byLink[l])
	}
	return todo
}
