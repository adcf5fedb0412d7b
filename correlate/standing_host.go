package correlate

import (
	"maps"
	"slices"

	"tocsin"
)

// NoveltyHosts tells how the hosts of a name stand in the scopes of a rule of kind novelty, one answer for each scope of
// the tenant that knows such a host; nothing for a rule of another kind. The answers are the same for the same state.
func (e *Engine) NoveltyHosts(rule, tenant, host string) []tocsin.NoveltyHost {
	e = e.owner(rule)
	tk := e.tracks[rule]
	if tk == nil || tk.novel == nil {
		return nil
	}
	var out []tocsin.NoveltyHost
	for _, name := range slices.Sorted(maps.Keys(tk.novel.scopes)) {
		sc := tk.novel.scopes[name]
		if sc.tenant != tenant || sc.began == unset {
			continue
		}
		if h, ok := sc.standHost(host); ok {
			h.Rule, h.Group = rule, tk.group(sc.key)
			if tk.plan.ref != nil {
				h.Title = tk.plan.ref.Title
			}
			out = append(out, h)
		}
	}
	return out
}

// standHost is how the hosts of a name stand: there are several where other fields tell them apart.
func (sc *scope) standHost(host string) (tocsin.NoveltyHost, bool) {
	day := floor(sc.now, daySpan)
	out := tocsin.NoveltyHost{Now: instant(sc.now), Day: instant(day * daySpan), Bar: thousandth(sc.plan().risk), Sessions: []tocsin.NoveltyPast{}}
	began, known := int64(never), false
	for _, name := range slices.Sorted(maps.Keys(sc.hosts)) {
		h := sc.hosts[name]
		if h.name != host {
			continue
		}
		known, began = true, min(began, h.began)
		for i := range h.sessions {
			out.Sessions = append(out.Sessions, h.sessions[i].tell(h))
		}
	}
	if !known {
		return out, false
	}
	out.Since = instant(began)
	slices.SortStableFunc(out.Sessions, func(a, b tocsin.NoveltyPast) int { return a.First.Compare(b.First) })
	var live []*contribution
	for _, c := range sc.live { // riskOf sorts them
		if c.pair.host.name == host {
			live = append(live, c)
		}
	}
	g := sc.riskOf(live, sc.now)
	out.Risk = thousandth(g.novel)
	rare, ordinary := sc.pairsOf(func(p *pair) bool { return p.host.name == host }, &out.Alerts)
	out.Rare, out.MoreRare = rarest(rare)
	out.Ordinary, out.More = mostAlerts(ordinary)
	return out, true
}

// tell is a session as people are told of it.
func (s *session) tell(h *novelHost) tocsin.NoveltyPast {
	past := tocsin.NoveltyPast{
		Host: h.name, First: instant(s.first), Last: instant(s.last), Points: thousandth(s.points), Rules: slices.Clone(s.rules), Alerts: []tocsin.AlertRef{},
	}
	for i := range s.refs {
		past.Alerts = append(past.Alerts, s.refs[i].ref())
	}
	return past
}
