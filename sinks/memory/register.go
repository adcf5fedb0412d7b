package memory

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Append writes the entry at its position, or returns [tocsin.ErrConflict] where another one stands or a gap would
// arise; the same entry again changes nothing.
func (s *Store) Append(ctx context.Context, e tocsin.LogEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.logs[e.Incident]
	if e.Seq < 1 || e.Seq > int64(len(log))+1 {
		return fmt.Errorf("log entry %s follows no entry: %w", e.ID(), tocsin.ErrConflict)
	}
	if e.Seq <= int64(len(log)) {
		if same, err := sinks.SameEntry(log[e.Seq-1], &e); err != nil || !same {
			return fmt.Errorf("log entry %s: %w", e.ID(), tocsin.ErrConflict)
		}
		return nil
	}
	s.logs[e.Incident] = append(log, data)
	return ctx.Err()
}

// Entries returns the incident's log from sequence number from on.
func (s *Store) Entries(_ context.Context, incident string, from int64) ([]tocsin.LogEntry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.logs[incident]
	var entries []tocsin.LogEntry
	for _, data := range log[min(max(from-1, 0), int64(len(log))):] {
		var e tocsin.LogEntry
		if err := json.Unmarshal(data, &e); err != nil {
			return nil, fmt.Errorf("log of %s: %w", incident, err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// PutIncident stores the projection unless a later revision is there.
func (s *Store) PutIncident(ctx context.Context, i tocsin.Incident) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := supersede(s.incidents, i.ID, i.Revision, &i); err != nil {
		return err
	}
	s.measured = append(s.measured, i.ID)
	return ctx.Err()
}

// Incident returns the current state of one incident.
func (s *Store) Incident(_ context.Context, id string) (tocsin.Incident, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return read[tocsin.Incident](s.incidents, id)
}

// Incidents lists incidents. The error wraps [sinks.ErrQuery].
func (s *Store) Incidents(_ context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	order, err := sinks.IncidentOrder(&q)
	if err != nil {
		return tocsin.Page[tocsin.Incident]{}, err
	}
	var all []item[tocsin.Incident]
	for id := range s.incidents {
		i, err := read[tocsin.Incident](s.incidents, id)
		if err != nil {
			return tocsin.Page[tocsin.Incident]{}, err
		}
		if selects(&q, &i) {
			all = append(all, item[tocsin.Incident]{order.Key(&i), i})
		}
	}
	return pageBy(order.Compare, order.Name, all, q.Limit, q.Cursor)
}

func selects(q *tocsin.Query, i *tocsin.Incident) bool {
	return wanted(q.Tenant, i.Tenant) && wanted(q.Number, i.Number) && wanted(q.Assignee, i.Assignee) && (!q.Unassigned || i.Assignee == "") &&
		(len(q.Status) == 0 || slices.Contains(q.Status, i.Status)) &&
		(len(q.Priority) == 0 || slices.Contains(q.Priority, i.Priority)) &&
		(q.Category == "" || i.Category == q.Category || strings.HasPrefix(i.Category, q.Category+"/")) &&
		(q.Event == "" || slices.Contains(i.Events, q.Event)) &&
		(q.Entity == "" || slices.ContainsFunc(i.Entities, func(e tocsin.Entity) bool { return e.Value == q.Entity })) &&
		within(i.Opened, q.Since, q.Until) && within(sinks.Updated(i), q.UpdatedSince, q.UpdatedUntil) &&
		wanted(q.Platform, i.Platform) && wanted(q.Coordinator, i.Coordinator) &&
		(q.Team == "" || slices.ContainsFunc(i.Teams, func(t tocsin.Team) bool { return t.Name == q.Team })) && (q.Rule == "" || slices.Contains(i.Rules, q.Rule)) &&
		(len(q.Disposition) == 0 || slices.Contains(q.Disposition, i.Disposition)) &&
		(q.Visibility == "" || q.Visibility == cmp.Or(i.Visibility, tocsin.VisibleToTeam)) && i.KnownTo(q.Reader) &&
		(q.Breached == nil || *q.Breached == sinks.Breached(i)) && titled(q.Title, i.Title)
}

// within reports whether a time lies in [since, until); zero is open.
func within(at, since, until time.Time) bool {
	return (since.IsZero() || !at.Before(since)) && (until.IsZero() || at.Before(until))
}

// titled reports whether each word that was asked for begins a word of the title.
func titled(asked, title string) bool {
	words := sinks.Words(title)
	for _, want := range sinks.Words(asked) {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, want) }) {
			return false
		}
	}
	return true
}

// An item is a document and its place in a listing.
type item[T any] struct {
	key sinks.Key
	doc T
}

func page[T any](name string, all []item[T], limit int, cursor string) (tocsin.Page[T], error) {
	return pageBy(sinks.Key.Compare, name, all, limit, cursor)
}

func pageBy[T any](compare func(a, b sinks.Key) int, name string, all []item[T], limit int, cursor string) (tocsin.Page[T], error) {
	after, resumed, err := sinks.ParseCursor(name, cursor)
	if err != nil {
		return tocsin.Page[T]{}, err
	}
	slices.SortFunc(all, func(a, b item[T]) int { return compare(a.key, b.key) })
	p := tocsin.Page[T]{Items: []T{}, Total: int64(len(all))}
	if resumed {
		all = slices.DeleteFunc(all, func(i item[T]) bool { return compare(i.key, after) <= 0 })
	}
	for n, i := range all {
		if n == sinks.PageSize(limit) {
			p.Cursor = sinks.Cursor(name, all[n-1].key)
			break
		}
		p.Items = append(p.Items, i.doc)
	}
	return p, nil
}

// PutVerdict stores the verdict if it follows the stored version; the same verdict again changes nothing.
func (s *Store) PutVerdict(ctx context.Context, v tocsin.Verdict) error {
	return s.succeed(ctx, s.verdicts, v.Event, v.Version, &v)
}

// Verdict returns the verdict on an event.
func (s *Store) Verdict(_ context.Context, event string) (tocsin.Verdict, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return read[tocsin.Verdict](s.verdicts, event)
}

// PendingVerdicts lists the verdicts that are pending, newest detected first.
func (s *Store) PendingVerdicts(_ context.Context, tenant string, limit int, cursor string) (tocsin.Page[tocsin.Verdict], error) {
	return s.verdictPage("pending", tocsin.VerdictQuery{Tenant: tenant, State: tocsin.Pending, Limit: limit, Cursor: cursor})
}

// Verdicts lists verdicts, newest detected first.
func (s *Store) Verdicts(_ context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error) {
	return s.verdictPage("verdicts "+string(q.State), q)
}

func (s *Store) verdictPage(name string, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []item[tocsin.Verdict]
	for event := range s.verdicts {
		v, err := read[tocsin.Verdict](s.verdicts, event)
		if err != nil {
			return tocsin.Page[tocsin.Verdict]{}, err
		}
		if wanted(string(q.State), string(v.Assessment.State)) && wanted(q.Tenant, v.Tenant) && !v.Detected.Before(q.Since) {
			all = append(all, item[tocsin.Verdict]{sinks.Key{At: sinks.Nanos(v.Detected), ID: v.Event}, v})
		}
	}
	return page(name, all, q.Limit, q.Cursor)
}

// PutSlot stores the slot if it follows the stored version; the same slot again changes nothing.
func (s *Store) PutSlot(ctx context.Context, slot tocsin.Slot) error {
	return s.succeed(ctx, s.slots, slot.ID, slot.Version, &slot)
}

// Slot returns one slot.
func (s *Store) Slot(_ context.Context, id string) (tocsin.Slot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return read[tocsin.Slot](s.slots, id)
}

// succeed stores doc as the version that follows the stored one.
func (s *Store) succeed(ctx context.Context, docs map[string]versioned, id string, version int64, doc any) error {
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("document %s: %w", id, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old := docs[id]
	if version == old.version && bytes.Equal(old.doc, data) {
		return nil
	}
	if version < 1 || version != old.version+1 {
		return fmt.Errorf("version %d of %s after version %d: %w", version, id, old.version, tocsin.ErrConflict)
	}
	docs[id] = versioned{version, data}
	return ctx.Err()
}

// Next returns the counter's next number, 1 at first.
func (s *Store) Next(ctx context.Context, name string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters[name]++
	return s.counters[name], ctx.Err()
}

// Event returns one event.
func (s *Store) Event(_ context.Context, id string) (tocsin.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return read[tocsin.Event](s.events, id)
}

// Events returns the events that are known, in the order asked.
func (s *Store) Events(_ context.Context, ids []string) ([]tocsin.Event, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []tocsin.Event
	for _, id := range ids {
		if _, ok := s.events[id]; !ok {
			continue
		}
		e, err := read[tocsin.Event](s.events, id)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// Alert returns one alert.
func (s *Store) Alert(_ context.Context, id string) (tocsin.Alert, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.alerts[id]
	if !ok {
		return a, fmt.Errorf("alert %.80q: %w", id, tocsin.ErrNotFound)
	}
	a.Raw = slices.Clone(a.Raw)
	return a, nil
}
