package elastic

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Append creates the entry at its position, or returns [tocsin.ErrConflict] where another one stands; the same entry
// again changes nothing. It does not see gaps: callers append after the last entry they read.
func (s *Store) Append(ctx context.Context, e tocsin.LogEntry) error {
	write, err := s.appending(&e)
	if err != nil {
		return err
	}
	ledger, err := s.put(ctx, write)
	if err != nil || ledger[0].verdict() != conflict {
		return err
	}
	var there tocsin.LogEntry
	d, err := s.one(ctx, name{write.index, write.id}, &there)
	if err != nil {
		return err
	}
	inner, err := d.inner()
	if err != nil {
		return err
	}
	if same, err := sinks.SameEntry(inner, &e); err != nil || same {
		return err
	}
	return fmt.Errorf("log entry %s: %w", e.ID(), tocsin.ErrConflict)
}

// appending creates the entry at its position.
func (s *Store) appending(e *tocsin.LogEntry) (action, error) {
	index, ok := s.indexOf(kindLog, e.Incident)
	if !ok || e.Seq < 1 {
		return action{}, fmt.Errorf("log entry %.80q names no month or no number: %w", e.ID(), sinks.ErrPermanent)
	}
	doc, err := entryDocument(e)
	if err != nil {
		return action{}, fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	return action{op: "create", index: index, id: e.ID(), doc: doc}, nil
}

// Entries returns the incident's log from sequence number from on, read by id and so in real time.
func (s *Store) Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error) {
	index, ok := s.indexOf(kindLog, incident)
	if !ok {
		return nil, nil
	}
	var entries []tocsin.LogEntry
	for from = max(from, 1); ; from += readAtOnce {
		names := make([]name, readAtOnce)
		for i := range names {
			names[i] = name{index, tocsin.LogEntryID(incident, from+int64(i))}
		}
		docs, err := s.mget(ctx, names)
		if err != nil {
			return nil, err
		}
		for i := range docs {
			if !docs[i].found {
				return entries, nil
			}
			var e tocsin.LogEntry
			if err := docs[i].decode(&e); err != nil {
				return nil, fmt.Errorf("log entry %s: %w", names[i].id, err)
			}
			entries = append(entries, e)
		}
	}
}

// Incident returns the current state of one incident, in real time.
func (s *Store) Incident(ctx context.Context, id string) (i tocsin.Incident, err error) {
	_, err = s.one(ctx, name{s.index(kindIncidents), id}, &i)
	return i, err
}

// Incidents lists incidents. The error wraps [sinks.ErrQuery].
func (s *Store) Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	order, err := sinks.IncidentOrder(&q)
	if err != nil {
		return tocsin.Page[tocsin.Incident]{}, err
	}
	l := listing{name: order.Name, index: s.index(kindIncidents), at: "tocsin.order." + order.Time, rankDown: order.RankDown, atUp: order.TimeUp}
	if order.Rank != "" {
		l.rank = "tocsin.order." + order.Rank
	}
	l.choose(&q)
	return list(ctx, s, l, q.Limit, q.Cursor, order.Key)
}

// PutVerdict stores the verdict if it follows the stored version; the same verdict again changes nothing.
func (s *Store) PutVerdict(ctx context.Context, v tocsin.Verdict) error {
	doc, err := verdictDocument(&v)
	if err != nil {
		return err
	}
	return s.succeed(ctx, name{s.index(kindVerdicts), v.Event}, v.Version, doc)
}

func verdictDocument(v *tocsin.Verdict) ([]byte, error) {
	class, kind, _ := strings.Cut(v.Assessment.Category, "/")
	fields := object{
		"id": v.Event, "tenant": v.Tenant, "version": v.Version, "revision": v.Revision, "state": v.Assessment.State, "incident": v.Incident,
		"priority": object{"current": v.Assessment.Priority}, "category": object{"class": class, "type": kind}, "severity": object{"class": v.Assessment.Class, "name": v.Assessment.Severity, "score": v.Assessment.Score},
		"mode": v.Assessment.Mode, "policy": v.Assessment.Policy, "platform": object{"primary": v.Assessment.Platform}, "rule": object{"id": v.Rule, "title": v.Title},
		"by": object{"kind": v.By.Kind, "id": v.By.ID}, "order": object{"detected": sinks.Nanos(v.Detected)}, "scale": object{"version": v.Assessment.Scale},
	}
	doc, err := stored(v.Detected, "state", fields, v)
	if err != nil {
		return nil, fmt.Errorf("verdict on event %s: %w", v.Event, err)
	}
	return doc, nil
}

// Verdict returns the verdict on an event, in real time.
func (s *Store) Verdict(ctx context.Context, event string) (v tocsin.Verdict, err error) {
	err = s.oneToChange(ctx, name{s.index(kindVerdicts), event}, &v)
	return v, err
}

// PendingVerdicts lists the verdicts that are pending, newest detected first.
func (s *Store) PendingVerdicts(ctx context.Context, tenant string, limit int, cursor string) (tocsin.Page[tocsin.Verdict], error) {
	l := listing{name: "pending", index: s.index(kindVerdicts), at: "tocsin.order.detected"}
	l.equal("tocsin.state", string(tocsin.Pending))
	l.equal("tocsin.tenant", tenant)
	return list(ctx, s, l, limit, cursor, func(v *tocsin.Verdict) sinks.Key {
		return sinks.Key{At: sinks.Nanos(v.Detected), ID: v.Event}
	})
}

// Verdicts lists verdicts, newest detected first.
func (s *Store) Verdicts(ctx context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error) {
	l := listing{name: "verdicts " + string(q.State), index: s.index(kindVerdicts), at: "tocsin.order.detected"}
	l.equal("tocsin.state", string(q.State))
	l.equal("tocsin.tenant", q.Tenant)
	if !q.Since.IsZero() {
		since := sinks.Nanos(q.Since)
		l.within("tocsin.order.detected", &since, nil)
	}
	return list(ctx, s, l, q.Limit, q.Cursor, func(v *tocsin.Verdict) sinks.Key {
		return sinks.Key{At: sinks.Nanos(v.Detected), ID: v.Event}
	})
}

// PutSlot stores the slot if it follows the stored version; the same slot again changes nothing.
func (s *Store) PutSlot(ctx context.Context, slot tocsin.Slot) error {
	doc, err := slotDocument(&slot)
	if err != nil {
		return err
	}
	return s.succeed(ctx, name{s.index(kindSlots), slot.ID}, slot.Version, doc)
}

func slotDocument(slot *tocsin.Slot) ([]byte, error) {
	doc, err := stored(slot.Last, "state", object{"id": slot.ID, "tenant": slot.Tenant, "version": slot.Version, "incident": slot.Incident}, slot)
	if err != nil {
		return nil, fmt.Errorf("slot %s: %w", slot.ID, err)
	}
	return doc, nil
}

// Slot returns one slot, in real time.
func (s *Store) Slot(ctx context.Context, id string) (slot tocsin.Slot, err error) {
	err = s.oneToChange(ctx, name{s.index(kindSlots), id}, &slot)
	return slot, err
}

// succeed writes a document as the version that follows the stored one. A conflict may be our own write, whose answer
// was lost: it is none where the stored document is the same.
func (s *Store) succeed(ctx context.Context, at name, version int64, doc []byte) error {
	outdated := func(old int64) error {
		return fmt.Errorf("version %d of %.80q after version %d: %w", version, at.id, old, tocsin.ErrConflict)
	}
	for range 3 {
		var old struct {
			Version int64 `json:"version"`
		}
		there, fresh, err := s.lastRead(ctx, at, &old)
		if err != nil {
			return err
		}
		if !fresh && old.Version != version-1 { // it was changed since
			old.Version = 0
			if there, err = s.one(ctx, at, &old); err != nil && !errors.Is(err, tocsin.ErrNotFound) {
				return err
			}
		}
		if there.found && string(there.source) == string(doc) {
			return nil
		}
		if version < 1 || old.Version != version-1 {
			return outdated(old.Version)
		}
		write := action{op: "create", index: at.index, id: at.id, doc: doc}
		if there.found {
			write.op, write.after = "index", &there.place
		}
		ledger, err := s.put(ctx, write)
		if err != nil || ledger[0].verdict() != conflict {
			return err
		}
	}
	return outdated(version)
}

// Next returns a number that this counter has never returned, counting up from 1; gaps arise where an answer is lost.
func (s *Store) Next(ctx context.Context, counter string) (int64, error) {
	return s.advance(ctx, counter, 1)
}

// advance moves a counter by n and returns the number after the one where it stood.
func (s *Store) advance(ctx context.Context, counter string, n int64) (int64, error) {
	at := name{s.index(kindCounters), tocsin.Hash("counter", counter)}
	for attempt := 0; ; attempt++ {
		var last struct {
			Value int64 `json:"value"`
		}
		there, err := s.one(ctx, at, &last)
		if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
			return 0, err
		}
		write := action{op: "create", index: at.index, id: at.id, doc: fmt.Appendf(nil, `{"doc":{"value":%d}}`, last.Value+n)}
		if there.found {
			write.op, write.after = "index", &there.place
		}
		ledger, err := s.put(ctx, write)
		if err != nil {
			return 0, err
		}
		if ledger[0].verdict() != conflict {
			return last.Value + 1, nil
		}
		quick := sinks.Retry{Base: time.Millisecond, Cap: 50 * time.Millisecond}
		if err := quick.Pause(ctx, attempt, tocsin.ErrConflict); err != nil {
			return 0, err
		}
	}
}
