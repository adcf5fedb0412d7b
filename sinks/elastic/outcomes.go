package elastic

import (
	"context"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Outcomes tells how incidents turned out; see [sinks.Outcomes].
func (s *Store) Outcomes(ctx context.Context, tenant string, most int) ([]tocsin.Outcome, error) {
	l := listing{name: "outcomes", index: s.index(kindIncidents), at: "tocsin.order.opened", only: []string{"doc.id", "doc.opened", "doc.disposition", "doc.merged_into"}}
	l.equal("tocsin.tenant", tenant)
	l.filters = append(l.filters, object{"bool": object{"should": []object{
		{"exists": object{"field": "tocsin.disposition"}}, {"term": object{"tocsin.status": object{"value": tocsin.MergedIncident}}},
	}}})
	return all(ctx, s, l, most, func(o *tocsin.Outcome) sinks.Key { return sinks.Key{At: sinks.Nanos(o.Opened), ID: o.ID} })
}

// Findings tells what became of events; see [sinks.Outcomes].
func (s *Store) Findings(ctx context.Context, tenant string, since time.Time, most int) ([]tocsin.Finding, error) {
	l := listing{name: "findings", index: s.index(kindVerdicts), at: "tocsin.order.detected", only: []string{
		"doc.event", "doc.detected", "doc.rule", "doc.rule_version", "doc.title", "doc.incident", "doc.by.kind", "doc.assessment.state", "doc.assessment.reason",
	}}
	l.equal("tocsin.tenant", tenant)
	l.between("tocsin.order.detected", since, time.Time{})
	return all(ctx, s, l, most, func(f *tocsin.Finding) sinks.Key { return sinks.Key{At: sinks.Nanos(f.Detected), ID: f.Event} })
}

// all reads a listing page by page.
func all[T any](ctx context.Context, s *Store, l listing, most int, key func(*T) sinks.Key) (items []T, err error) {
	for cursor := ""; ; {
		page, err := list(ctx, s, l, sinks.MaxPage, cursor, key)
		if err != nil {
			return nil, err
		}
		items = append(items, page.Items...)
		if cursor = page.Cursor; cursor == "" || len(items) >= most {
			return items[:min(len(items), most)], nil
		}
	}
}
