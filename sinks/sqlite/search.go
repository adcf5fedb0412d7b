package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.Searcher = (*Store)(nil)

// findable fills in what an incident is sorted and searched by.
func (s *Store) findable(ctx context.Context, i *tocsin.Incident) error {
	by := sinks.SortedIncident(i)
	title, err := s.titled(ctx, i)
	if err != nil {
		return err
	}
	if _, err := s.exec(ctx, "incident "+i.ID, `UPDATE incidents SET platform = ?, coordinator = ?, disposition = ?, number = ?, title = ?, stage = ?, last = ?, status_since = ?, due = ?, breached = ?, titled = ?, visibility = ? WHERE id = ?`,
		by["platform"], by["coordinator"], by["disposition"], by["number"], by["title"], by["status"], by["last"], by["status_since"], by["due"], sinks.Breached(i), title, i.Visibility, i.ID); err != nil {
		return err
	}
	return s.link(ctx, i)
}

// entitiesOf makes an event findable by its entities. An event gains entities, and loses none.
func (s *Store) entitiesOf(ctx context.Context, e *tocsin.Event) error {
	for _, n := range e.Entities {
		if _, err := s.exec(ctx, "event "+e.ID, `INSERT INTO event_entities (value, event) VALUES (?, ?) ON CONFLICT DO NOTHING`, n.Value, e.ID); err != nil {
			return err
		}
	}
	return nil
}

// fillIn fills the columns of what an earlier version stored, in the transaction of the migration.
func (s *Store) fillIn(ctx context.Context) error {
	incidents, err := documents[tocsin.Incident](ctx, s, `SELECT doc FROM incidents`)
	if err != nil {
		return err
	}
	for n := range incidents {
		if err := s.findable(ctx, &incidents[n]); err != nil {
			return err
		}
	}
	const portion = 500 // events in memory
	for after := ""; ; {
		events, err := documents[tocsin.Event](ctx, s, `SELECT doc FROM events WHERE id > ? ORDER BY id LIMIT ?`, after, portion)
		if err != nil || len(events) == 0 {
			return err
		}
		for n := range events {
			e := &events[n]
			if _, err := s.exec(ctx, "event "+e.ID, `UPDATE events SET tenant = ?, rule = ?, level = ?, activity = ?, detected = ? WHERE id = ?`,
				e.Tenant, e.Rule.ID, e.Rule.Level, string(e.Activity), sinks.Nanos(e.Detected), e.ID); err != nil {
				return err
			}
			if err := s.entitiesOf(ctx, e); err != nil {
				return err
			}
			after = e.ID
		}
	}
}

// documents reads the documents of a query's only column.
func documents[T any](ctx context.Context, s *Store, query string, args ...any) ([]T, error) {
	read := func(text string) (T, error) {
		var item T
		err := into(&item).Scan(text)
		return item, err
	}
	return documentsAs(ctx, s, read, query, args...)
}

// documentsAs reads the documents of a query's only column in some way.
func documentsAs[T any](ctx context.Context, s *Store, read func(string) (T, error), query string, args ...any) ([]T, error) {
	rows, err := s.reader().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, translate("documents", err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, translate("documents", err)
		}
		item, err := read(text)
		if err != nil {
			return nil, translate("documents", err)
		}
		all = append(all, item)
	}
	return all, translate("documents", rows.Err())
}

// EventsBy lists events; see [sinks.Searcher].
func (s *Store) EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error) {
	l := listing{name: "events", table: "events", rank: "''", at: "detected"}
	l.chooseEvents(&q)
	return list[tocsin.Event](ctx, s, l, q.Limit, q.Cursor)
}

// chooseEvents asks for the events that a query selects.
func (l *listing) chooseEvents(q *tocsin.EventQuery) {
	l.equal("tenant", q.Tenant)
	l.equal("rule", q.Rule)
	l.any("level", q.Level)
	activities := make([]string, len(q.Activity))
	for i, a := range q.Activity {
		activities[i] = string(a)
	}
	l.any("activity", activities)
	if q.Entity != "" {
		l.where("id IN (SELECT event FROM event_entities WHERE value = ?)", q.Entity)
	}
	l.within("detected", q.Since, q.Until)
}

// looksAt bounds how many alerts one page of a search looks at: some 50 ms.
const looksAt = 10_000

// AlertsBy lists alerts, the last stored first; see [sinks.Searcher].
func (s *Store) AlertsBy(ctx context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error) {
	before := int64(1) << 62
	if q.Cursor != "" {
		if before, err = strconv.ParseInt(q.Cursor, 10, 64); err != nil || before < 1 {
			return nil, "", fmt.Errorf("cursor %.40q: %w", q.Cursor, tocsin.ErrQuery)
		}
	}
	var lowest int64
	var seen int
	err = s.reader().QueryRowContext(ctx, `SELECT coalesce(min(rowid), 0), count(*) FROM (SELECT rowid FROM alerts WHERE rowid < ? ORDER BY rowid DESC LIMIT ?)`, before, looksAt).Scan(&lowest, &seen)
	if err != nil {
		return nil, "", translate("alerts", err)
	}
	l := listing{}
	l.where("rowid >= ? AND rowid < ?", lowest, before)
	if text, ok := plainly(q.Entity); ok { // most are passed over without being read
		l.where("instr(doc, ?) > 0", text)
	}
	size := sinks.PageSize(q.Limit)
	rows, err := s.reader().QueryContext(ctx, "SELECT rowid, doc, raw FROM alerts"+l.condition()+" ORDER BY rowid DESC", l.args...)
	if err != nil {
		return nil, "", translate("alerts", err)
	}
	defer rows.Close()
	for rows.Next() {
		var doc, raw []byte
		var row int64
		if err := rows.Scan(&row, &doc, &raw); err != nil {
			return nil, "", translate("alerts", err)
		}
		a, err := sinks.DecodeAlert(doc, raw)
		if err != nil {
			return nil, "", err
		}
		if !sinks.SelectsAlert(&q, &a) {
			continue
		}
		if alerts = append(alerts, a); len(alerts) == size {
			return alerts, strconv.FormatInt(row, 10), nil
		}
	}
	if seen == looksAt {
		next = strconv.FormatInt(lowest, 10)
	}
	return alerts, next, translate("alerts", rows.Err())
}

// plainly is a value as it stands in a document, where it stands there as it is; an address may be written otherwise.
func plainly(value string) (string, bool) {
	text, err := json.Marshal(value)
	if err != nil || value == "" || strings.Contains(value, ":") || len(text) != len(value)+2 {
		return "", false
	}
	return value, true
}
