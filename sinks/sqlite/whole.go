package sqlite

import (
	"context"
	"fmt"

	"tocsin"
)

// AllEvents returns every event, by id. It is for small registers: a demo, an export.
func (s *Store) AllEvents(ctx context.Context) ([]tocsin.Event, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT doc FROM events ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	defer rows.Close()
	var all []tocsin.Event
	for rows.Next() {
		var e tocsin.Event
		if err := rows.Scan(into(&e)); err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// CountAlerts returns how many alerts are stored.
func (s *Store) CountAlerts(ctx context.Context) (n int64, err error) {
	if err := s.reader().QueryRowContext(ctx, `SELECT count(*) FROM alerts`).Scan(&n); err != nil {
		return 0, fmt.Errorf("alerts: %w", err)
	}
	return n, nil
}
