package memory

import (
	"context"
	"strconv"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.Counts = (*Store)(nil)

// Mark is how many writes of incidents there were up to the last one of a tenant; see [sinks.Counts].
func (s *Store) Mark(_ context.Context, tenant string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := len(s.measured); n > 0; n-- {
		i, err := read[tocsin.Incident](s.incidents, s.measured[n-1])
		if err != nil {
			return "", err
		}
		if wanted(tenant, i.Tenant) {
			return strconv.Itoa(n), nil
		}
	}
	return "0", nil
}

// Restricted is the revision of each restricted incident; see [sinks.Counts].
func (s *Store) Restricted(context.Context) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]int64{}
	for id := range s.incidents {
		i, err := read[tocsin.Incident](s.incidents, id)
		if err != nil {
			return nil, err
		}
		if i.Visibility == tocsin.Restricted {
			all[id] = i.Revision
		}
	}
	return all, nil
}

// EventCounts says how many events each query selects; see [sinks.Counts].
func (s *Store) EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error) {
	counts := make([]int64, len(queries))
	for n, q := range queries {
		page, err := s.EventsBy(ctx, q)
		if err != nil {
			return nil, err
		}
		counts[n] = page.Total
	}
	return counts, nil
}

// Counts says how many incidents each query selects; see [sinks.Counts].
func (s *Store) Counts(_ context.Context, queries []tocsin.Query) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := make([]int64, len(queries))
	for id := range s.incidents {
		i, err := read[tocsin.Incident](s.incidents, id)
		if err != nil {
			return nil, err
		}
		for n := range queries {
			if selects(&queries[n], &i) {
				counts[n]++
			}
		}
	}
	return counts, nil
}
