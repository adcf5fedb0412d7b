package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.Secrets = (*Store)(nil)

// PutSecret puts a value in the place of another; see [sinks.Secrets].
func (s *Store) PutSecret(ctx context.Context, kind, name string, was, value []byte) error {
	return s.InTx(ctx, func(tx *Store) error {
		old, err := tx.Secret(ctx, kind, name)
		if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return err
		}
		if (err == nil) != (was != nil) || !bytes.Equal(old, was) {
			return fmt.Errorf("%s %.80q: %w", kind, name, tocsin.ErrConflict)
		}
		_, err = tx.exec(ctx, "secret", `INSERT OR REPLACE INTO secrets (kind, name, value) VALUES (?, ?, ?)`, kind, name, blob(value))
		return err
	})
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
