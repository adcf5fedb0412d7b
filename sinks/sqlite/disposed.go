package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"tocsin"
)

// Dispose keeps a disposition; see [sinks.Dispositions].
func (s *Store) Dispose(ctx context.Context, d tocsin.Disposition) error {
	doc, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("disposition %s: %w", d.ID(), err)
	}
	return s.InTx(ctx, func(tx *Store) error {
		n, err := tx.exec(ctx, "disposition "+d.ID(), `INSERT INTO dispositions (letter, number, doc)
			SELECT ?1, ?2, ?3 WHERE ?2 = 1 + (SELECT count(*) FROM dispositions WHERE letter = ?1)`, d.Letter, d.Number, string(doc))
		if err != nil || n == 1 {
			return err
		}
		var there string
		row := tx.tx.QueryRowContext(ctx, `SELECT coalesce((SELECT doc FROM dispositions WHERE letter = ? AND number = ?), '')`, d.Letter, d.Number)
		if err := row.Scan(&there); err != nil {
			return translate("disposition", err)
		}
		if there != string(doc) {
			return fmt.Errorf("disposition %s: %w", d.ID(), tocsin.ErrConflict)
		}
		return nil
	})
}

// Dispositions tells those of some letters; see [sinks.Dispositions].
func (s *Store) Dispositions(ctx context.Context, letters []string) (map[string][]tocsin.Disposition, error) {
	asked, err := json.Marshal(letters)
	if err != nil {
		return nil, fmt.Errorf("dispositions: %w", err)
	}
	rows, err := s.reader().QueryContext(ctx, `SELECT doc FROM dispositions WHERE letter IN (SELECT value FROM json_each(?)) ORDER BY letter, number`, string(asked))
	if err != nil {
		return nil, translate("dispositions", err)
	}
	defer rows.Close()
	out := map[string][]tocsin.Disposition{}
	for rows.Next() {
		var doc string
		var d tocsin.Disposition
		if err := rows.Scan(&doc); err != nil {
			return nil, translate("dispositions", err)
		}
		if err := json.Unmarshal([]byte(doc), &d); err != nil {
			return nil, fmt.Errorf("disposition: %w", err)
		}
		out[d.Letter] = append(out[d.Letter], d)
	}
	return out, translate("dispositions", rows.Err())
}
