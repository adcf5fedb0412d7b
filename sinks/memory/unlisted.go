package memory

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"tocsin"
)

// Unlisted names incidents that have a log and no projection; see [sinks.UnlistedStore].
func (s *Store) Unlisted(ctx context.Context, _ time.Time, limit int) (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.logs)) {
		if _, listed := s.incidents[id]; listed || len(s.logs[id]) == 0 || len(ids) == limit {
			continue
		}
		var first tocsin.LogEntry
		if err := json.Unmarshal(s.logs[id][0], &first); err == nil && first.Action.Founds() {
			ids = append(ids, id)
		}
	}
	return ids, ctx.Err()
}
