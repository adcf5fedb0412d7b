package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

var (
	_ sinks.EvidenceStore = (*Store)(nil)
	_ sinks.Retention     = (*Store)(nil)
	_ sinks.LogEraser     = (*Store)(nil)
	_ sinks.Disposer      = (*Store)(nil)
	_ sinks.Entitlement   = (*Store)(nil)
)

// Originals returns alerts with their bytes; see [sinks.EvidenceStore].
func (s *Store) Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error) {
	var alerts []tocsin.Alert
	for _, ref := range refs {
		a, err := s.Alert(ctx, ref.ID)
		if errors.Is(err, tocsin.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		alerts = append(alerts, a)
	}
	return alerts, nil
}

// PutExhibits creates copies; see [sinks.EvidenceStore].
func (s *Store) PutExhibits(ctx context.Context, all []tocsin.Exhibit) error {
	return s.InTx(ctx, func(tx *Store) error {
		for _, x := range all {
			original := x.Original
			x.Original = nil
			doc, err := json.Marshal(x)
			if err != nil {
				return fmt.Errorf("exhibit %s: %w", x.ID, err)
			}
			if _, err := tx.exec(ctx, "exhibit "+x.ID, `INSERT INTO exhibits (incident, id, doc, original) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
				x.Incident, x.ID, string(doc), blob(original)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Exhibits returns copies; see [sinks.EvidenceStore]. One whose bytes were deleted has none of length 0.
func (s *Store) Exhibits(ctx context.Context, incident string, ids []string, originals bool) ([]tocsin.Exhibit, error) {
	var all []tocsin.Exhibit
	for _, id := range ids {
		var x tocsin.Exhibit
		err := s.reader().QueryRowContext(ctx, `SELECT doc, CASE WHEN ? THEN nullif(original, x'') END FROM exhibits WHERE incident = ? AND id = ?`, originals, incident, id).Scan(into(&x), &x.Original)
		if err = absent("exhibit", id, err); errors.Is(err, tocsin.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, nil
}

// AlertMonths counts alerts by month; see [sinks.Retention].
func (s *Store) AlertMonths(ctx context.Context) (map[string]int64, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT month, count(*) FROM alerts GROUP BY month`)
	if err != nil {
		return nil, translate("months", err)
	}
	defer rows.Close()
	months := map[string]int64{}
	for rows.Next() {
		var month string
		var n int64
		if err := rows.Scan(&month, &n); err != nil {
			return nil, translate("months", err)
		}
		months[month] = n
	}
	return months, translate("months", rows.Err())
}

// DropAlerts deletes a month's alerts, a short transaction after another; see [sinks.Retention].
func (s *Store) DropAlerts(ctx context.Context, month string) (int64, error) {
	var deleted int64
	for {
		n, err := s.exec(ctx, "retention", `DELETE FROM alerts WHERE rowid IN (SELECT rowid FROM alerts WHERE month = ? LIMIT ?)`, month, retentionBatch)
		if deleted += n; err != nil || n == 0 {
			return deleted, err
		}
	}
}

// Copies are the ids of all copies of an incident; see [sinks.Disposer].
func (s *Store) Copies(ctx context.Context, incident string) (ids []string, err error) {
	err = scanRows(ctx, s.reader(), `SELECT id FROM exhibits WHERE incident = ? ORDER BY id`, []any{incident}, 1, func(row []any) { ids = append(ids, word(row[0])) })
	return ids, err
}

// DropOriginals deletes the bytes of copies, all or none; see [sinks.Disposer]. The pages that held them are overwritten.
func (s *Store) DropOriginals(ctx context.Context, incident string, ids []string) error {
	return s.erasing(ctx, func(tx *Store) error {
		for _, id := range ids {
			if _, err := tx.exec(ctx, "exhibit "+id, `UPDATE exhibits SET original = x'' WHERE incident = ? AND id = ?`, incident, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReplaceEntry replaces an entry; see [sinks.LogEraser]. The pages that held what was taken out are overwritten.
func (s *Store) ReplaceEntry(ctx context.Context, e tocsin.LogEntry) error {
	doc, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	return s.erasing(ctx, func(tx *Store) error {
		n, err := tx.exec(ctx, "log entry", `UPDATE log SET doc = ? WHERE incident = ? AND seq = ?`, string(doc), e.Incident, e.Seq)
		if err == nil && n == 0 {
			err = fmt.Errorf("log entry %s: %w", e.ID(), tocsin.ErrNotFound)
		}
		return err
	})
}

// Entitled lets whoever may write to the file; see [sinks.Entitlement].
func (s *Store) Entitled(ctx context.Context, _ string) error { return ctx.Err() }
