package app

import (
	"cmp"
	"slices"
	"time"

	"tocsin/internal/api"
	"tocsin/internal/web"
	"tocsin/rules"
)

// sources tells the API what became of the records of each input.
func (a *App) sources(p *pulse) []api.Source { return a.sourcesOf(a.totals(), p) }

// sourcesOf tells it from counters that were read.
func (a *App) sourcesOf(t totals, p *pulse) []api.Source {
	out := []api.Source{}
	names := t.bySource()
	other := func(name string) {
		if !slices.ContainsFunc(names, func(s web.Source) bool { return s.Name == name }) {
			names = append(names, web.Source{Name: name})
		}
	}
	for _, h := range a.silences.known() { // heard of before the start
		other(h.Source)
	}
	for _, s := range a.cfg.Sources { // and never: whoever sets one up looks for it here
		other(s.Name)
	}
	slices.SortFunc(names, func(a, b web.Source) int { return cmp.Compare(a.Name, b.Name) })
	for _, s := range names {
		source := api.Source{
			Name: s.Name, Alerts: s.Alerts, Duplicates: s.Duplicates, Rejected: s.Rejected, Late: s.Late, Reasons: map[string]int64{},
			Rate: p.rateOf(s.Name, t.records[s.Name], a.now()), Received: t.received[s.Name], Delay: t.delay[s.Name],
		}
		if h, ok := a.silences.of(s.Name); ok {
			source.Habit, source.Silent = h.Usual().Seconds(), h.Silent
			if source.Received.IsZero() {
				source.Received = h.Last
			}
			if !h.Silent.IsZero() {
				source.Silent = h.Last
			}
		}
		for reason, n := range t.sourceReasons[s.Name] {
			source.Reasons[reason] = int64(n)
		}
		out = append(out, source)
	}
	return out
}

// pageSources tells the page of the sources.
func (a *App) pageSources(t totals, p *pulse) []web.Source {
	var out []web.Source
	for _, s := range a.sourcesOf(t, p) {
		out = append(out, web.Source{
			Name: s.Name, Alerts: s.Alerts, Duplicates: s.Duplicates, Rejected: s.Rejected, Late: s.Late, Rate: s.Rate, Received: s.Received, Delay: s.Delay,
			Habit: s.Habit, Silent: s.Silent,
		})
	}
	return out
}

// exceptions tells the API of the exceptions of the rules in force.
func (a *App) exceptions() []api.Exception { return exceptionsOf(a.sets.Current(), a.now()) }

func exceptionsOf(set *rules.Set, now time.Time) []api.Exception {
	out, hidden := []api.Exception{}, set.Hidden()
	for i, e := range set.Exceptions() {
		out = append(out, api.Exception{
			Name: e.Name, Rule: e.Rule, When: e.When(), Reason: e.Reason, Owner: e.Owner, Expires: e.Expires, Expired: !now.Before(e.Expires), Hidden: hidden[i],
		})
	}
	return out
}

// exceptionsOnDisk tells of those of the configured rules where no daemon has them in force.
func (a *App) exceptionsOnDisk() []api.Exception {
	set, err := LoadRules(a.cfg.Rules.Folders, a.cfg.Rules.Shipped, a.scales(), a.cfg.Rules.Sigma.Pipelines...)
	if err != nil {
		return nil // the list of rules tells their faults
	}
	return exceptionsOf(set, a.now())
}
