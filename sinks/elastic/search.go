package elastic

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.Searcher = (*Store)(nil)

// EventsBy lists events; see [sinks.Searcher].
func (s *Store) EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error) {
	l := listing{name: "events", index: s.monthly(kindEvents, "*"), at: "tocsin.order.detected"}
	l.chooseEvents(&q)
	return list(ctx, s, l, q.Limit, q.Cursor, func(e *tocsin.Event) sinks.Key { return sinks.Key{At: sinks.Nanos(e.Detected), ID: e.ID} })
}

// chooseEvents asks for the events that a query selects.
func (l *listing) chooseEvents(q *tocsin.EventQuery) {
	l.equal("tocsin.tenant", q.Tenant)
	l.equal("tocsin.rule.id", q.Rule)
	l.any("tocsin.rule.level", q.Level)
	activities := make([]string, len(q.Activity))
	for i, a := range q.Activity {
		activities[i] = string(a)
	}
	l.any("tocsin.activity", activities)
	l.equal("tocsin.entity.value", q.Entity)
	l.between("tocsin.order.detected", q.Since, q.Until)
}

// AlertsBy lists alerts, newest event time first; see [sinks.Searcher].
func (s *Store) AlertsBy(ctx context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error) {
	l := listing{}
	l.equal("tocsin.tenant", q.Tenant)
	l.equal("tocsin.source.name", q.Source)
	bounds := object{}
	if !q.Since.IsZero() {
		bounds["gte"] = q.Since.UTC().Format(time.RFC3339Nano)
	}
	if !q.Until.IsZero() {
		bounds["lt"] = q.Until.UTC().Format(time.RFC3339Nano)
	}
	if len(bounds) > 0 {
		l.filters = append(l.filters, object{"range": object{"@timestamp": bounds}})
	}
	l.equal(sinks.FieldLists, q.List)
	if q.Severity > 0 {
		l.filters = append(l.filters, object{"range": object{sinks.FieldSeverity: object{"gte": q.Severity}}})
	}
	if q.Entity != "" {
		l.filters = append(l.filters, object{"bool": object{"minimum_should_match": 1, "should": entityClauses(q.Entity, q.Field)}})
	}
	return s.alertPage(ctx, l, "desc", q.Limit, q.Cursor)
}

// entityClauses ask each field that may name the value, or the one that was asked for. What is no address is not asked
// of a field of addresses, which would refuse it.
func entityClauses(value, field string) []object {
	fields := sinks.EntityWords()
	if a, err := netip.ParseAddr(value); err == nil && a.Zone() == "" {
		fields = append(fields, sinks.EntityAddresses()...)
	}
	clauses := []object{}
	for _, f := range fields {
		if field == "" || f == field {
			clauses = append(clauses, object{"term": object{f: object{"value": value}}})
		}
	}
	if len(clauses) == 0 || !slices.Contains(append(sinks.EntityWords(), sinks.EntityAddresses()...), field) && field != "" {
		return []object{{"match_none": object{}}}
	}
	return clauses
}
