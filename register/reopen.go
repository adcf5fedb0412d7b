package register

import (
	"context"
	"errors"
	"fmt"

	"tocsin"
)

// takeProposed takes the events whose coming back was the proposal into the reopened incident.
func (r *Register) takeProposed(ctx context.Context, cmd Command, i tocsin.Incident) (tocsin.Incident, error) {
	var seq int64
	if err := r.look(ctx, i.ID, func(now view) { seq = now.commands[cmd.ID] }); err != nil {
		return i, err
	}
	entries, err := r.store.Entries(ctx, i.ID, seq)
	if err != nil || len(entries) == 0 {
		return i, err
	}
	out, _, err := r.takeIn(ctx, entries[0], i)
	return out, err
}

// takeIn takes the events that a reopening's entry names into its incident, and says whether one was missing.
func (r *Register) takeIn(ctx context.Context, reopening tocsin.LogEntry, i tocsin.Incident) (_ tocsin.Incident, took bool, err error) {
	m, err := unpack[move](reopening)
	if err != nil {
		return i, false, err
	}
	for _, id := range m.Events {
		e, err := r.store.Event(ctx, id)
		if errors.Is(err, tocsin.ErrNotFound) {
			r.log.Warn("proposed event is not stored", "event", id, "incident", i.ID)
			continue
		}
		if err != nil {
			return i, took, fmt.Errorf("event %s: %w", id, err)
		}
		out, done, err := r.take(ctx, reopening, i, e)
		if err != nil {
			return i, took, err
		}
		i, took = out, took || done
	}
	return i, took, nil
}

// take attaches one proposed event, unless it was meanwhile dismissed or went elsewhere.
func (r *Register) take(ctx context.Context, reopening tocsin.LogEntry, i tocsin.Incident, e tocsin.Event) (_ tocsin.Incident, took bool, err error) {
	v, err := r.store.Verdict(ctx, e.ID)
	if err != nil {
		return i, false, fmt.Errorf("verdict on %s: %w", e.ID, err)
	}
	if v.Incident != "" && v.Incident != i.ID || v.Incident == "" && v.Assessment.State != tocsin.Pending {
		return i, false, nil
	}
	if v.Incident == "" {
		next := renew(v, e, v.Assessment, reopening.By)
		next.Assessment.State, next.Incident, next.At = tocsin.Promoted, i.ID, reopening.Effective
		if err := r.putVerdict(ctx, next); err != nil {
			return i, false, err
		}
		v, took = next, true
	}
	newer := false // than the log knows: that is the registrar's to write
	if err := r.peek(ctx, i.ID, func(s *state) {
		known, ok := s.events[e.ID]
		newer = ok && known.Revision < e.Revision
	}); err != nil || newer {
		return i, took, err
	}
	out, err := r.follow(ctx, v, e, v.Assessment, eventCommand(e))
	return out.Incident, took || out.Changed, err
}

// finishReopening takes in what the reopenings of an incident were to take in and did not.
func (r *Register) finishReopening(ctx context.Context, id, _ string) (bool, error) {
	i, err := r.Incident(ctx, id)
	if err != nil {
		return false, err
	}
	entries, err := r.store.Entries(ctx, id, 1)
	if err != nil {
		return false, err
	}
	took := false
	for _, e := range entries {
		if e.Action != tocsin.ActReopen {
			continue
		}
		_, some, err := r.takeIn(ctx, e, i)
		if err != nil {
			return took, err
		}
		took = took || some
	}
	return took, nil
}
