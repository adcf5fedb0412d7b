package sqlite

import (
	"context"
	"time"
)

// Unlisted names incidents that have a log and no projection; see [sinks.UnlistedStore]. It goes from log to log and
// reads no entry.
func (s *Store) Unlisted(ctx context.Context, _ time.Time, limit int) ([]string, error) {
	rows, err := s.reader().QueryContext(ctx, `WITH RECURSIVE logs(id) AS (
			SELECT min(incident) FROM log
			UNION ALL SELECT (SELECT min(incident) FROM log WHERE incident > logs.id) FROM logs WHERE logs.id IS NOT NULL)
		SELECT id FROM logs WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM incidents WHERE incidents.id = logs.id) LIMIT ?`, limit)
	if err != nil {
		return nil, translate("unlisted", err)
	}
	defer rows.Close()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, translate("unlisted", err)
		}
		ids = append(ids, id)
	}
	return ids, translate("unlisted", rows.Err())
}
