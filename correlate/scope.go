package correlate

import (
	pile "container/heap"

	"tocsin"
)

// A scope is what one group key of kind novelty holds: which rules fire how often on which hosts, what was rare in the
// last hour, and the events that came of it. It changes only as the watermark passes alerts, in the order of their time.
type scope struct {
	tk      *track
	tenant  string
	key     []tocsin.Value
	began   int64 // time of its first alert
	now     int64 // of the newest alert that was taken
	waiting waitHeap
	tally
	lately
	episodes []*episode          // open ones, by opening
	over     *episode            // stands for those that are not: what they took is taken
	hours    []hourRisk          // the newest last
	refused  int64               // alerts of pairs that a limit kept out
	full     bool                // the last new pair was kept out
	graded   grading             // the last one
	lowered  map[string]lowering // pairs that count for less, by rule and host
}

// An hourRisk is the highest risk of an hour.
type hourRisk struct {
	hour int64
	risk int64
	bar  int64
}

// maxHours is how far back the risk of a scope can be looked at.
const maxHours = 7 * 24

func newScope(tk *track, tenant string, key []tocsin.Value) *scope {
	return &scope{tk: tk, tenant: tenant, key: key, began: unset, now: unset, tally: newTally(), lately: newLately(), over: &episode{}}
}

// plan is what the rule asks for.
func (sc *scope) plan() *novelPlan { return &sc.tk.plan.novel }

// wait puts an alert among those that wait. It is false for one that waits already.
func (sc *scope) wait(w *noticed) bool {
	if _, twice := sc.among[w.order]; twice {
		return false
	}
	sc.among[w.order] = struct{}{}
	pile.Push(&sc.waiting, w)
	sc.waitingBytes += w.bytes()
	return true
}

// pop takes the earliest alert out.
func (sc *scope) pop() *noticed {
	w := sc.waiting.next()
	delete(sc.among, w.order)
	sc.waitingBytes -= w.bytes()
	return w
}

// ordinary counts an alert whose pair was found to be ordinary in its ten minutes already: nothing else can come of it,
// whatever the order. It is false for any other.
func (sc *scope) ordinary(w *noticed) bool {
	p := sc.find(w)
	if p == nil || int64(p.bucket) != bucketOf(w.at) || p.scores() {
		return false
	}
	p.tell(w.at)
	return true
}

// advance takes what the watermark has passed, and closes what is over.
func (sc *scope) advance(e *Engine, limit int64) {
	for {
		closing, at := sc.closing()
		if len(sc.waiting) > 0 && sc.waiting[0].at < limit && sc.waiting[0].at <= at {
			w := sc.pop()
			e.cause = w.at
			sc.take(e, w)
			continue
		}
		if closing == nil || at > limit {
			return
		}
		e.cause = at
		sc.shut(e, closing)
	}
}

// closing is the event that closes next, and when.
func (sc *scope) closing() (next *episode, at int64) {
	at = never
	for _, ep := range sc.episodes {
		if due := ep.closeAt(sc.plan()); due < at {
			next, at = ep, due
		}
	}
	return next, at
}

// settleHalf takes the earlier half of too many alerts that wait.
func (sc *scope) settleHalf(e *Engine) {
	for range len(sc.waiting) / 2 {
		w := sc.pop()
		e.cause = w.at
		sc.take(e, w)
	}
}

// take lets an alert have its effect.
func (sc *scope) take(e *Engine, w *noticed) {
	if sc.began == unset {
		sc.began = w.at
	}
	sc.now, sc.graded.of = max(sc.now, w.at), nil
	sc.expire(sc.now - sc.tk.plan.span)
	sc.turn(w.at, sc.plan().forget, sc.holdsHost, sc.holdsRule)
	p, ok := sc.pairOf(w)
	if !ok {
		return
	}
	b := bucketOf(w.at)
	if b > int64(p.bucket) {
		sc.grade(p, w, b)
	}
	p.tell(w.at)
	if !p.scores() {
		return
	}
	c := sc.live[p.id()]
	if c == nil || c.bucket != max(b, int64(p.bucket)) {
		c = sc.contribute(p, w)
		c.add(w, e.cfg.AllEvidence)
		sc.place(e, c)
		return
	}
	if !c.add(w, e.cfg.AllEvidence) {
		sc.tk.counts.duplicates++
		return
	}
	if c.into != nil && c.into != sc.over {
		c.into.more(c, w, e.cfg.AllEvidence)
		sc.announce(e, c.into)
	}
}

// pairOf is the pair of an alert, made where it is new; false where the limit keeps it out.
func (sc *scope) pairOf(w *noticed) (*pair, bool) {
	p := sc.tk.plan
	limit := min(p.maxKeys, int(p.maxBytes/pairBytes))
	if known := sc.find(w); known != nil {
		return known, true
	}
	b := bucketOf(w.at)
	if len(sc.pairs) >= limit {
		if n := sc.evict(b); n > 0 {
			sc.tk.counts.evicted += n
			sc.tk.doubt(reasonEvicted, w.at+p.span)
		}
		if sc.full = len(sc.pairs) >= limit; sc.full {
			sc.refused++
			return nil, false
		}
	}
	return sc.add(w), true
}

// grade works out how rare the pair is in a span that it starts to fire in: the figure stays for the rest of the span.
func (sc *scope) grade(p *pair, w *noticed, b int64) {
	n := sc.plan()
	observed, total := max(b-p.host.first, 0), max(b*int64(len(sc.hosts))-sc.firsts, 1)
	g := grading{of: p, fired: p.fired(), observed: observed, fleet: p.rule.fired(), spans: total}
	rarity := surprise(uint64(g.fired*total+10*g.fleet), uint64(total*(observed+10)), n.most)
	ramp := share(w.at-sc.began, n.learn)
	if g.weight = share(w.at-p.host.began, n.learn); ramp > 0 { // with ramp it makes the lesser of the two
		g.weight = min(g.weight*1000/ramp, 1000)
	}
	p.rarity, p.points = int32(rarity), int32(max(rarity-n.above, 0)*ramp/1000)
	p.cold = int32(coldPoints(w, g, rarity, ramp, n.most))
	if sc.lowers(w) {
		p.points, p.cold = p.points/lowerBy, p.cold/lowerBy
	}
	p.bucket, sc.graded = int32(b), g
	p.count()
}

// coldPoints is what a pair's tactic counts for: less the longer the scope has learned, and less where the pair is known.
func coldPoints(w *noticed, g grading, rarity, ramp, most int64) int64 {
	if len(w.tactics) == 0 {
		return 0
	}
	scaled := int64(1000)
	if g.fired > 0 {
		scaled = rarity * 500 / most
	}
	points := 4 * weightOf(w.tactics) * w.severity / 100 * scaled / 1000 * (2000 - ramp) / 2000
	return points
}

// weightOf is what a tactic counts for, in thousandths: looking around is what many do.
func weightOf(tactics []string) int64 {
	for _, t := range tactics {
		if t != "reconnaissance" && t != "discovery" {
			return 1000
		}
	}
	return 600
}

// share is how much of a whole has passed, in thousandths.
func share(part, whole int64) int64 {
	if whole <= 0 || part >= whole {
		return 1000
	}
	return max(part, 0) / (whole/1000 + 1)
}
