package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Alerts lists the stored alerts of an event time at or after since, in the order of their event times.
func (s *Store) Alerts(ctx context.Context, since time.Time, limit int, cursor string) (alerts []tocsin.Alert, next string, err error) {
	var l listing
	if !since.IsZero() {
		l.filters = append(l.filters, object{"range": object{"@timestamp": object{"gte": since.UTC().Format(time.RFC3339Nano)}}})
	}
	return s.alertPage(ctx, l, "asc", limit, cursor)
}

// alertPage is one page of the alerts that pass the filters of l, in the order of their event times, "asc" or "desc".
func (s *Store) alertPage(ctx context.Context, l listing, order string, limit int, cursor string) (alerts []tocsin.Alert, next string, err error) {
	size := sinks.PageSize(limit)
	query := object{
		"size": size, "track_total_hits": false, "query": object{"bool": object{"filter": append([]object{}, l.filters...)}},
		"sort": []object{{"@timestamp": object{"order": order, "unmapped_type": "date"}}, {"tocsin.id": object{"order": "asc", "unmapped_type": "keyword"}}},
	}
	if cursor != "" {
		var after []any
		if err := json.Unmarshal([]byte(cursor), &after); err != nil || len(after) != 2 {
			return nil, "", fmt.Errorf("cursor %.40q: %w", cursor, tocsin.ErrQuery)
		}
		query["search_after"] = after
	}
	reply, err := s.search(ctx, s.monthly(kindAlerts, "*"), query)
	if err != nil {
		return nil, "", err
	}
	for _, hit := range reply.Hits.Hits {
		a, err := s.schema.decodeAlert(hit.Source)
		if err != nil {
			return nil, "", fmt.Errorf("document %.80q of %s: %w", hit.ID, hit.Index, err)
		}
		alerts = append(alerts, a)
	}
	if n := len(reply.Hits.Hits); n == size {
		next = string(reply.Hits.Hits[n-1].Sort)
	}
	return alerts, next, nil
}
