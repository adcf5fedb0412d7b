package elastic

import (
	"context"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

// kindAudit is the kind of the monthly indices of who did what, which only grow.
const kindAudit = "audit"

var _ sinks.AuditLog = (*Store)(nil)

// Audit creates an entry in the month of its id; see [sinks.AuditLog].
func (s *Store) Audit(ctx context.Context, e tocsin.AuditEntry) error {
	index, ok := s.indexOf(kindAudit, e.ID)
	if !ok {
		return fmt.Errorf("audit entry %.80q names no month: %w", e.ID, sinks.ErrPermanent)
	}
	doc, err := stored(e.At, "event", object{
		"id": e.ID, "kind": kindAudit, "tenant": e.Tenant, "by": object{"kind": e.By.Kind, "id": e.By.ID, "role": e.By.Role},
		"action": e.Action, "object": e.Object, "outcome": e.Outcome, "request": e.Request, "order": object{"at": sinks.Nanos(e.At)},
	}, e)
	if err != nil {
		return fmt.Errorf("audit entry %s: %w", e.ID, err)
	}
	at := name{index, e.ID}
	ledger, err := s.put(ctx, action{op: "create", index: at.index, id: at.id, doc: doc})
	if err != nil || ledger[0].verdict() != conflict {
		return err
	}
	var there tocsin.AuditEntry
	if _, err := s.one(ctx, at, &there); err != nil {
		return err
	}
	if !there.At.Equal(e.At) || there.Request != e.Request || there.Reason != e.Reason || there.By != e.By {
		return fmt.Errorf("audit entry %s: %w", e.ID, tocsin.ErrConflict)
	}
	return nil
}

// AuditEntries lists entries; see [sinks.AuditLog].
func (s *Store) AuditEntries(ctx context.Context, q tocsin.AuditQuery) (tocsin.Page[tocsin.AuditEntry], error) {
	l := listing{name: "audit", index: s.monthly(kindAudit, "*"), at: "tocsin.order.at"}
	l.equal("tocsin.kind", kindAudit) // beside them are the dispositions of dead letters
	l.equal("tocsin.tenant", q.Tenant)
	l.equal("tocsin.by.id", q.By)
	l.equal("tocsin.action", q.Action)
	l.equal("tocsin.object", q.Object)
	l.equal("tocsin.outcome", string(q.Outcome))
	l.between("tocsin.order.at", q.Since, q.Until)
	return list(ctx, s, l, q.Limit, q.Cursor, sinks.AuditKey)
}
