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
	m, err := unpack[move](entries[0])
	if err != nil {
		return i, err
	}
	for _, id := range m.Events {
		e, err := r.store.Event(ctx, id)
		if errors.Is(err, tocsin.ErrNotFound) {
			r.log.Warn("proposed event is not stored", "event", id, "incident", i.ID)
			continue
		}
		if err != nil {
			return i, fmt.Errorf("event %s: %w", id, err)
		}
		if i, err = r.take(ctx, cmd, i, e); err != nil {
			return i, err
		}
	}
	return i, nil
}

// take attaches one proposed event, unless it was meanwhile dismissed or went elsewhere.
func (r *Register) take(ctx context.Context, cmd Command, i tocsin.Incident, e tocsin.Event) (tocsin.Incident, error) {
	v, err := r.store.Verdict(ctx, e.ID)
	if err != nil {
		return i, fmt.Errorf("verdict on %s: %w", e.ID, err)
	}
	if v.Incident != "" && v.Incident != i.ID || v.Incident == "" && v.Assessment.State != tocsin.Pending {
		return i, nil
	}
	if v.Incident == "" {
		next := renew(v, e, v.Assessment, cmd.By)
		next.Assessment.State, next.Incident, next.At = tocsin.Promoted, i.ID, cmd.Effective
		if err := r.putVerdict(ctx, next); err != nil {
			return i, err
		}
		v = next
	}
	out, err := r.follow(ctx, v, e, v.Assessment, eventCommand(e))
	return out.Incident, err
}
