package correlate

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"tocsin"
	"tocsin/rules"
)

// noveltyKind: what is rare for its host comes together. It has windows of no sort: its state is scopes, see [scope], and
// the kind's methods are never asked.
type noveltyKind struct{ matchKind }

const kindNovelty = "novelty"

// novelPlan is what a rule of kind novelty asks for: times in nanoseconds, points and bits in thousandths.
type novelPlan struct {
	above, most           int64
	risk, coldRisk        int64
	pairs, rules          int
	tactics, coldSet      int
	member, newcomer      int64
	chain, strong, within int64
	lookBack, session     int64
	learn, forget, idle   int64
}

func novelPlanOf(c *rules.Correlate) novelPlan {
	n := c.Novelty
	if n == nil {
		return novelPlan{}
	}
	return novelPlan{
		above: n.Above, most: n.Most, risk: n.Risk, coldRisk: n.ColdRisk, pairs: n.Pairs, rules: n.Rules, tactics: n.Tactics, coldSet: n.ColdSet,
		member: n.Member, newcomer: n.Newcomer, chain: n.Chain, strong: n.Strong, within: int64(n.Within), lookBack: int64(n.LookBack),
		session: n.Session, learn: int64(c.Learn), forget: int64(c.Forget), idle: int64(c.Quiet),
	}
}

// bucketOf is the ten-minute span that a time lies in.
func bucketOf(at int64) int64 { return floor(at, bucketSpan) }

const (
	bucketSpan = int64(10 * time.Minute)
	daySpan    = int64(24 * time.Hour)
	tieSpan    = int64(30 * time.Minute) // pairs of one rule tie their hosts together when they lie closer than this
)

// novelties is what a rule of kind novelty keeps.
type novelties struct {
	scopes map[string]*scope
}

// count fills in what scopes hold; nothing for a rule of another kind.
func (n *novelties) count(r *RuleStats) {
	if n == nil {
		return
	}
	r.Keys = len(n.scopes)
	for _, sc := range n.scopes { // sums: the order does not matter
		r.Values += len(sc.pairs)
		r.Refused += sc.refused
	}
}

// blind implements [blinder]: the table is full, and pairs that are not in it stay unknown.
func (noveltyKind) blind(tk *track) []Blindness {
	for _, sc := range tk.novel.scopes { // an or: the order does not matter
		if sc.full {
			return []Blindness{{Reason: blindFull}}
		}
	}
	return nil
}

// notice takes an alert in: it waits until the watermark has passed it, so that the order of arrival does not matter. One
// that comes later than that stands where time has got to.
func (e *Engine) notice(tk *track, at int64, from *seenOrigin, reread bool) {
	m := e.firing
	late := at < e.watermark
	if len(m.Values) != rules.NoveltyValues {
		tk.counts.stale++
		return
	}
	if late && reread {
		tk.counts.duplicates++
		return
	}
	if late && at < e.watermark-e.latenessOf(m.Alert.Source, m.Alert.Ref.Partition) {
		tk.counts.late[m.Alert.Source]++
		return
	}
	sc := e.scope(tk, m)
	w := e.sightingOf(m, at, &from.origin)
	before := sc.bytes()
	switch {
	case late:
		e.cause = max(sc.now, at)
		sc.take(e, w)
	case sc.ordinary(w):
	case !sc.wait(w):
		tk.counts.duplicates++
	}
	if len(sc.waiting) > e.cfg.MaxHeld {
		tk.doubt(reasonFlood, at+e.lateness)
		sc.settleHalf(e)
	}
	tk.bytes += sc.bytes() - before
}

// scope is the scope of the match's key.
func (e *Engine) scope(tk *track, m *tocsin.Match) *scope {
	e.name = appendName(e.name[:0], m.Tenant, m.Key)
	if sc, ok := tk.novel.scopes[string(e.name)]; ok {
		return sc
	}
	sc := newScope(tk, m.Tenant, slices.Clone(m.Key))
	tk.novel.scopes[string(e.name)] = sc
	tk.bytes += sc.bytes()
	return sc
}

// advanceScopes does what is due in the scopes of all rules up to limit, by rule and scope.
func (e *Engine) advanceScopes(limit int64) {
	for _, tk := range e.novel {
		for _, name := range tk.novel.names() {
			sc := tk.novel.scopes[name]
			before := sc.bytes()
			sc.advance(e, limit)
			tk.bytes += sc.bytes() - before
		}
	}
}

// names are the scopes, sorted.
func (n *novelties) names() []string { return slices.Sorted(maps.Keys(n.scopes)) }

// findNovel notes which rules are of kind novelty, by id.
func (e *Engine) findNovel() {
	e.novel = e.novel[:0]
	for _, tk := range e.tracks {
		if tk.novel != nil {
			e.novel = append(e.novel, tk)
		}
	}
	slices.SortFunc(e.novel, func(a, b *track) int { return cmp.Compare(a.plan.id, b.plan.id) })
}

// concludeScopes closes the open events of a rule that goes.
func (e *Engine) concludeScopes(tk *track, reason string) {
	if tk.novel == nil {
		return
	}
	for _, name := range tk.novel.names() {
		sc := tk.novel.scopes[name]
		for _, ep := range slices.Clone(sc.episodes) {
			ep.doubt(reason)
			sc.shut(e, ep)
		}
	}
}

// settleScopes says of every open event what was not said yet: all inputs have come to their end.
func (e *Engine) settleScopes(tk *track) {
	if tk.novel == nil {
		return
	}
	for _, name := range tk.novel.names() {
		sc := tk.novel.scopes[name]
		for _, ep := range sc.episodes {
			if ep.count != ep.saidN {
				e.cause = ep.last.at
				sc.say(e, ep, tocsin.MilestoneSettled)
			}
		}
	}
}
