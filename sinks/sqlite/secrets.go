package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// PutSecret stores a value, such as the hash of a token, under a kind and a name and replaces what stood there.
// Callers hash what must not be read: the store keeps the value as it is.
func (s *Store) PutSecret(ctx context.Context, kind, name string, value []byte) error {
	_, err := s.exec(ctx, "secret", `INSERT OR REPLACE INTO secrets (kind, name, value) VALUES (?, ?, ?)`, kind, name, blob(value))
	return err
}

// Secret returns a stored value; the error wraps [tocsin.ErrNotFound].
func (s *Store) Secret(ctx context.Context, kind, name string) (value []byte, err error) {
	if err := s.reader().QueryRowContext(ctx, `SELECT value FROM secrets WHERE kind = ? AND name = ?`, kind, name).Scan(&value); err != nil {
		return nil, absent(kind, name, err)
	}
	return value, nil
}

// Secrets returns the values of a kind by name.
func (s *Store) Secrets(ctx context.Context, kind string) (map[string][]byte, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT name, value FROM secrets WHERE kind = ?`, kind)
	if err != nil {
		return nil, translate("secrets", err)
	}
	defer rows.Close()
	all := map[string][]byte{}
	for rows.Next() {
		var name string
		var value []byte
		if err := rows.Scan(&name, &value); err != nil {
			return nil, translate("secrets", err)
		}
		all[name] = value
	}
	return all, translate("secrets", rows.Err())
}

// DeleteSecret removes a stored value; the error wraps [tocsin.ErrNotFound].
func (s *Store) DeleteSecret(ctx context.Context, kind, name string) error {
	changed, err := s.exec(ctx, "secret", `DELETE FROM secrets WHERE kind = ? AND name = ?`, kind, name)
	if err == nil && changed == 0 {
		return fmt.Errorf("%s %.80q: %w", kind, name, tocsin.ErrNotFound)
	}
	return err
}

// An AuditEntry is one line of the audit trail: who did what through the API. Number orders them.
type AuditEntry struct {
	Number int64           `json:"number"`
	At     time.Time       `json:"at"`
	Doc    json.RawMessage `json:"doc"`
}

// Audit appends a line to the audit trail, which only grows. doc must be JSON.
func (s *Store) Audit(ctx context.Context, at time.Time, doc json.RawMessage) error {
	if !json.Valid(doc) {
		return fmt.Errorf("audit: %w", sinks.ErrQuery)
	}
	_, err := s.exec(ctx, "audit", `INSERT INTO audit (at, doc) VALUES (?, ?)`, sinks.Nanos(at), string(doc))
	return err
}

// AuditTrail returns at most limit lines after the given number, in order.
func (s *Store) AuditTrail(ctx context.Context, after int64, limit int) ([]AuditEntry, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT id, at, doc FROM audit WHERE id > ? ORDER BY id LIMIT ?`, after, sinks.PageSize(limit))
	if err != nil {
		return nil, translate("audit", err)
	}
	defer rows.Close()
	var trail []AuditEntry
	for rows.Next() {
		var e AuditEntry
		var at int64
		if err := rows.Scan(&e.Number, &at, into(&e.Doc)); err != nil {
			return nil, translate("audit", err)
		}
		e.At = time.Unix(0, at).UTC()
		trail = append(trail, e)
	}
	return trail, translate("audit", rows.Err())
}
