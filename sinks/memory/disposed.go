package memory

import (
	"context"
	"fmt"
	"slices"

	"tocsin"
)

// Dispose keeps a disposition; see [sinks.Dispositions].
func (s *Store) Dispose(ctx context.Context, d tocsin.Disposition) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := s.disposed[d.Letter]
	switch n := int64(len(there)); {
	case d.Number == n+1:
		s.disposed[d.Letter] = append(there, d)
	case d.Number < 1 || d.Number > n || there[d.Number-1] != d:
		return fmt.Errorf("disposition %s: %w", d.ID(), tocsin.ErrConflict)
	}
	return ctx.Err()
}

// Dispositions tells those of some letters; see [sinks.Dispositions].
func (s *Store) Dispositions(ctx context.Context, letters []string) (map[string][]tocsin.Disposition, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string][]tocsin.Disposition{}
	for _, letter := range letters {
		if d := s.disposed[letter]; len(d) > 0 {
			out[letter] = slices.Clone(d)
		}
	}
	return out, ctx.Err()
}
