package correlate

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A teller is a kind that says of a key what its newest window does not: it fills in Unit, Have, Need, Until, Parts,
// Notes and Awaits. It must not change the state.
type teller interface {
	tell(st *state, now int64, s *tocsin.Standing)
}

// WhyNot tells how a key of a rule stands; key has the values of the rule's group_by, in its order, where a text also
// stands for the number or boolean that it spells. It is false where the engine has no such rule or the key has
// another number of values. It changes nothing.
func (e *Engine) WhyNot(rule, tenant string, key []tocsin.Value) (tocsin.Standing, bool) {
	e = e.owner(rule)
	tk := e.tracks[rule]
	if tk == nil || len(key) != len(tk.plan.groupBy) {
		return tocsin.Standing{}, false
	}
	now := e.present()
	s := tocsin.Standing{
		Rule: rule, Kind: tk.plan.name(), Tenant: tenant, State: tocsin.StandingUnknown, Need: tk.plan.atLeast,
		Now: instant(now), Watermark: e.Reached(), Holder: e.holder, Waiting: slices.Clone(e.behind), Counts: tk.tally(),
		Parts: []tocsin.StandingPart{}, Notes: []string{}, Events: []tocsin.StandingEvent{}, Unit: unitOf(tk.plan.kind),
	}
	if tk.plan.ref != nil {
		s.Title, s.Version = tk.plan.ref.Title, tk.plan.ref.Version
	}
	if tk.novel != nil {
		e.whyNoEvent(tk, tenant, key, &s)
		return s, true
	}
	st := tk.find(tenant, key)
	if st != nil {
		key = st.key()
		e.describe(st, max(now, st.newestAt()), &s)
	}
	for _, b := range e.blindness(tk) {
		s.Notes = append(s.Notes, "the rule is blind: "+b.String())
	}
	if reasons := e.degraded(tk); len(reasons) > 0 {
		s.Notes = append(s.Notes, "events of the rule are not surely whole: "+strings.Join(reasons, ", "))
	}
	s.Group = tk.group(key)
	s.Near = tk.near(st, tenant, key)
	return s, true
}

// present is the greatest event time that the engine was told of.
func (e *Engine) present() int64 {
	now := e.watermark
	for _, r := range e.readers { // a maximum: the order does not matter
		now = max(now, r.greatest, r.tick)
	}
	return now
}

// unitOf is what a kind counts.
func unitOf(kind string) string {
	switch kind {
	case "distinct", leakyDistinct:
		return "values"
	case "set":
		return "conditions"
	case "sequence":
		return "steps"
	}
	return "alerts"
}

// tally is what the track counted.
func (tk *track) tally() tocsin.StandingCounts {
	return tocsin.StandingCounts{
		Keys: tk.states.len(), Matches: tk.counts.matches, Duplicates: tk.counts.duplicates, Late: maps.Clone(tk.counts.late),
		Suppressed: tk.counts.suppressed, Stale: tk.counts.stale, Evicted: tk.counts.evicted,
	}
}

func (tk *track) group(key []tocsin.Value) tocsin.Group {
	g := make(tocsin.Group, len(key))
	for i, v := range key {
		g[i] = tocsin.GroupValue{Field: tk.plan.groupBy[i], Value: v}
	}
	return g
}

// newestAt is the time of the key's newest held alert.
func (st *state) newestAt() int64 {
	if n := st.held.len(); n > 0 {
		return st.held.all()[n-1].at
	}
	return unset
}

// describe says what the state of a key holds.
func (e *Engine) describe(st *state, now int64, s *tocsin.Standing) {
	st.catchUp()
	p := &st.track.plan
	s.State, s.Now, s.Newest = tocsin.StandingCounting, instant(now), instant(st.newestAt())
	for _, b := range st.bursts {
		for _, ev := range b.events {
			out := tocsin.StandingEvent{
				ID: ev.id, Open: ev.open, First: instant(ev.body.first.at), Last: instant(ev.body.last.at), Count: ev.count,
				Degraded: append([]string{}, ev.degraded...),
			}
			s.State = tocsin.StandingClosed
			if ev.open {
				out.Closes = instant(b.closeAt(ev, p))
			}
			s.Events = append(s.Events, out)
		}
	}
	if slices.ContainsFunc(s.Events, func(ev tocsin.StandingEvent) bool { return ev.Open }) {
		s.State = tocsin.StandingFired
	}
	if st.flooded {
		s.Notes = append(s.Notes, "the key had more alerts within lateness than are held: its oldest ones were settled early")
	}
	if t, ok := st.track.kind.(teller); ok {
		t.tell(st, now, s)
	} else {
		st.tellNewest(s)
	}
	if !s.Until.IsZero() {
		s.Left = s.Until.Sub(s.Now).Seconds()
		s.Forgotten = s.Until.Add(time.Duration(e.lateness))
	}
}

// tellNewest says what the newest window lacked when its last alert came: good for any kind.
func (st *state) tellNewest(s *tocsin.Standing) {
	p := &st.track.plan
	if st.fold != nil {
		st.tellFold(s)
		return
	}
	s.Have = max(p.atLeast-st.lacks(), 0)
	if all := st.held.all(); len(all) > 0 && p.span > 0 {
		oldest := all[st.held.since(all[len(all)-1].at-p.span+1)].at
		s.Until = instant(oldest + p.span)
	}
}

// find returns the state of a key, whichever of its spellings the records had.
func (tk *track) find(tenant string, key []tocsin.Value) *state {
	for _, k := range tocsin.Spellings(key) {
		if st := tk.states.find(tk.pool.hashOfName(string(appendName(nil, tenant, k)))); st != nil {
			return st
		}
	}
	return nil
}
