package memory

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// PutNotice stores a notice as the version that follows the stored one; see [sinks.Outbox].
func (s *Store) PutNotice(ctx context.Context, n tocsin.Notice) error {
	return s.succeed(ctx, s.notices, n.ID, n.Version, &n)
}

// Notice returns one notice.
func (s *Store) Notice(_ context.Context, id string) (tocsin.Notice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return read[tocsin.Notice](s.notices, id)
}

// Notices lists notices by their due time.
func (s *Store) Notices(ctx context.Context, q tocsin.NoticeQuery) ([]tocsin.Notice, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []tocsin.Notice
	for id := range s.notices {
		n, err := read[tocsin.Notice](s.notices, id)
		if err != nil {
			return nil, err
		}
		if wanted(q.Tenant, n.Tenant) && wanted(q.Incident, n.Incident) && wanted(q.Receiver, n.Receiver) && wanted(string(q.State), string(n.State)) &&
			(q.Until.IsZero() || !n.Due.After(q.Until)) {
			all = append(all, n)
		}
	}
	slices.SortFunc(all, func(a, b tocsin.Notice) int {
		by := a.Due.Compare(b.Due)
		if q.Newest {
			by = -by
		}
		return cmp.Or(by, strings.Compare(a.ID, b.ID))
	})
	return all[:min(len(all), sinks.NoticeLimit(q))], ctx.Err()
}

// PutTold notes up to which entry an incident's log is told.
func (s *Store) PutTold(ctx context.Context, incident string, seq int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[incident] = max(s.told[incident], seq)
	return ctx.Err()
}

// Told tells it of some incidents.
func (s *Store) Told(ctx context.Context, incidents []string) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int64{}
	for _, id := range incidents {
		if seq, ok := s.told[id]; ok {
			out[id] = seq
		}
	}
	return out, ctx.Err()
}

// DropNotices removes notices.
func (s *Store) DropNotices(ctx context.Context, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		delete(s.notices, id)
	}
	return ctx.Err()
}
