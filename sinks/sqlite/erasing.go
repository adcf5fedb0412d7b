package sqlite

import (
	"context"
	"errors"
)

// erasing runs fn in a transaction that overwrites what it replaces or deletes, also in the pages that it frees, and
// folds the write-ahead log, in which the pages stand as they were.
func (s *Store) erasing(ctx context.Context, fn func(tx *Store) error) error {
	err := s.InTx(ctx, func(tx *Store) error {
		if _, err := tx.tx.ExecContext(ctx, `PRAGMA secure_delete = 1`); err != nil {
			return translate("erase", err)
		}
		err := fn(tx)
		if s.overwrite {
			return err
		}
		if _, off := tx.tx.ExecContext(ctx, `PRAGMA secure_delete = 0`); off != nil {
			return errors.Join(err, translate("erase", off))
		}
		return err
	})
	if err != nil || s.tx != nil {
		return err
	}
	return s.Fold(ctx)
}

// Fold moves the write-ahead log into the file and empties it; see [sinks.LogEraser]. Where somebody reads meanwhile it stays, after the wait
// that every write has, until SQLite does so by itself.
func (s *Store) Fold(ctx context.Context) error {
	_, err := s.write.ExecContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return translate("erase", err)
}
