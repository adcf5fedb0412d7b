package sqlite

import (
	"context"
	"encoding/json"
	"time"

	"tocsin"
)

// Unlisted names incidents that have a log and no projection; see [sinks.UnlistedStore]. It goes from log to log, and
// reads the first entry of those that have none.
func (s *Store) Unlisted(ctx context.Context, _ time.Time, limit int) ([]string, error) {
	founding, err := json.Marshal(tocsin.FoundingActions())
	if err != nil {
		return nil, err
	}
	rows, err := s.reader().QueryContext(ctx, `WITH RECURSIVE logs(id) AS (
			SELECT min(incident) FROM log
			UNION ALL SELECT (SELECT min(incident) FROM log WHERE incident > logs.id) FROM logs WHERE logs.id IS NOT NULL)
		SELECT id FROM logs WHERE id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM incidents WHERE incidents.id = logs.id)
			AND EXISTS (SELECT 1 FROM log WHERE incident = logs.id AND seq = 1
				AND CASE WHEN json_valid(doc) THEN doc ->> '$.action' END IN (SELECT value FROM json_each(?)))
		LIMIT ?`, string(founding), limit)
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
