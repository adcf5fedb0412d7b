package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"tocsin"
)

// PutInformant keeps an informant; see [sinks.Informants].
func (s *Store) PutInformant(ctx context.Context, i tocsin.Informant) error {
	doc, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("informant %s: %w", i.Token, err)
	}
	return s.InTx(ctx, func(tx *Store) error {
		n, err := tx.exec(ctx, "informant "+i.Token, `INSERT INTO informants (token, doc) VALUES (?, ?) ON CONFLICT DO NOTHING`, i.Token, string(doc))
		if err != nil || n == 1 {
			return err
		}
		there, err := tx.Informant(ctx, i.Token)
		if err == nil && there != i {
			err = fmt.Errorf("informant %s: %w", i.Token, tocsin.ErrConflict)
		}
		return err
	})
}

// Informant tells who it is; see [sinks.Informants].
func (s *Store) Informant(ctx context.Context, token string) (i tocsin.Informant, err error) {
	return i, s.document(ctx, "informant", token, `SELECT doc FROM informants WHERE token = ?`, into(&i))
}

// EraseInformant forgets who it is; see [sinks.Informants]. What stood in the file is overwritten.
func (s *Store) EraseInformant(ctx context.Context, token string, e tocsin.Erasure) (i tocsin.Informant, err error) {
	err = s.erasing(ctx, func(tx *Store) error {
		if i, err = tx.Informant(ctx, token); err != nil || !i.Erased.At.IsZero() {
			return err
		}
		i = i.Erase(e)
		doc, err := json.Marshal(i)
		if err != nil {
			return fmt.Errorf("informant %s: %w", token, err)
		}
		_, err = tx.exec(ctx, "informant "+token, `UPDATE informants SET doc = ? WHERE token = ?`, string(doc), token)
		return err
	})
	return i, err
}
