package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.Counts = (*Store)(nil)

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
	l.knownTo(q.Visibility, q.Reader)
	for _, word := range sinks.Words(q.Title) {
		l.filters = append(l.filters, object{"prefix": object{"tocsin.words": object{"value": word}}})
	}
	l.between("tocsin.order.opened", q.Since, q.Until)
	l.between("tocsin.order.updated", q.UpdatedSince, q.UpdatedUntil)
}

// countsCopy has counts and marks answered by the same copy of a shard: copies show what was written at different moments.
const countsCopy = "tocsin-counts"

// Counts says how many incidents each query selects, by one search; see [sinks.Counts].
func (s *Store) Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error) {
	all := make([]listing, len(queries))
	for n := range queries {
		all[n].choose(&queries[n])
	}
	return s.counted(ctx, s.index(kindIncidents), all)
}

// EventCounts says how many events each query selects, by one search; see [sinks.Counts].
func (s *Store) EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error) {
	all := make([]listing, len(queries))
	for n := range queries {
		all[n].chooseEvents(&queries[n])
	}
	return s.counted(ctx, s.monthly(kindEvents, "*"), all)
}

// counted counts by one aggregation, which goes filter by filter over the index and not document by document.
func (s *Store) counted(ctx context.Context, index string, all []listing) ([]int64, error) {
	counts, parts := make([]int64, len(all)), object{}
	if len(all) == 0 {
		return counts, nil
	}
	for n := range all {
		parts[fmt.Sprint("c", n)] = object{"bool": object{"filter": append([]object{}, all[n].filters...)}}
	}
	query := object{"size": 0, "track_total_hits": false, "aggs": object{"counts": object{"filters": object{"filters": parts}}}}
	reply, err := s.searchOn(ctx, index, countsCopy, query)
	if err != nil || reply.Aggregations == nil { // no index yet
		return counts, err
	}
	var found struct {
		Counts struct {
			Buckets map[string]struct {
				N int64 `json:"doc_count"`
			} `json:"buckets"`
		} `json:"counts"`
	}
	if err := json.Unmarshal(reply.Aggregations, &found); err != nil {
		return nil, fmt.Errorf("counts: %w", err)
	}
	for n := range counts {
		counts[n] = found.Counts.Buckets[fmt.Sprint("c", n)].N
	}
	return counts, nil
}

// Mark is the highest number that a write of a tenant's incident has; see [sinks.Counts].
func (s *Store) Mark(ctx context.Context, tenant string) (string, error) {
	l := listing{}
	l.equal("tocsin.tenant", tenant)
	query := object{
		"size": 0, "track_total_hits": false, "query": object{"bool": object{"filter": append([]object{}, l.filters...)}},
		"aggs": object{"newest": object{"max": object{"field": "_seq_no"}}},
	}
	reply, err := s.searchOn(ctx, s.index(kindIncidents), countsCopy, query)
	if err != nil || reply.Aggregations == nil { // no index yet
		return "-1", err
	}
	var found struct {
		Newest struct {
			Value *float64 `json:"value"`
		} `json:"newest"`
	}
	if err := json.Unmarshal(reply.Aggregations, &found); err != nil {
		return "", fmt.Errorf("mark: %w", err)
	}
	if found.Newest.Value == nil {
		return "-1", nil
	}
	return strconv.FormatInt(int64(*found.Newest.Value), 10), nil
}
