package sqlite

import (
	"context"
)

// cursor keeps or forgets a cursor, in the transaction of the entries that it belongs to.
func (w *journalWriter) cursor(ctx context.Context, e *JournalEntry) error {
	if e.Raw == nil {
		_, err := w.store.exec(ctx, "cursor", `DELETE FROM cursors WHERE source = ? AND name = ?`, e.Source, e.Position)
		return err
	}
	_, err := w.store.exec(ctx, "cursor", `INSERT INTO cursors (source, name, value) VALUES (?, ?, ?)
		ON CONFLICT (source, name) DO UPDATE SET value = excluded.value`, e.Source, e.Position, e.Raw)
	return err
}

// SetCursor keeps how far something has been read, under the name of a source and one of its parts. Inside [Store.InTx]
// it shares the transaction with what was made of it.
func (s *Store) SetCursor(ctx context.Context, source, name string, value []byte) error {
	_, err := s.exec(ctx, "cursor", `INSERT INTO cursors (source, name, value) VALUES (?, ?, ?)
		ON CONFLICT (source, name) DO UPDATE SET value = excluded.value`, source, name, value)
	return err
}

// Cursors returns the cursors of a source by their names, as [JournalCursor] entries left them.
func (s *Store) Cursors(ctx context.Context, source string) (map[string][]byte, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT name, value FROM cursors WHERE source = ?`, source)
	if err != nil {
		return nil, translate("cursors", err)
	}
	defer rows.Close()
	found := map[string][]byte{}
	for rows.Next() {
		var name string
		var value []byte
		if err := rows.Scan(&name, &value); err != nil {
			return nil, translate("cursors", err)
		}
		found[name] = value
	}
	return found, translate("cursors", rows.Err())
}
