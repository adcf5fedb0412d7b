package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

// StoreAlerts creates each alert; see [sinks.AlertStore]. It is one transaction. SQLite refuses no alert.
func (s *Store) StoreAlerts(ctx context.Context, alerts []tocsin.Alert) ([]tocsin.Receipt, error) {
	if len(alerts) == 0 {
		return nil, nil
	}
	receipts := make([]tocsin.Receipt, len(alerts))
	err := s.InTx(ctx, func(tx *Store) error {
		insert, err := tx.tx.PrepareContext(ctx, `INSERT INTO alerts (id, month, ref, sha, doc, raw) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`)
		if err != nil {
			return translate("alerts", err)
		}
		defer insert.Close()
		for i := range alerts {
			if receipts[i], err = tx.storeAlert(ctx, insert, alerts[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return receipts, nil
}

func (s *Store) storeAlert(ctx context.Context, insert *sql.Stmt, a tocsin.Alert) (tocsin.Receipt, error) {
	verdict, err := s.createAlert(ctx, insert, &a)
	if err != nil || verdict != tocsin.Resent {
		return tocsin.Receipt{Verdict: verdict}, err
	}
	again := sinks.Resend(a)
	_, err = s.createAlert(ctx, insert, &again)
	return tocsin.Receipt{Verdict: tocsin.Resent, Other: again.ID}, err
}

func (s *Store) createAlert(ctx context.Context, insert *sql.Stmt, a *tocsin.Alert) (tocsin.ReceiptVerdict, error) {
	doc, err := sinks.EncodeAlert(a)
	if err != nil {
		return 0, fmt.Errorf("alert %s: %w", a.ID, err)
	}
	ref, err := json.Marshal(a.Ref)
	if err != nil {
		return 0, fmt.Errorf("alert %s: %w", a.ID, err)
	}
	result, err := insert.ExecContext(ctx, a.ID, sinks.Month(a), string(ref), a.SHA256[:], string(doc), blob(a.Raw))
	if err != nil {
		return 0, translate("alert "+a.ID, err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return tocsin.Stored, err
	}
	var there tocsin.Ref
	var sha []byte
	if err := s.tx.QueryRowContext(ctx, `SELECT ref, sha FROM alerts WHERE id = ?`, a.ID).Scan(into(&there), &sha); err != nil {
		return 0, translate("alert "+a.ID, err)
	}
	var digest [32]byte
	copy(digest[:], sha)
	return sinks.Judge(a, there, digest), nil
}

// blob is data as a column that is never null.
func blob(data []byte) []byte {
	if data == nil {
		return []byte{}
	}
	return data
}

// A jsonColumn scans a column of JSON text into its target.
type jsonColumn[T any] struct{ target *T }

// Scan is for database/sql. The error wraps [sinks.ErrDamaged].
func (c *jsonColumn[T]) Scan(column any) error {
	text, ok := column.(string)
	if !ok {
		return fmt.Errorf("column is %T, not text: %w", column, sinks.ErrDamaged)
	}
	if err := json.Unmarshal([]byte(text), c.target); err != nil {
		return fmt.Errorf("%v: %w", err, sinks.ErrDamaged)
	}
	return nil
}

// into makes a column scan its JSON into target.
func into[T any](target *T) *jsonColumn[T] { return &jsonColumn[T]{target} }

// Alert returns one alert with its original bytes.
func (s *Store) Alert(ctx context.Context, id string) (tocsin.Alert, error) {
	var doc, raw []byte
	err := s.reader().QueryRowContext(ctx, `SELECT doc, raw FROM alerts WHERE id = ?`, id).Scan(&doc, &raw)
	if err != nil {
		return tocsin.Alert{}, absent("alert", id, err)
	}
	return sinks.DecodeAlert(doc, raw)
}

// absent turns a missing row into [tocsin.ErrNotFound].
func absent(what, id string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s %.80q: %w", what, id, tocsin.ErrNotFound)
	}
	return translate(what, err)
}

// retentionBatch is how many alerts one transaction of [Store.DeleteAlerts] deletes: writers wait for no longer.
const retentionBatch = 2000

// DeleteAlerts deletes the alerts of the months before the given one, e.g. "2026.01", and returns how many. Alerts
// that an incident's events refer to are kept. It is many short transactions and may be stopped at any time.
func (s *Store) DeleteAlerts(ctx context.Context, before string) (int64, error) {
	kept, err := s.evidence(ctx)
	if err != nil {
		return 0, err
	}
	var deleted int64
	for after := int64(0); ; {
		rows, last, seen, err := s.expired(ctx, before, after, kept)
		if err != nil || seen == 0 {
			return deleted, err
		}
		err = s.InTx(ctx, func(tx *Store) error {
			for _, row := range rows {
				if _, err := tx.tx.ExecContext(ctx, `DELETE FROM alerts WHERE rowid = ?`, row); err != nil {
					return translate("retention", err)
				}
			}
			return nil
		})
		if err != nil {
			return deleted, err
		}
		deleted, after = deleted+int64(len(rows)), last
	}
}

// expired returns the rows after a row that may go, the last row looked at and how many were looked at.
func (s *Store) expired(ctx context.Context, before string, after int64, kept map[string]bool) (rows []int64, last int64, seen int, err error) {
	found, err := s.reader().QueryContext(ctx, `SELECT rowid, id FROM alerts WHERE rowid > ? AND month < ? ORDER BY rowid LIMIT ?`, after, before, retentionBatch)
	if err != nil {
		return nil, 0, 0, translate("retention", err)
	}
	defer found.Close()
	for found.Next() {
		var id string
		if err := found.Scan(&last, &id); err != nil {
			return nil, 0, 0, translate("retention", err)
		}
		seen++
		if !kept[id] {
			rows = append(rows, last)
		}
	}
	return rows, last, seen, translate("retention", found.Err())
}

// evidence returns the ids of the alerts that the events of incidents refer to.
func (s *Store) evidence(ctx context.Context) (map[string]bool, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT json_extract(a.value, '$.id') FROM links l JOIN events e ON e.id = l.value, json_each(e.doc, '$.evidence.alerts') a WHERE l.kind = 'event'`)
	if err != nil {
		return nil, translate("evidence", err)
	}
	defer rows.Close()
	kept := map[string]bool{}
	for rows.Next() {
		var id sql.NullString
		if err := rows.Scan(&id); err != nil {
			return nil, translate("evidence", err)
		}
		kept[id.String] = true
	}
	return kept, translate("evidence", rows.Err())
}
