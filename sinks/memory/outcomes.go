package memory

import (
	"context"
	"slices"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Outcomes tells how incidents turned out; see [sinks.Outcomes].
func (s *Store) Outcomes(_ context.Context, tenant string, most int) ([]tocsin.Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []item[tocsin.Outcome]
	for id := range s.incidents {
		i, err := read[tocsin.Incident](s.incidents, id)
		if err != nil {
			return nil, err
		}
		if wanted(tenant, i.Tenant) && (i.Disposition != "" || i.Status == tocsin.MergedIncident) {
			all = append(all, item[tocsin.Outcome]{sinks.Key{At: sinks.Nanos(i.Opened), ID: i.ID}, tocsin.Outcome{ID: i.ID, Opened: i.Opened, Disposition: i.Disposition, Into: i.Into}})
		}
	}
	return newest(all, most), nil
}

// Findings tells what became of events; see [sinks.Outcomes].
func (s *Store) Findings(_ context.Context, tenant string, since time.Time, most int) ([]tocsin.Finding, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []item[tocsin.Finding]
	for event := range s.verdicts {
		v, err := read[tocsin.Verdict](s.verdicts, event)
		if err != nil {
			return nil, err
		}
		if wanted(tenant, v.Tenant) && !v.Detected.Before(since) {
			all = append(all, item[tocsin.Finding]{sinks.Key{At: sinks.Nanos(v.Detected), ID: v.Event}, v.Finding()})
		}
	}
	return newest(all, most), nil
}

// newest is the beginning of a listing.
func newest[T any](all []item[T], most int) []T {
	slices.SortFunc(all, func(a, b item[T]) int { return a.key.Compare(b.key) })
	out := make([]T, 0, min(len(all), most))
	for _, i := range all[:min(len(all), most)] {
		out = append(out, i.doc)
	}
	return out
}
