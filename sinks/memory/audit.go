package memory

import (
	"context"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

// Audit keeps an entry; see [sinks.AuditLog].
func (s *Store) Audit(ctx context.Context, e tocsin.AuditEntry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if there, ok := s.audit[e.ID]; ok && there != e {
		return fmt.Errorf("audit entry %.80q: %w", e.ID, tocsin.ErrConflict)
	}
	s.audit[e.ID] = e
	return ctx.Err()
}

// AuditEntries lists entries; see [sinks.AuditLog].
func (s *Store) AuditEntries(_ context.Context, q tocsin.AuditQuery) (tocsin.Page[tocsin.AuditEntry], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []item[tocsin.AuditEntry]
	for _, e := range s.audit {
		if wanted(q.Tenant, e.Tenant) && wanted(q.By, e.By.ID) && wanted(q.Action, e.Action) && wanted(q.Object, e.Object) &&
			wanted(string(q.Outcome), string(e.Outcome)) && !e.At.Before(q.Since) && (q.Until.IsZero() || e.At.Before(q.Until)) {
			all = append(all, item[tocsin.AuditEntry]{sinks.AuditKey(&e), e})
		}
	}
	return page("audit", all, q.Limit, q.Cursor)
}
