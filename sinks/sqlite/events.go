package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"tocsin"
	"tocsin/sinks"
)

// StoreEvents keeps each event unless a later revision is there; see [sinks.EventStore]. It is one transaction.
func (s *Store) StoreEvents(ctx context.Context, events []tocsin.Event) error {
	if len(events) == 0 {
		return nil
	}
	return s.InTx(ctx, func(tx *Store) error {
		for i := range events {
			doc, err := json.Marshal(&events[i])
			if err != nil {
				return fmt.Errorf("event %s: %w", events[i].ID, err)
			}
			e := &events[i]
			n, err := tx.exec(ctx, "event "+e.ID, `INSERT INTO events (id, revision, tenant, rule, level, activity, detected, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, activity = excluded.activity, doc = excluded.doc WHERE excluded.revision > events.revision`,
				e.ID, e.Revision, e.Tenant, e.Rule.ID, e.Rule.Level, string(e.Activity), sinks.Nanos(e.Detected), string(doc))
			if err != nil {
				return err
			}
			if n == 1 {
				if err := tx.entitiesOf(ctx, e); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// Event returns one event.
func (s *Store) Event(ctx context.Context, id string) (e tocsin.Event, err error) {
	return e, s.document(ctx, "event", id, `SELECT doc FROM events WHERE id = ?`, into(&e))
}

// document reads one document into its target; the error wraps [tocsin.ErrNotFound].
func (s *Store) document(ctx context.Context, what, id, query string, target any) error {
	if err := s.reader().QueryRowContext(ctx, query, id).Scan(target); err != nil {
		return absent(what, id, err)
	}
	return nil
}

// Events returns the events that are known, in the order asked.
func (s *Store) Events(ctx context.Context, ids []string) ([]tocsin.Event, error) {
	var events []tocsin.Event
	for _, id := range ids {
		switch e, err := s.Event(ctx, id); {
		case errors.Is(err, tocsin.ErrNotFound):
		case err != nil:
			return nil, err
		default:
			events = append(events, e)
		}
	}
	return events, nil
}

// StoreRejections keeps each rejection once; see [sinks.DeadLetterStore]. It is one transaction.
func (s *Store) StoreRejections(ctx context.Context, rejections []tocsin.Rejection) error {
	if len(rejections) == 0 {
		return nil
	}
	return s.InTx(ctx, func(tx *Store) error {
		for i := range rejections {
			r := &rejections[i]
			doc, err := json.Marshal(r)
			if err != nil {
				return fmt.Errorf("dead letter %s: %w", r.ID, err)
			}
			if _, err := tx.exec(ctx, "dead letter "+r.ID, `INSERT INTO rejections (id, tenant, source, reason, received, doc) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
				r.ID, r.Tenant, r.Source, r.Reason, sinks.Nanos(r.Received), string(doc)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Rejection returns one dead letter; see [sinks.DeadLetters].
func (s *Store) Rejection(ctx context.Context, id string) (r tocsin.Rejection, err error) {
	return r, s.document(ctx, "dead letter", id, `SELECT doc FROM rejections WHERE id = ?`, into(&r))
}

// beginning is a dead letter with the [sinks.Beginning] of its bytes alone, which are 1332 letters of base64.
const beginning = "json_set(doc, '$.raw', substr(doc->>'$.raw', 1, 1332))"

// Rejections lists dead letters; see [sinks.DeadLetters].
func (s *Store) Rejections(ctx context.Context, q sinks.RejectionQuery) (tocsin.Page[tocsin.Rejection], error) {
	l := listing{name: "rejections", table: "rejections", rank: "''", at: "received", doc: beginning}
	l.equal("tenant", q.Tenant)
	l.equal("source", q.Source)
	l.equal("reason", q.Reason)
	if !q.Since.IsZero() {
		l.where("received >= ?", sinks.Nanos(q.Since))
	}
	return list[tocsin.Rejection](ctx, s, l, q.Limit, q.Cursor)
}

// StoreSnapshot keeps the snapshot, compressed, unless a later one is there; see [sinks.StateStore].
func (s *Store) StoreSnapshot(ctx context.Context, snap tocsin.Snapshot) error {
	manifest, packed, err := sinks.Pack(snap)
	if err != nil {
		return err
	}
	doc, err := json.Marshal(manifest)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	_, err = s.exec(ctx, "snapshot", `INSERT INTO snapshots (partition, next, manifest, state) VALUES (?, ?, ?, ?)
		ON CONFLICT (partition) DO UPDATE SET next = excluded.next, manifest = excluded.manifest, state = excluded.state WHERE excluded.next >= snapshots.next`,
		snap.Partition, snap.Version(), string(doc), blob(packed))
	return err
}

// LatestSnapshot returns the partition's snapshot; see [sinks.StateStore].
func (s *Store) LatestSnapshot(ctx context.Context, partition int32) (tocsin.Snapshot, error) {
	var manifest sinks.Manifest
	var packed []byte
	err := s.reader().QueryRowContext(ctx, `SELECT manifest, state FROM snapshots WHERE partition = ?`, partition).Scan(into(&manifest), &packed)
	if err != nil {
		return tocsin.Snapshot{}, absent("snapshot of partition", strconv.Itoa(int(partition)), err)
	}
	return sinks.Unpack(manifest, packed)
}
