package memory

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"tocsin"
)

// PutSecret stores a value under a kind and a name and replaces what stood there.
func (s *Store) PutSecret(ctx context.Context, kind, name string, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets == nil {
		s.secrets = map[string]map[string][]byte{}
	}
	if s.secrets[kind] == nil {
		s.secrets[kind] = map[string][]byte{}
	}
	s.secrets[kind][name] = slices.Clone(value)
	return ctx.Err()
}

// Secrets returns the values of a kind by name.
func (s *Store) Secrets(ctx context.Context, kind string) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.secrets[kind]), ctx.Err()
}

// DeleteSecret removes a stored value; the error wraps [tocsin.ErrNotFound].
func (s *Store) DeleteSecret(ctx context.Context, kind, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.secrets[kind][name]; !ok {
		return fmt.Errorf("%s %.80q: %w", kind, name, tocsin.ErrNotFound)
	}
	delete(s.secrets[kind], name)
	return ctx.Err()
}
