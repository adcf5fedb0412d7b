package sqlite

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Alerts lists the stored alerts of an event time at or after since, in the order of their storing.
func (s *Store) Alerts(ctx context.Context, since time.Time, limit int, cursor string) (alerts []tocsin.Alert, next string, err error) {
	row := int64(0)
	if cursor != "" {
		if row, err = strconv.ParseInt(cursor, 10, 64); err != nil {
			return nil, "", fmt.Errorf("cursor %.40q: %w", cursor, tocsin.ErrQuery)
		}
	}
	rows, err := s.reader().QueryContext(ctx, `SELECT rowid, doc, raw FROM alerts WHERE rowid > ? ORDER BY rowid LIMIT ?`, row, sinks.PageSize(limit))
	if err != nil {
		return nil, "", translate("alerts", err)
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var doc, raw []byte
		if err := rows.Scan(&row, &doc, &raw); err != nil {
			return nil, "", translate("alerts", err)
		}
		a, err := sinks.DecodeAlert(doc, raw)
		if err != nil {
			return nil, "", err
		}
		if seen++; !a.Time.Before(since) {
			alerts = append(alerts, a)
		}
	}
	if seen == sinks.PageSize(limit) {
		next = strconv.FormatInt(row, 10)
	}
	return alerts, next, translate("alerts", rows.Err())
}
