package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// choose asks for the incidents that a query selects.
func (l *listing) choose(q *tocsin.Query) {
	l.equal("tocsin.tenant", q.Tenant)
	l.equal("tocsin.number", q.Number)
	l.equal("tocsin.assignee", q.Assignee)
	if q.Unassigned {
		l.filters = append(l.filters, object{"bool": object{"must_not": object{"exists": object{"field": "tocsin.assignee"}}}})
	}
	l.equal("tocsin.event", q.Event)
	l.equal("tocsin.entity.value", q.Entity)
	statuses := make([]string, len(q.Status))
	for i, status := range q.Status {
		statuses[i] = string(status)
	}
	l.any("tocsin.status", statuses)
	l.any("tocsin.priority.current", q.Priority)
	class, kind, typed := strings.Cut(q.Category, "/")
	l.equal("tocsin.category.class", class)
	if typed {
		l.equal("tocsin.category.type", kind)
	}
	l.equal("tocsin.platform.primary", q.Platform)
	l.equal("tocsin.coordinator", q.Coordinator)
	l.equal("tocsin.teams", q.Team)
	l.equal("tocsin.rules", q.Rule)
	l.any("tocsin.disposition", q.Disposition)
	if q.Breached != nil {
		l.filters = append(l.filters, object{"term": object{"tocsin.breached": object{"value": *q.Breached}}})
	}
	for _, word := range sinks.Words(q.Title) {
		l.filters = append(l.filters, object{"prefix": object{"tocsin.words": object{"value": word}}})
	}
	l.between("tocsin.order.opened", q.Since, q.Until)
	l.between("tocsin.order.updated", q.UpdatedSince, q.UpdatedUntil)
}

// Counts says how many incidents each query selects, by one search; see [sinks.Counts].
func (s *Store) Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error) {
	counts, aggs := make([]int64, len(queries)), object{}
	if len(queries) == 0 {
		return counts, nil
	}
	for n := range queries {
		l := listing{}
		l.choose(&queries[n])
		aggs[fmt.Sprint("c", n)] = object{"filter": object{"bool": object{"filter": append([]object{}, l.filters...)}}}
	}
	reply, err := s.search(ctx, s.index(kindIncidents), object{"size": 0, "track_total_hits": false, "aggs": aggs})
	if err != nil || reply.Aggregations == nil { // no index yet
		return counts, err
	}
	var found map[string]struct {
		N int64 `json:"doc_count"`
	}
	if err := json.Unmarshal(reply.Aggregations, &found); err != nil {
		return nil, fmt.Errorf("counts: %w", err)
	}
	for n := range counts {
		counts[n] = found[fmt.Sprint("c", n)].N
	}
	return counts, nil
}
