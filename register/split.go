package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
)

// A parting is the payload of split: all that the incident of the events that go will be founded by, and what this one
// keeps no more. It is decided in the one entry that takes the events away, so that whatever is cut short after it can
// be completed from the log.
type parting struct {
	Incident string               `json:"incident"` // the new one
	Number   string               `json:"number"`   // of the new one; volatile
	Title    string               `json:"title"`
	Summary  string               `json:"summary,omitempty"`
	Events   []eventState         `json:"events"`
	Entities []tocsin.Entity      `json:"entities,omitempty"` // that only the events have which go
	Slots    []string             `json:"slots,omitempty"`    // of their values
	Opened   time.Time            `json:"opened"`
	Detected time.Time            `json:"detected"`
	Mode     tocsin.Mode          `json:"mode,omitempty"`
	Basis    string               `json:"basis,omitempty"`
	Rating   rating               `json:"rating"`
	To       tocsin.Status        `json:"to"`
	Targets  map[string]time.Time `json:"due,omitempty"` // of the new one
	Backfill bool                 `json:"backfill,omitempty"`
	Once     bool                 `json:"once,omitempty"` // see founding
	confidence
}

// split moves events of an incident into a new one, the inverse of merge: nothing is deleted, both know of each other,
// and both count. The entry of the split comes first: once it is there the events are in the new incident, and the rest
// is completed by the same command, or by the next emission of one of them.
func (r *Register) split(ctx context.Context, cmd Command) (tocsin.Incident, error) {
	number := "" // handed out once, whatever the number of attempts
	i, done, err := r.write(ctx, cmd.Incident, cmd.ID, func(now view) (*tocsin.LogEntry, error) {
		if err := cmd.concerns(now); err != nil {
			return nil, err
		}
		if missing := inseparable(cmd, now); len(missing) > 0 {
			return nil, &Refusal{Incident: cmd.Incident, Action: cmd.Action, Status: now.incident.Status, Missing: missing}
		}
		p, err := r.parting(ctx, cmd, now)
		if err != nil {
			return nil, err
		}
		if number == "" {
			if number, err = r.number(ctx, p.Opened); err != nil {
				return nil, err
			}
		}
		p.Number = number
		data, err := pack(p)
		return &tocsin.LogEntry{
			Tenant: now.incident.Tenant, Action: cmd.Action, By: cmd.By, Effective: cmd.Effective, Reason: cmd.Reason, Data: data,
			Text: or(cmd.Text, tocsin.Counted(int64(len(p.Events)), "event")+" moved to incident "+p.Number),
		}, err
	})
	if err != nil {
		return i, err
	}
	if !done {
		if err := r.sameCommand(ctx, cmd, i); err != nil {
			return i, err
		}
	}
	return i, r.splitOff(ctx, cmd.Incident, cmd.ID)
}

// inseparable lists why events cannot be split off.
func inseparable(cmd Command, now view) []string {
	var missing []string
	if !now.incident.Status.IsOpen() {
		missing = append(missing, "an open incident to split: reopen it first")
	}
	going := map[string]bool{}
	for _, id := range cmd.Events {
		if _, ok := now.events[id]; !ok {
			missing = append(missing, fmt.Sprintf("events of this incident: %q is none", id))
		}
		going[id] = true
	}
	switch {
	case len(cmd.Events) == 0:
		missing = append(missing, "the events to move: name them by their ids")
	case len(missing) == 0 && len(going) >= len(now.events):
		missing = append(missing, "an event that stays: an incident cannot be left without one")
	}
	return missing
}

// parting decides what goes with the events.
func (r *Register) parting(ctx context.Context, cmd Command, now view) (parting, error) {
	i := now.incident
	p := parting{
		Once:     true,
		Incident: tocsin.IncidentID(i.Tenant, cmd.ID+"\x00"+i.ID, cmd.Effective, 0), Title: cmd.Title, Summary: cmd.Summary,
		Detected: i.Timeline["detected"], Mode: i.Mode, Basis: i.Basis, Rating: ratingOfIncident(i), To: tocsin.Proposed, Backfill: true,
		confidence: inherited(i, cmd),
	}
	ids := slices.Sorted(maps.Keys(now.events))
	stored := map[string]tocsin.Event{}
	for chunk := range slices.Chunk(ids, 200) {
		events, err := r.store.Events(ctx, chunk)
		if err != nil {
			return p, fmt.Errorf("events of incident %s: %w", i.ID, err)
		}
		for _, e := range events {
			stored[e.ID] = e
		}
	}
	var going, staying []tocsin.Event
	for _, id := range ids {
		e, known := stored[id]
		if !slices.Contains(cmd.Events, id) {
			if known {
				staying = append(staying, e)
			}
			continue
		}
		ev := now.events[id]
		if known {
			going = append(going, e)
			ev.Entities = e.Entities
			p.Title = or(p.Title, e.Rule.Title)
			p.Opened, p.Detected = earlier(p.Opened, e.Opened), earlier(p.Detected, or(e.Detected, e.Opened))
		}
		p.Opened, p.Backfill = earlier(p.Opened, ev.First), p.Backfill && ev.Backfill
		p.Events = append(p.Events, ev)
	}
	p.Title = or(p.Title, i.Title)
	if len(staying)+len(p.Events) == len(now.events) { // else nobody can say what the others have
		p.Entities, p.Slots = only(going, staying, i)
	}
	if i.Status != tocsin.Proposed {
		p.To = tocsin.Declared
	}
	return p, nil
}

// only are the entities and the slots that only the events have which go.
func only(going, staying []tocsin.Event, i tocsin.Incident) (entities []tocsin.Entity, slots []string) {
	kept, held := map[tocsin.Entity]bool{}, map[token]bool{}
	for _, e := range staying {
		for _, en := range e.Entities {
			kept[en] = true
		}
		for _, t := range tokens(e, nil) {
			held[t] = true
		}
	}
	for _, e := range going {
		for _, en := range e.Entities {
			if !kept[en] && i.Discovery != "reported" && !slices.Contains(entities, en) {
				entities = append(entities, en)
			}
		}
		for _, t := range tokens(e, nil) {
			if !held[t] {
				slots = union(slots, tocsin.SlotID(i.Tenant, t.field, t.value))
			}
		}
	}
	return entities, slots
}

// split takes the entry in: the events are another incident's from now on.
func (s *state) split(_ tocsin.LogEntry, p parting) {
	i := &s.incident
	if s.moved == nil {
		s.moved = map[string]string{}
	}
	for _, ev := range p.Events {
		was, known := s.events[ev.ID]
		if !known {
			continue
		}
		delete(s.events, ev.ID)
		s.moved[ev.ID] = p.Incident
		i.Alerts -= was.Count
		if n := slices.Index(i.Events, ev.ID); n >= 0 {
			i.Events = slices.Delete(i.Events, n, n+1)
		} else {
			i.EventsCut--
		}
	}
	i.Entities = slices.DeleteFunc(i.Entities, func(e tocsin.Entity) bool { return slices.Contains(p.Entities, e) })
	i.Slots = slices.DeleteFunc(i.Slots, func(slot string) bool { return slices.Contains(p.Slots, slot) })
	if len(i.SplitInto) < maxRelated {
		i.SplitInto = union(i.SplitInto, p.Incident)
	}
	s.tie(links{Related: []string{p.Incident}})
	s.shrink()
	s.summarise()
}

// shrink makes the span of activity that of the events that are left.
func (s *state) shrink() {
	i := &s.incident
	first, last := time.Time{}, time.Time{}
	i.Rules = nil
	for _, id := range i.Events {
		i.Rules = union(i.Rules, s.events[id].Rule)
	}
	for _, ev := range s.events {
		if !ev.First.IsZero() {
			first = earlier(first, ev.First)
		}
		last = later(last, ev.Last)
	}
	if !last.IsZero() {
		i.Last = last
	}
	if !first.IsZero() && !slices.Contains(i.Asserted, "occurred") {
		i.Timeline["occurred"] = first
	}
}

// splitOff completes a split from its entry: the new incident, the verdicts on its events, and their slots.
func (r *Register) splitOff(ctx context.Context, source, command string) error {
	var seq int64
	if err := r.look(ctx, source, func(now view) { seq = now.commands[command] }); err != nil {
		return err
	}
	entries, err := r.store.Entries(ctx, source, seq)
	if err != nil || len(entries) == 0 || entries[0].Action != tocsin.ActSplit {
		return err
	}
	return r.complete(ctx, entries[0])
}

// arrived completes the split that an event was moved by, where a crash left the incident that it went to without a log.
func (r *Register) arrived(ctx context.Context, from, into string) error {
	_, err := r.Incident(ctx, into)
	if errors.Is(err, tocsin.ErrNotFound) {
		return r.recoverSplit(ctx, from, into)
	}
	return err
}

// recoverSplit completes the split by which an incident came to be that a crash left without a log.
func (r *Register) recoverSplit(ctx context.Context, source, into string) error {
	entries, err := r.store.Entries(ctx, source, 1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Action != tocsin.ActSplit {
			continue
		}
		if p, err := unpack[parting](e); err == nil && p.Incident == into {
			again := func(view) (*tocsin.LogEntry, error) { return nil, nil } // the projection may be missing as well
			if _, _, err := r.write(ctx, source, e.Command, again); err != nil {
				return err
			}
			return r.complete(ctx, e)
		}
	}
	return fmt.Errorf("incident %s, split off %s: %w", into, source, tocsin.ErrNotFound)
}

func (r *Register) complete(ctx context.Context, e tocsin.LogEntry) error {
	p, err := unpack[parting](e)
	if err != nil {
		return err
	}
	_, _, err = r.found(ctx, p.Incident, "split:"+e.Incident, func(now view) (*tocsin.LogEntry, error) {
		if now.seq > 0 {
			return nil, nil
		}
		return r.splitFounding(e, p)
	})
	if err != nil {
		return err
	}
	for _, ev := range p.Events {
		if err := r.handVerdict(ctx, ev.ID, p.Incident); err != nil {
			return err
		}
	}
	var held []string
	if err := r.peek(ctx, e.Incident, func(s *state) { held = slices.Clone(s.incident.Slots) }); err != nil {
		return err
	}
	for _, id := range p.Slots {
		if slices.Contains(held, id) { // taken anew since, by an event that came later
			continue
		}
		if err := r.handSlot(ctx, id, e.Incident, p.Incident); err != nil {
			return err
		}
	}
	return nil
}

// splitFounding is the first entry of an incident that was split off another. What was declared stays so, by who split
// it; its targets begin anew, as the work on it does.
func (r *Register) splitFounding(e tocsin.LogEntry, p parting) (*tocsin.LogEntry, error) {
	f := founding{
		Number: p.Number, Title: p.Title, Summary: p.Summary, Discovery: "event", Opened: p.Opened, Detected: p.Detected,
		SplitOf: e.Incident, Events: p.Events, Backfill: p.Backfill, Once: p.Once, confidence: p.confidence, links: links{Related: []string{e.Incident}, Slots: p.Slots},
		Assessment: &tocsin.Assessment{
			Category: p.Rating.Category, CategoryISO: p.Rating.CategoryISO, Urgency: p.Rating.Urgency, Severity: p.Rating.Severity,
			Class: p.Rating.Class, Asset: p.Rating.Asset, Platform: p.Rating.Platform, Priority: p.Rating.Priority, Scale: p.Rating.Scale,
			Mode: p.Mode, Basis: p.Basis, Why: []string{"split off incident " + e.Incident + " by " + e.By.ID},
		},
	}
	if p.Rating.Impact != nil {
		f.Assessment.Impact = *p.Rating.Impact
	}
	switch {
	case p.To == tocsin.Declared:
		f.move = r.declaration(p.Rating.Priority, e.Effective, e.By, p.Backfill)
	case !p.Backfill:
		f.Targets = r.targets(p.Rating.Priority, e.Effective, "assess")
	}
	data, err := pack(f)
	return &tocsin.LogEntry{
		Tenant: e.Tenant, Action: tocsin.ActSplitOff, By: e.By, Effective: e.Effective, To: p.To, Reason: e.Reason, Data: data,
		Text: tocsin.Counted(int64(len(p.Events)), "event") + " of incident " + e.Incident,
	}, err
}

// handVerdict lets an event's verdict name the incident that the event is in now, unless it went on from there.
func (r *Register) handVerdict(ctx context.Context, event, into string) error {
	for range registrarTries {
		var there bool
		if err := r.look(ctx, into, func(now view) { _, there = now.events[event] }); err != nil || !there {
			return err
		}
		v, err := r.store.Verdict(ctx, event)
		if err != nil || v.Incident == into {
			return err
		}
		v.Incident, v.Version = into, v.Version+1
		if err := r.putVerdict(ctx, v); !errors.Is(err, tocsin.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("verdict on %s: %w", event, tocsin.ErrConflict)
}

// handSlot gives a slot that the incident still holds to the one that was split off it.
func (r *Register) handSlot(ctx context.Context, id, from, into string) error {
	for range registrarTries {
		slot, err := r.store.Slot(ctx, id)
		if errors.Is(err, tocsin.ErrNotFound) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("slot %s: %w", id, err)
		}
		if holder, err := r.survivor(ctx, slot.Incident); err != nil || holder.ID != from {
			return ignoreNotFound(err)
		}
		slot.Incident, slot.Version = into, slot.Version+1
		if err := r.store.PutSlot(ctx, slot); !errors.Is(err, tocsin.ErrConflict) {
			return err
		}
	}
	return fmt.Errorf("slot %s: %w", id, tocsin.ErrConflict)
}

func ignoreNotFound(err error) error {
	if errors.Is(err, tocsin.ErrNotFound) {
		return nil
	}
	return err
}

// earlier is the earlier of two times; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
