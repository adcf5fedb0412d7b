package elastic

import (
	"context"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Unlisted names incidents that have a log and no projection; see [sinks.UnlistedStore]: those of the first entries whose
// incident cannot be got by its id.
func (s *Store) Unlisted(ctx context.Context, since time.Time, limit int) (ids []string, err error) {
	filters := []object{{"term": object{"tocsin.seq": object{"value": 1}}}, {"terms": object{"tocsin.action": tocsin.FoundingActions()}}}
	if !since.IsZero() {
		filters = append(filters, object{"range": object{"tocsin.order.recorded": object{"gte": sinks.Nanos(since)}}})
	}
	var after object
	for {
		begun, next, err := s.logs(ctx, filters, after)
		if err != nil || len(begun) == 0 {
			return ids, err
		}
		names := make([]name, len(begun))
		for n, h := range begun {
			names[n] = name{s.index(kindIncidents), h.Incident}
		}
		docs, err := s.mget(ctx, names, "tocsin.id")
		if err != nil {
			return nil, err
		}
		for n, h := range begun {
			if docs[n].found {
				continue
			}
			if ids = append(ids, h.Incident); len(ids) == limit {
				return ids, nil
			}
		}
		if after = next; after == nil {
			return ids, nil
		}
	}
}
