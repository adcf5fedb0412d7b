package correlate

import (
	"cmp"
	"slices"

	"tocsin"
)

// maxTold bounds the pairs of each sort that a standing tells of.
const maxTold = 50

// whyNoEvent tells how a scope of kind novelty stands.
func (e *Engine) whyNoEvent(tk *track, tenant string, key []tocsin.Value, s *tocsin.Standing) {
	s.Unit, s.Need, s.Group = "points", int(tk.plan.novel.risk/1000), tk.group(key)
	for _, b := range e.blindness(tk) {
		s.Notes = append(s.Notes, "the rule is blind: "+b.String())
	}
	s.Counts.Keys = len(tk.novel.scopes)
	var sc *scope
	for _, k := range tocsin.Spellings(key) {
		if sc = tk.novel.scopes[string(appendName(nil, tenant, k))]; sc != nil {
			break
		}
	}
	if sc == nil || sc.began == unset {
		return
	}
	s.State, s.Newest, s.Novelty = tocsin.StandingCounting, instant(sc.now), sc.stand()
	if h := s.Novelty.Hours; len(h) > 0 && floor(sc.now, hourSpan) == floor(nanos(h[0].At), hourSpan) {
		s.Have, s.Need = int(h[0].Risk), int(h[0].Bar)
	}
	for _, ep := range sc.episodes {
		s.State = tocsin.StandingFired
		s.Events = append(s.Events, tocsin.StandingEvent{
			ID: ep.id, Open: true, First: instant(ep.first.at), Last: instant(ep.last.at), Count: ep.count, Closes: instant(ep.closeAt(sc.plan())),
			Degraded: append([]string{}, ep.degraded...),
		})
	}
}

// stand is the scope's risk over time, and its pairs of today.
func (sc *scope) stand() *tocsin.NoveltyStanding {
	day := floor(sc.now, daySpan)
	n := &tocsin.NoveltyStanding{
		Hosts: len(sc.hosts), Rules: len(sc.names), Pairs: len(sc.pairs), Learned: thousandth(share(sc.now-sc.began, sc.plan().learn)),
		Hours: []tocsin.NoveltyHour{}, Day: instant(day * daySpan),
	}
	for _, h := range slices.Backward(sc.hours) {
		n.Hours = append(n.Hours, tocsin.NoveltyHour{At: instant(h.hour * hourSpan), Risk: thousandth(h.risk), Bar: thousandth(h.bar)})
	}
	rare, ordinary := sc.pairsOf(func(*pair) bool { return true }, &n.Alerts)
	n.Lowered, n.MoreLowered = sc.tellLowered()
	n.Rare, n.MoreRare = rarest(rare)
	n.Ordinary, n.More = mostAlerts(ordinary)
	return n
}

// pairsOf are the chosen pairs of today, those that score and the others, in no order, and how many alerts they had.
func (sc *scope) pairsOf(chosen func(*pair) bool, alerts *int64) (rare, ordinary []tocsin.NoveltyTally) {
	day := floor(sc.now, daySpan)
	rare, ordinary = []tocsin.NoveltyTally{}, []tocsin.NoveltyTally{}
	for _, p := range sc.pairs {
		if int64(p.day) != day || !chosen(p) {
			continue
		}
		t := tocsin.NoveltyTally{
			Rule: p.rule.name, Host: p.host.name, Alerts: int64(p.today), Yesterday: int64(p.yesterday), Rarity: thousandth(int64(p.rarity)),
			Points: thousandth(int64(p.points) + int64(p.cold)),
		}
		*alerts += t.Alerts
		if p.scores() {
			rare = append(rare, t)
		} else {
			ordinary = append(ordinary, t)
		}
	}
	return rare, ordinary
}

func rarest(all []tocsin.NoveltyTally) ([]tocsin.NoveltyTally, int) {
	return foremost(all, func(a, b tocsin.NoveltyTally) int { return cmp.Compare(b.Points, a.Points) })
}

func mostAlerts(all []tocsin.NoveltyTally) ([]tocsin.NoveltyTally, int) {
	return foremost(all, func(a, b tocsin.NoveltyTally) int { return cmp.Compare(b.Alerts, a.Alerts) })
}

// foremost are the first of all by an order, and how many others there are.
func foremost(all []tocsin.NoveltyTally, by func(a, b tocsin.NoveltyTally) int) ([]tocsin.NoveltyTally, int) {
	slices.SortFunc(all, func(a, b tocsin.NoveltyTally) int {
		return cmp.Or(by(a, b), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Host, b.Host), cmp.Compare(b.Rarity, a.Rarity))
	})
	more := max(len(all)-maxTold, 0)
	return all[:len(all)-more], more
}
