package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// Append writes the entry at its position, or returns [tocsin.ErrConflict] where another one stands or a gap would
// arise; the same entry again changes nothing.
func (s *Store) Append(ctx context.Context, e tocsin.LogEntry) error {
	doc, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	return s.InTx(ctx, func(tx *Store) error {
		changed, err := tx.exec(ctx, "log entry", `INSERT INTO log (incident, seq, doc) SELECT ?1, ?2, ?3
			WHERE ?2 = 1 + (SELECT coalesce(max(seq), 0) FROM log WHERE incident = ?1)`, e.Incident, e.Seq, string(doc))
		if err != nil || changed == 1 {
			return err
		}
		var stored []byte
		if err := tx.document(ctx, "log entry", e.Incident, fmt.Sprintf(`SELECT doc FROM log WHERE incident = ? AND seq = %d`, e.Seq), &stored); err == nil {
			if same, err := sinks.SameEntry(stored, &e); err != nil || same {
				return err
			}
		}
		return fmt.Errorf("log entry %s: %w", e.ID(), tocsin.ErrConflict)
	})
}

// Entries returns the incident's log from sequence number from on.
func (s *Store) Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT doc FROM log WHERE incident = ? AND seq >= ? ORDER BY seq`, incident, from)
	if err != nil {
		return nil, translate("log", err)
	}
	defer rows.Close()
	var entries []tocsin.LogEntry
	for rows.Next() {
		var e tocsin.LogEntry
		if err := rows.Scan(into(&e)); err != nil {
			return nil, translate("log of "+incident, err)
		}
		entries = append(entries, e)
	}
	return entries, translate("log", rows.Err())
}

// PutIncident stores the projection unless a later revision is there.
func (s *Store) PutIncident(ctx context.Context, i tocsin.Incident) error {
	doc, err := json.Marshal(i)
	if err != nil {
		return fmt.Errorf("incident %s: %w", i.ID, err)
	}
	class, _, _ := strings.Cut(i.Category, "/")
	return s.InTx(ctx, func(tx *Store) error {
		changed, err := tx.exec(ctx, "incident "+i.ID, `INSERT INTO incidents (id, revision, tenant, status, priority, category, class, assignee, opened, updated, doc)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, tenant = excluded.tenant, status = excluded.status, priority = excluded.priority, category = excluded.category,
				class = excluded.class, assignee = excluded.assignee, opened = excluded.opened, updated = excluded.updated, doc = excluded.doc WHERE excluded.revision > incidents.revision`,
			i.ID, i.Revision, i.Tenant, string(i.Status), i.Priority, i.Category, class, i.Assignee, sinks.Nanos(i.Opened), sinks.Nanos(sinks.Updated(&i)), string(doc))
		if err != nil || changed == 0 {
			return err
		}
		if err := tx.measure(ctx, &i); err != nil {
			return err
		}
		return tx.findable(ctx, &i)
	})
}

// A link is what an incident is found by: an event or the value of an entity.
type link struct{ kind, value string }

// link makes an incident findable by its events and entities. Most are there from the revision before: only what
// differs is written.
func (s *Store) link(ctx context.Context, i *tocsin.Incident) error {
	there, err := s.links(ctx, i.ID)
	if err != nil {
		return err
	}
	wanted := linksOf(i)
	for l := range wanted {
		if there[l] {
			continue
		}
		if _, err := s.exec(ctx, "incident "+i.ID, `INSERT INTO links (kind, value, incident) VALUES (?, ?, ?)`, l.kind, l.value, i.ID); err != nil {
			return err
		}
	}
	for l := range there {
		if wanted[l] {
			continue
		}
		if _, err := s.exec(ctx, "incident "+i.ID, `DELETE FROM links WHERE kind = ? AND value = ? AND incident = ?`, l.kind, l.value, i.ID); err != nil {
			return err
		}
	}
	return nil
}

// linksOf are what an incident is found by.
func linksOf(i *tocsin.Incident) map[link]bool {
	wanted := make(map[link]bool, len(i.Events)+len(i.Entities))
	for _, e := range i.Events {
		wanted[link{"event", e}] = true
	}
	for _, e := range i.Entities {
		wanted[link{"entity", e.Value}] = true
	}
	for _, team := range i.Teams {
		wanted[link{"team", team.Name}] = true
	}
	for _, name := range i.Shared {
		wanted[link{"shared", name}] = true
	}
	for _, rule := range i.Rules {
		wanted[link{"rule", rule}] = true
	}
	return wanted
}

func (s *Store) links(ctx context.Context, incident string) (map[link]bool, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT kind, value FROM links WHERE incident = ?`, incident)
	if err != nil {
		return nil, translate("incident "+incident, err)
	}
	defer rows.Close()
	there := map[link]bool{}
	for rows.Next() {
		var l link
		if err := rows.Scan(&l.kind, &l.value); err != nil {
			return nil, translate("incident "+incident, err)
		}
		there[l] = true
	}
	return there, translate("incident "+incident, rows.Err())
}

// Incident returns the current state of one incident.
func (s *Store) Incident(ctx context.Context, id string) (i tocsin.Incident, err error) {
	return i, s.document(ctx, "incident", id, `SELECT doc FROM incidents WHERE id = ?`, into(&i))
}

// Incidents lists incidents. The error wraps [sinks.ErrQuery].
func (s *Store) Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	order, err := sinks.IncidentOrder(&q)
	if err != nil {
		return tocsin.Page[tocsin.Incident]{}, err
	}
	l := listing{name: order.Name, table: "incidents", rank: "''", at: order.Time, rankDown: order.RankDown, atUp: order.TimeUp}
	if order.Rank != "" {
		l.rank = order.Rank
	}
	if l.rank == "status" {
		l.rank = "stage"
	}
	l.choose(&q)
	return list[tocsin.Incident](ctx, s, l, q.Limit, q.Cursor)
}

func texts(statuses []tocsin.Status) []string {
	all := make([]string, len(statuses))
	for i, s := range statuses {
		all[i] = string(s)
	}
	return all
}

// PutVerdict stores the verdict if it follows the stored version; the same verdict again changes nothing.
func (s *Store) PutVerdict(ctx context.Context, v tocsin.Verdict) error {
	return s.succeed(ctx, "verdicts", v.Event, v.Version, &v, map[string]any{
		"tenant": v.Tenant, "state": string(v.Assessment.State), "detected": sinks.Nanos(v.Detected),
	})
}

// Verdict returns the verdict on an event.
func (s *Store) Verdict(ctx context.Context, event string) (v tocsin.Verdict, err error) {
	return v, s.document(ctx, "verdict on event", event, `SELECT doc FROM verdicts WHERE id = ?`, into(&v))
}

// PendingVerdicts lists the verdicts that are pending, newest detected first.
func (s *Store) PendingVerdicts(ctx context.Context, tenant string, limit int, cursor string) (tocsin.Page[tocsin.Verdict], error) {
	l := listing{name: "pending", table: "verdicts", rank: "''", at: "detected"}
	l.equal("state", string(tocsin.Pending))
	l.equal("tenant", tenant)
	return list[tocsin.Verdict](ctx, s, l, limit, cursor)
}

// Verdicts lists verdicts, newest detected first.
func (s *Store) Verdicts(ctx context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error) {
	l := listing{name: "verdicts " + string(q.State), table: "verdicts", rank: "''", at: "detected"}
	l.equal("state", string(q.State))
	l.equal("tenant", q.Tenant)
	if !q.Since.IsZero() {
		l.where("detected >= ?", sinks.Nanos(q.Since))
	}
	return list[tocsin.Verdict](ctx, s, l, q.Limit, q.Cursor)
}

// PutSlot stores the slot if it follows the stored version; the same slot again changes nothing.
func (s *Store) PutSlot(ctx context.Context, slot tocsin.Slot) error {
	return s.succeed(ctx, "slots", slot.ID, slot.Version, &slot, nil)
}

// Slot returns one slot.
func (s *Store) Slot(ctx context.Context, id string) (slot tocsin.Slot, err error) {
	return slot, s.document(ctx, "slot", id, `SELECT doc FROM slots WHERE id = ?`, into(&slot))
}

// succeed stores a document as the version that follows the stored one, with the values of its other columns.
func (s *Store) succeed(ctx context.Context, table, id string, version int64, v any, columns map[string]any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s %s: %w", table, id, err)
	}
	return s.InTx(ctx, func(tx *Store) error {
		var old int64
		var stored string
		if err := tx.tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0), coalesce(max(doc), '') FROM `+table+` WHERE id = ?`, id).Scan(&old, &stored); err != nil {
			return translate(table, err)
		}
		if version == old && stored == string(data) {
			return nil
		}
		if version < 1 || version != old+1 {
			return fmt.Errorf("%s: version %d of %s after version %d: %w", table, version, id, old, tocsin.ErrConflict)
		}
		names, marks, args := "id, version, doc", "?, ?, ?", []any{id, version, string(data)}
		for name, value := range columns {
			names, marks, args = names+", "+name, marks+", ?", append(args, value)
		}
		_, err := tx.exec(ctx, table, "INSERT OR REPLACE INTO "+table+" ("+names+") VALUES ("+marks+")", args...)
		return err
	})
}

// Next returns the counter's next number, 1 at first.
func (s *Store) Next(ctx context.Context, name string) (n int64, err error) {
	err = s.InTx(ctx, func(tx *Store) error {
		return translate("counter", tx.tx.QueryRowContext(ctx,
			`INSERT INTO counters (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`, name).Scan(&n))
	})
	return n, err
}
