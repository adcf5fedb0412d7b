package memory

import (
	"context"
	"maps"
	"slices"

	"tocsin"
	"tocsin/sinks"
)

// Volumes counts alerts and events by month; see [sinks.Volumes].
func (s *Store) Volumes(ctx context.Context, tenant, from, to string) ([]tocsin.Volume, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	by := map[string]tocsin.Volume{}
	count := func(month, of string, alerts, events int64) {
		if month >= from && month < to && (tenant == "" || tenant == of) {
			v := by[month]
			by[month] = tocsin.Volume{Month: month, Alerts: v.Alerts + alerts, Events: v.Events + events}
		}
	}
	for _, a := range s.alerts {
		count(sinks.Month(&a), a.Tenant, 1, 0)
	}
	for id := range s.events {
		e, err := read[tocsin.Event](s.events, id)
		if err != nil {
			return nil, err
		}
		month, _ := tocsin.Month(id)
		count(month, e.Tenant, 0, 1)
	}
	var all []tocsin.Volume
	for _, month := range slices.Sorted(maps.Keys(by)) {
		all = append(all, by[month])
	}
	return all, ctx.Err()
}
