package memory

import (
	"cmp"
	"context"
	"slices"

	"tocsin"
)

// Tallies counts incidents that are alike; see [sinks.Measures].
func (s *Store) Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	t, err := tocsin.NewTallies(q)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.incidents {
		i, err := read[tocsin.Incident](s.incidents, id)
		if err != nil {
			return nil, err
		}
		t.Add(i.Measure())
	}
	return t.All(), ctx.Err()
}

// PutBacklog keeps what was taken of a day; see [sinks.Backlogs].
func (s *Store) PutBacklog(ctx context.Context, all []tocsin.Backlog) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range all {
		if _, taken := s.backlog[b.ID()]; !taken {
			s.backlog[b.ID()] = b
		}
	}
	return ctx.Err()
}

// Backlogs tells what was taken; see [sinks.Backlogs].
func (s *Store) Backlogs(ctx context.Context, tenant, from, to string) ([]tocsin.Backlog, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []tocsin.Backlog{}
	for _, b := range s.backlog {
		if b.Tenant == tenant && b.Day >= from && b.Day < to {
			all = append(all, b)
		}
	}
	slices.SortFunc(all, func(a, b tocsin.Backlog) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.Priority, b.Priority))
	})
	return all, ctx.Err()
}
