package memory

import (
	"context"

	"tocsin"
)

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
