package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"tocsin"
	"tocsin/sinks"
)

var (
	_ sinks.TreeStore       = (*Store)(nil)
	_ sinks.CheckpointStore = (*Store)(nil)
)

// PutStretch creates a stretch; see [sinks.TreeStore].
func (s *Store) PutStretch(ctx context.Context, st tocsin.Stretch) error {
	doc, err := json.Marshal(st)
	if err != nil {
		return fmt.Errorf("stretch at %d: %w", st.First, err)
	}
	return s.InTx(ctx, func(tx *Store) error {
		n, err := tx.exec(ctx, "stretch", `INSERT INTO stretches (first, last, doc) SELECT ?1, ?2, ?3
			WHERE ?2 >= ?1 AND ?1 = 1 + (SELECT coalesce(max(last), -1) FROM stretches)`, st.First, st.End()-1, string(doc))
		if err != nil {
			return err
		}
		if n == 0 {
			var there string
			row := tx.tx.QueryRowContext(ctx, `SELECT coalesce((SELECT doc FROM stretches WHERE first = ?), '')`, st.First)
			if err := row.Scan(&there); err != nil {
				return translate("stretch", err)
			}
			if there != string(doc) {
				return fmt.Errorf("stretch at %d: %w", st.First, tocsin.ErrConflict)
			}
			return nil
		}
		return tx.sequence(ctx, st.First, st.Leaves)
	})
}

// StretchesOf returns those that hold leaves of a log; see [sinks.TreeStore].
func (s *Store) StretchesOf(ctx context.Context, log string) ([]tocsin.Stretch, error) {
	return documentsAs(ctx, s, sinks.ReadStretch, `SELECT s.doc FROM leaves l JOIN stretches s ON s.first = l.first WHERE l.log = ? ORDER BY s.first`, log)
}

// sequence notes which entries have a leaf.
func (s *Store) sequence(ctx context.Context, first int64, leaves []tocsin.TreeLeaf) error {
	last := map[string]int64{}
	for _, l := range leaves {
		last[l.Incident] = max(last[l.Incident], l.Seq)
	}
	for log, seq := range last {
		if _, err := s.exec(ctx, "stretch", `INSERT INTO sequenced (log, seq) VALUES (?1, ?2) ON CONFLICT (log) DO UPDATE SET seq = max(seq, ?2)`, log, seq); err != nil {
			return err
		}
		if _, err := s.exec(ctx, "stretch", `INSERT INTO leaves (log, first) VALUES (?, ?)`, log, first); err != nil {
			return err
		}
		_, err := s.exec(ctx, "stretch", `DELETE FROM unsequenced WHERE log = ?1 AND ?2 >= (SELECT max(seq) FROM log WHERE incident = ?1)`, log, seq)
		if err != nil {
			return err
		}
	}
	return nil
}

// Stretches returns stretches; see [sinks.TreeStore].
func (s *Store) Stretches(ctx context.Context, from int64, limit int) ([]tocsin.Stretch, error) {
	if from < 0 {
		return documentsAs(ctx, s, sinks.ReadStretch, `SELECT doc FROM stretches ORDER BY first DESC LIMIT 1`)
	}
	return documentsAs(ctx, s, sinks.ReadStretch, `SELECT doc FROM stretches`+stretchesFrom, from, limit)
}

// stretchesFrom finds some stretches from the one on that holds a leaf.
const stretchesFrom = ` WHERE first >= coalesce((SELECT max(first) FROM stretches WHERE first <= ?1), 0) AND last >= ?1 ORDER BY first LIMIT ?2`

// Unsequenced lists logs that have grown; see [sinks.TreeStore]. A trigger of the log keeps the list.
func (s *Store) Unsequenced(ctx context.Context, _ time.Time, limit int) ([]tocsin.LogHead, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT u.log, coalesce(q.seq, 0) FROM unsequenced u LEFT JOIN sequenced q ON q.log = u.log ORDER BY u.log LIMIT ?`, limit)
	if err != nil {
		return nil, translate("unsequenced", err)
	}
	defer rows.Close()
	var heads []tocsin.LogHead
	for rows.Next() {
		var h tocsin.LogHead
		if err := rows.Scan(&h.Incident, &h.Seq); err != nil {
			return nil, translate("unsequenced", err)
		}
		heads = append(heads, h)
	}
	return heads, translate("unsequenced", rows.Err())
}

// PutCheckpoint creates a checkpoint; see [sinks.CheckpointStore].
func (s *Store) PutCheckpoint(ctx context.Context, c tocsin.Checkpoint) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("checkpoint of %d leaves: %w", c.Size, err)
	}
	n, err := s.exec(ctx, "checkpoint", `INSERT INTO checkpoints (size, doc) VALUES (?, ?) ON CONFLICT (size) DO NOTHING`, c.Size, string(doc))
	if err != nil || n == 1 {
		return err
	}
	var there string
	row := s.reader().QueryRowContext(ctx, `SELECT doc FROM checkpoints WHERE size = ?`, c.Size)
	if err := row.Scan(&there); err != nil {
		return translate("checkpoint", err)
	}
	if there != string(doc) {
		return fmt.Errorf("checkpoint of %d leaves: %w", c.Size, tocsin.ErrConflict)
	}
	return nil
}

// Checkpoints returns checkpoints; see [sinks.CheckpointStore].
func (s *Store) Checkpoints(ctx context.Context, from int64, limit int) ([]tocsin.Checkpoint, error) {
	if from < 0 {
		return documents[tocsin.Checkpoint](ctx, s, `SELECT doc FROM checkpoints ORDER BY size DESC LIMIT 1`)
	}
	return documents[tocsin.Checkpoint](ctx, s, `SELECT doc FROM checkpoints WHERE size >= ? ORDER BY size LIMIT ?`, from, limit)
}
