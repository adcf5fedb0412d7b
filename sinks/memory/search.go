package memory

import (
	"context"
	"slices"

	"tocsin"
	"tocsin/sinks"
)

// EventsBy lists events; see [sinks.Searcher].
func (s *Store) EventsBy(_ context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []item[tocsin.Event]
	for id := range s.events {
		e, err := read[tocsin.Event](s.events, id)
		if err != nil {
			return tocsin.Page[tocsin.Event]{}, err
		}
		if wanted(q.Tenant, e.Tenant) && wanted(q.Rule, e.Rule.ID) && within(e.Detected, q.Since, q.Until) &&
			(len(q.Level) == 0 || slices.Contains(q.Level, e.Rule.Level)) && (len(q.Activity) == 0 || slices.Contains(q.Activity, e.Activity)) &&
			(q.Entity == "" || slices.ContainsFunc(e.Entities, func(n tocsin.Entity) bool { return n.Value == q.Entity })) {
			all = append(all, item[tocsin.Event]{sinks.Key{At: sinks.Nanos(e.Detected), ID: e.ID}, e})
		}
	}
	return page("events", all, q.Limit, q.Cursor)
}

// AlertsBy lists alerts, newest event time first; see [sinks.Searcher].
func (s *Store) AlertsBy(_ context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []item[tocsin.Alert]
	for _, a := range s.alerts {
		if sinks.SelectsAlert(&q, &a) {
			a.Raw = slices.Clone(a.Raw)
			all = append(all, item[tocsin.Alert]{sinks.Key{At: sinks.Nanos(a.Time), ID: a.ID}, a})
		}
	}
	p, err := page("alerts", all, q.Limit, q.Cursor)
	return p.Items, p.Cursor, err
}
