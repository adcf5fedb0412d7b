package pipeline

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"tocsin"
	"tocsin/rules"
)

// An Enforced set is one that was put in force. Sets are numbered in the order in which daemons put them in force, so
// that whoever reads a log knows which of two is the newer one, whatever it has itself.
type Enforced struct {
	Set   *rules.Set
	Order int64 // from 1; 0 where nobody counts
}

// Sets hold the rule sets that this daemon knows, the newest one in force. It is safe for concurrent use.
type Sets struct {
	// Fetch reads a set of another daemon, or of another time, by its hash; the error wraps [tocsin.ErrNotFound] where
	// there is none. Nil: there is none.
	Fetch func(ctx context.Context, hash string) (*rules.Set, error)

	current atomic.Pointer[Enforced]
	mu      sync.Mutex
	known   []*rules.Set // the one that was used last in front
}

// mostSets is how many sets are kept compiled: a reload in the middle of a log takes two.
const mostSets = 3

// NewSets starts with one set.
func NewSets(set *rules.Set) *Sets {
	s := &Sets{}
	s.Reload(set)
	return s
}

// Current is the set in force.
func (s *Sets) Current() *rules.Set { return s.current.Load().Set }

// Enforced is the set in force and its number.
func (s *Sets) Enforced() *Enforced { return s.current.Load() }

// Reload puts another set in force where nobody counts.
func (s *Sets) Reload(set *rules.Set) { s.Enforce(set, 0) }

// Enforce puts another set in force.
func (s *Sets) Enforce(set *rules.Set, order int64) {
	s.keep(set)
	s.current.Store(&Enforced{set, order})
}

func (s *Sets) keep(set *rules.Set) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = slices.DeleteFunc(s.known, func(k *rules.Set) bool { return k.Hash == set.Hash })
	s.known = slices.Insert(s.known, 0, set)
	s.known = s.known[:min(len(s.known), mostSets)]
}

// Of is the set with a hash. The error wraps [tocsin.ErrNotFound] where nobody has it.
func (s *Sets) Of(ctx context.Context, hash string) (*rules.Set, error) {
	s.mu.Lock()
	i := slices.IndexFunc(s.known, func(k *rules.Set) bool { return k.Hash == hash })
	var set *rules.Set
	if i >= 0 {
		set = s.known[i]
	}
	s.mu.Unlock()
	switch {
	case set != nil:
	case s.Fetch == nil:
		return nil, fmt.Errorf("rule set %.40q: %w", hash, tocsin.ErrNotFound)
	default:
		var err error
		if set, err = s.Fetch(ctx, hash); err != nil {
			return nil, err
		}
	}
	s.keep(set)
	return set, nil
}
