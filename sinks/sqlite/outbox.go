package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

// PutNotice stores a notice as the version that follows the stored one; see [sinks.Outbox].
func (s *Store) PutNotice(ctx context.Context, n tocsin.Notice) error {
	return s.succeed(ctx, "notices", n.ID, n.Version, &n, map[string]any{
		"tenant": n.Tenant, "incident": n.Incident, "receiver": n.Receiver, "state": string(n.State), "due": sinks.Nanos(n.Due),
	})
}

// Notice returns one notice.
func (s *Store) Notice(ctx context.Context, id string) (n tocsin.Notice, err error) {
	return n, s.document(ctx, "notice", id, `SELECT doc FROM notices WHERE id = ?`, into(&n))
}

// Notices lists notices by their due time.
func (s *Store) Notices(ctx context.Context, q tocsin.NoticeQuery) ([]tocsin.Notice, error) {
	order := "due, id"
	if q.Newest {
		order = "due DESC, id"
	}
	until := int64(-1)
	if !q.Until.IsZero() {
		until = sinks.Nanos(q.Until)
	}
	rows, err := s.reader().QueryContext(ctx, `SELECT doc FROM notices
		WHERE (?1 = '' OR tenant = ?1) AND (?2 = '' OR incident = ?2) AND (?3 = '' OR receiver = ?3) AND (?4 = '' OR state = ?4) AND (?5 = -1 OR due <= ?5)
		ORDER BY `+order+` LIMIT ?6`, q.Tenant, q.Incident, q.Receiver, string(q.State), until, sinks.NoticeLimit(q))
	if err != nil {
		return nil, translate("notices", err)
	}
	defer rows.Close()
	var all []tocsin.Notice
	for rows.Next() {
		var n tocsin.Notice
		if err := rows.Scan(into(&n)); err != nil {
			return nil, translate("notices", err)
		}
		all = append(all, n)
	}
	return all, translate("notices", rows.Err())
}

// PutTold notes up to which entry an incident's log is told.
func (s *Store) PutTold(ctx context.Context, incident string, seq int64) error {
	return s.InTx(ctx, func(tx *Store) error {
		_, err := tx.exec(ctx, "told", `INSERT INTO told (incident, seq) VALUES (?, ?) ON CONFLICT (incident) DO UPDATE SET seq = max(seq, excluded.seq)`, incident, seq)
		return err
	})
}

// Told tells it of some incidents.
func (s *Store) Told(ctx context.Context, incidents []string) (map[string]int64, error) {
	asked, err := json.Marshal(incidents)
	if err != nil {
		return nil, fmt.Errorf("told: %w", err)
	}
	rows, err := s.reader().QueryContext(ctx, `SELECT incident, seq FROM told WHERE incident IN (SELECT value FROM json_each(?))`, string(asked))
	if err != nil {
		return nil, translate("told", err)
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var id string
		var seq int64
		if err := rows.Scan(&id, &seq); err != nil {
			return nil, translate("told", err)
		}
		out[id] = seq
	}
	return out, translate("told", rows.Err())
}

// DropNotices removes notices.
func (s *Store) DropNotices(ctx context.Context, ids []string) error {
	asked, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("notices: %w", err)
	}
	_, err = s.exec(ctx, "notices", `DELETE FROM notices WHERE id IN (SELECT value FROM json_each(?))`, string(asked))
	return err
}
