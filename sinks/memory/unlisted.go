package memory

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Unlisted names incidents that have a log and no projection; see [sinks.UnlistedStore].
func (s *Store) Unlisted(ctx context.Context, _ time.Time, limit int) (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.logs)) {
		if _, listed := s.incidents[id]; !listed && len(s.logs[id]) > 0 && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, ctx.Err()
}
