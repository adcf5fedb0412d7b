package memory

import (
	"context"
	"maps"
	"slices"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.WholeBacklogs = (*Store)(nil)

// HeldBacklogs hands out every document; see [sinks.WholeBacklogs].
func (s *Store) HeldBacklogs(_ context.Context, each func(tocsin.Backlog, error) error) error {
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.backlog))
	s.mu.Unlock()
	for _, b := range all {
		if err := each(b, nil); err != nil {
			return err
		}
	}
	return nil
}
