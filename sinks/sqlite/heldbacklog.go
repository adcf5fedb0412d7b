package sqlite

import (
	"context"
	"fmt"
	"time"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.WholeBacklogs = (*Store)(nil)

// HeldBacklogs hands out every row; see [sinks.WholeBacklogs].
func (s *Store) HeldBacklogs(ctx context.Context, each func(tocsin.Backlog, error) error) error {
	rows, err := s.reader().QueryContext(ctx, `SELECT id, day, at, tenant, priority, open, late, p50_s, p90_s, oldest_s FROM backlog ORDER BY day, tenant, priority`)
	if err != nil {
		return translate("backlog", err)
	}
	defer rows.Close()
	for rows.Next() {
		var b tocsin.Backlog
		var id string
		var at int64
		if err := rows.Scan(&id, &b.Day, &at, &b.Tenant, &b.Priority, &b.Open, &b.Late, &b.P50, &b.P90, &b.Oldest); err != nil {
			return translate("backlog", err)
		}
		b.At = time.Unix(0, at).UTC()
		var odd error
		if id != b.ID() {
			odd = fmt.Errorf("backlog of %s: row %.80q says it is another", b.Day, id)
		}
		if err := each(b, odd); err != nil {
			return err
		}
	}
	return translate("backlog", rows.Err())
}
