package replay

import (
	"cmp"
	"context"
	"io"
	"maps"
	"slices"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/register"
	"tocsin/rules"
)

// A Backtest is what two versions of rules make of the same recorded alerts.
type Backtest struct {
	Options // Set is the new one
	Old     *rules.Set
	Of      []string // ids of the rules that are compared; nil: all of both sets
	Files   []string // read as a replay reads them
	// Sources are read beside the files, each in its own order; all of them are merged by time.
	Sources []ingest.Source
	// Known are incidents of a register that people gave a disposition.
	Known    []Known
	Progress func(records, bytes int64) // told now and then; nil: nobody
}

// Known is an incident of a register and the events that it holds.
type Known struct {
	Incident tocsin.Incident
	Events   []tocsin.Event
}

// costEvery is the alerts of which one is measured.
const costEvery = 16

// Run replays the input through both sets and compares what came of it.
func (b Backtest) Run(ctx context.Context) (Comparison, error) {
	streams, closeAll, err := open(b.Options, b.Files)
	if err != nil {
		return Comparison{}, err
	}
	defer closeAll()
	for _, src := range b.Sources {
		streams = append(streams, &stream{src: src, dec: b.Decoder, field: b.Field})
	}
	before := b.Options
	before.Set = b.Old
	sides := [2]*player{newPlayer(before, io.Discard), newPlayer(b.Options, io.Discard)}
	start := time.Now()
	for _, p := range sides {
		p.measure(func() time.Duration { return time.Since(start) })
	}
	var seen span
	var records, size int64
	err = merge(ctx, streams, func(in Input) error {
		records++
		size += int64(len(in.Record.Value)) + 1
		if b.Progress != nil && records%1024 == 0 {
			b.Progress(records, size)
		}
		seen.add(in.Alert)
		for _, p := range sides {
			if err := p.feed(ctx, copied(in)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Comparison{}, err
	}
	for _, p := range sides {
		if err := p.finish(ctx); err != nil {
			return Comparison{}, err
		}
	}
	return b.compare(ctx, sides, seen, records)
}

// copied is an input whose alert one side may change without the other seeing it.
func copied(in Input) Input {
	if in.Alert != nil {
		a := *in.Alert
		in.Alert = &a
	}
	return in
}

// A span is from the first to the last alert, by event time.
type span struct{ first, last time.Time }

func (s *span) add(a *tocsin.Alert) {
	if a == nil {
		return
	}
	if s.first.IsZero() || a.Time.Before(s.first) {
		s.first = a.Time
	}
	if a.Time.After(s.last) {
		s.last = a.Time
	}
}

// days is how long the span is. Less than a day counts as one: rates of hours would promise too much.
func (s *span) days() float64 { return max(s.last.Sub(s.first).Hours()/24, 1) }

// measure makes the player measure what rules cost.
func (p *player) measure(clock func() time.Duration) {
	p.clock, p.stepped = clock, map[string]time.Duration{}
	p.matcher.Time(clock, costEvery)
}

// step is [correlate.Ordered.Step], measured where that is asked for.
func (p *player) step(m tocsin.Match) []tocsin.Event {
	if p.clock == nil {
		return p.engine.Step(m)
	}
	begin := p.clock()
	events := p.engine.Step(m)
	p.stepped[m.Rule] += p.clock() - begin
	return events
}

// found are the events of one side that stand at the end, and their verdicts.
func (p *player) found(ctx context.Context, of map[string]bool) ([]Found, error) {
	all := []Found{}
	for _, id := range p.order {
		e := p.settled[id]
		if !of[e.Rule.ID] || e.Activity == tocsin.Merged || e.Activity == tocsin.Withdrawn {
			continue
		}
		v, err := p.store.Verdict(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, Found{
			ID: id, Tenant: e.Tenant, Rule: e.Rule.ID, Title: e.Rule.Title, Group: e.Group, First: e.First, Last: e.Last, Count: e.Count,
			State: string(v.Assessment.State), Priority: v.Assessment.Priority, Category: v.Assessment.Category, Incident: v.Incident,
		})
	}
	return all, nil
}

// compared are the rules that are looked at.
func (b Backtest) compared() map[string]bool {
	of := map[string]bool{}
	for _, id := range b.Of {
		of[id] = true
	}
	if b.Of == nil {
		for _, set := range []*rules.Set{b.Old, b.Set} {
			for _, r := range set.Rules() {
				of[r.ID] = true
			}
		}
	}
	return of
}

// ofRule sums up one side of one rule.
func (p *player) ofRule(id string, found []Found, alerts int64, days float64) *Side {
	r := p.o.Set.Rule(id)
	if r == nil {
		return nil
	}
	s := &Side{Version: r.Version, Status: r.Status}
	for _, f := range found {
		if f.Rule != id {
			continue
		}
		s.Events++
		if f.promoted() {
			s.Promoted++
		}
	}
	s.PerDay = float64(s.Events) / days
	if s.Events > 0 {
		s.Yield = new(float64(s.Promoted) / float64(s.Events))
	}
	for _, state := range p.o.Set.States() {
		if state.Rule == id {
			s.Matches, s.Hidden, s.Errors = state.Matches, state.Hidden, state.Errors
			s.Cost = state.Cost.Nanoseconds() + p.stepped[id].Nanoseconds()/max(alerts, 1)
		}
	}
	return s
}

// incidents are those of one side that hold an event of the compared rules.
func (p *player) incidents(ctx context.Context, found []Found) (map[string]tocsin.Incident, error) {
	all, err := All(ctx, p.store)
	if err != nil {
		return nil, err
	}
	held := map[string]bool{}
	for _, f := range found {
		held[f.ID] = true
	}
	out := map[string]tocsin.Incident{}
	for _, i := range all {
		if slices.ContainsFunc(i.Events, func(id string) bool { return held[id] }) {
			out[i.ID] = i
		}
	}
	return out, nil
}

// KnownIncidents reads the incidents of a register that have a disposition and overlap a span of event time; zero ends
// are open.
func KnownIncidents(ctx context.Context, store interface {
	register.Projection
	register.Evidence
}, since time.Time,
) ([]Known, error) {
	var out []Known
	q := tocsin.Query{Limit: 500}
	for {
		page, err := store.Incidents(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, i := range page.Items {
			if i.Disposition == "" || i.Into != "" || i.Last.Before(since) {
				continue
			}
			events, err := store.Events(ctx, i.Events)
			if err != nil {
				return nil, err
			}
			out = append(out, Known{i, events})
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			slices.SortFunc(out, func(a, b Known) int { return cmp.Compare(a.Incident.ID, b.Incident.ID) })
			return out, nil
		}
	}
}

// sortedIDs are the keys of a map, in order.
func sortedIDs[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
