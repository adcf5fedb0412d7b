package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.AuditLog = (*Store)(nil)

// Audit keeps an entry; see [sinks.AuditLog]. Triggers refuse to change or remove one.
func (s *Store) Audit(ctx context.Context, e tocsin.AuditEntry) error {
	doc, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("audit entry %s: %w", e.ID, err)
	}
	return s.InTx(ctx, func(tx *Store) error {
		n, err := tx.exec(ctx, "audit", `INSERT INTO audit (id, at, tenant, actor, action, object, outcome, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
			e.ID, sinks.Nanos(e.At), e.Tenant, e.By.ID, e.Action, e.Object, string(e.Outcome), string(doc))
		if err != nil || n == 1 {
			return err
		}
		var there tocsin.AuditEntry
		if err := tx.document(ctx, "audit entry", e.ID, `SELECT doc FROM audit WHERE id = ?`, into(&there)); err != nil {
			return err
		}
		if !there.At.Equal(e.At) || there.Request != e.Request || there.Reason != e.Reason || there.By != e.By {
			return fmt.Errorf("audit entry %s: %w", e.ID, tocsin.ErrConflict)
		}
		return nil
	})
}

// AuditEntries lists entries; see [sinks.AuditLog].
func (s *Store) AuditEntries(ctx context.Context, q tocsin.AuditQuery) (tocsin.Page[tocsin.AuditEntry], error) {
	l := listing{name: "audit", table: "audit", rank: "''", at: "at"}
	l.equal("tenant", q.Tenant)
	l.equal("actor", q.By)
	l.equal("action", q.Action)
	l.equal("object", q.Object)
	l.equal("outcome", string(q.Outcome))
	l.within("at", q.Since, q.Until)
	return list[tocsin.AuditEntry](ctx, s, l, q.Limit, q.Cursor)
}
