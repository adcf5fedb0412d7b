package memory

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.Secrets = (*Store)(nil)

// PutSecret puts a value in the place of another; see [sinks.Secrets].
func (s *Store) PutSecret(ctx context.Context, kind, name string, was, value []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, there := s.secrets[kind][name]; there != (was != nil) || !bytes.Equal(old, was) {
		return fmt.Errorf("%s %.80q: %w", kind, name, tocsin.ErrConflict)
	}
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
