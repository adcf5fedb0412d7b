package memory

import (
	"context"
	"fmt"

	"tocsin"
)

// PutInformant keeps an informant; see [sinks.Informants].
func (s *Store) PutInformant(ctx context.Context, i tocsin.Informant) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if there, ok := s.informants[i.Token]; ok && there != i {
		return fmt.Errorf("informant %s: %w", i.Token, tocsin.ErrConflict)
	}
	s.informants[i.Token] = i
	return ctx.Err()
}

// Informant tells who it is; see [sinks.Informants].
func (s *Store) Informant(ctx context.Context, token string) (tocsin.Informant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.informants[token]
	if !ok {
		return i, fmt.Errorf("informant %.80q: %w", token, tocsin.ErrNotFound)
	}
	return i, ctx.Err()
}

// EraseInformant forgets who it is; see [sinks.Informants].
func (s *Store) EraseInformant(ctx context.Context, token string, e tocsin.Erasure) (tocsin.Informant, error) {
	i, err := s.Informant(ctx, token)
	if err != nil || !i.Erased.At.IsZero() {
		return i, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	i = i.Erase(e)
	s.informants[token] = i
	return i, nil
}
