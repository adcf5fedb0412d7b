package needtoknow

import (
	"context"
	"errors"

	"tocsin"
)

// incidentsOf are the restricted incidents that an event is part of.
func (v *View) incidentsOf(ctx context.Context, g *guarded, event string) ([]string, error) {
	ids := g.events[event]
	if len(ids) > 0 || !g.cut {
		return ids, nil
	}
	verdict, err := v.store.Verdict(ctx, event)
	if errors.Is(err, tocsin.ErrNotFound) {
		return nil, nil
	}
	if _, restricted := g.incidents[verdict.Incident]; err == nil && restricted {
		ids = []string{verdict.Incident}
	}
	return ids, err
}

// known reports whether the reader may know of an event; those restricted incidents that it is part of are shown then.
func (v *View) known(ctx context.Context, g *guarded, event string) ([]tocsin.Incident, bool, error) {
	ids, err := v.incidentsOf(ctx, g, event)
	if err != nil {
		return nil, false, err
	}
	all, known := g.of(ids, v.asks(ctx))
	return all, known, nil
}

// Event reads an event.
func (v *View) Event(ctx context.Context, id string) (tocsin.Event, error) {
	if err := v.allows(ctx, id); err != nil {
		return tocsin.Event{}, err
	}
	return v.store.Event(ctx, id)
}

// allows refuses an event that the reader may not know of, and keeps that one is shown.
func (v *View) allows(ctx context.Context, event string) error {
	g, err := v.guarded(ctx)
	if err != nil {
		return err
	}
	all, known, err := v.known(ctx, g, event)
	switch {
	case err != nil:
		return err
	case !known:
		return absent("event", event)
	}
	return v.shows(ctx, "/events/"+event, all...)
}

// Verdict reads the verdict on an event.
func (v *View) Verdict(ctx context.Context, event string) (tocsin.Verdict, error) {
	if err := v.allows(ctx, event); err != nil {
		return tocsin.Verdict{}, err
	}
	return v.store.Verdict(ctx, event)
}

// keep takes out of a list what the reader may not know of, by the events that its items are about.
func keep[T any](ctx context.Context, v *View, object string, all []T, event func(*T) string) ([]T, error) {
	g, err := v.guarded(ctx)
	if err != nil || len(g.incidents) == 0 {
		return all, err
	}
	out, shown := make([]T, 0, len(all)), []tocsin.Incident{}
	for n := range all {
		of, known, err := v.known(ctx, g, event(&all[n]))
		if err != nil {
			return nil, err
		}
		if known {
			out, shown = append(out, all[n]), append(shown, of...)
		}
	}
	if err := v.shows(ctx, object, shown...); err != nil {
		return nil, err
	}
	return out, nil
}

func eventID(e *tocsin.Event) string { return e.ID }

// Events reads events; those that the reader may not know of are left out, as unknown ones are.
func (v *View) Events(ctx context.Context, ids []string) ([]tocsin.Event, error) {
	events, err := v.store.Events(ctx, ids)
	if err != nil {
		return nil, err
	}
	return keep(ctx, v, "/events", events, eventID)
}

// EventsBy lists events. A page may be shorter than asked.
func (v *View) EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error) {
	page, err := v.store.EventsBy(ctx, q)
	if err != nil {
		return page, err
	}
	if page.Items, err = keep(ctx, v, "/events", page.Items, eventID); err != nil {
		return tocsin.Page[tocsin.Event]{}, err
	}
	g, err := v.guarded(ctx)
	if err != nil {
		return tocsin.Page[tocsin.Event]{}, err
	}
	page.Total = max(page.Total-g.hidden(&q, v.asks(ctx)), int64(len(page.Items)))
	return page, nil
}

// EventCounts counts as [View.EventsBy] does.
func (v *View) EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error) {
	counts, err := v.store.EventCounts(ctx, queries)
	if err != nil {
		return nil, err
	}
	g, err := v.guarded(ctx)
	if err != nil {
		return nil, err
	}
	may := v.asks(ctx)
	for n := range counts {
		counts[n] = max(counts[n]-g.hidden(&queries[n], may), 0)
	}
	return counts, nil
}

// Verdicts lists verdicts. A page may be shorter than asked; the total counts those that are left out.
func (v *View) Verdicts(ctx context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error) {
	page, err := v.store.Verdicts(ctx, q)
	if err != nil {
		return page, err
	}
	if page.Items, err = keep(ctx, v, "/assessments", page.Items, func(d *tocsin.Verdict) string { return d.Event }); err != nil {
		return tocsin.Page[tocsin.Verdict]{}, err
	}
	return page, nil
}

// Alert reads an alert.
func (v *View) Alert(ctx context.Context, id string) (tocsin.Alert, error) {
	g, err := v.guarded(ctx)
	if err != nil {
		return tocsin.Alert{}, err
	}
	all, known := g.of(g.alerts[id], v.asks(ctx))
	if !known {
		return tocsin.Alert{}, absent("alert", id)
	}
	if err := v.shows(ctx, "/alerts/"+id, all...); err != nil {
		return tocsin.Alert{}, err
	}
	return v.store.Alert(ctx, id)
}

// Originals reads the alerts that are referred to; those that the reader may not know of are left out, as unknown ones are.
func (v *View) Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error) {
	found, err := v.store.Originals(ctx, refs)
	if err != nil {
		return nil, err
	}
	return v.keepAlerts(ctx, found)
}

// AlertsBy lists alerts. A page may be shorter than asked.
func (v *View) AlertsBy(ctx context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error) {
	found, next, err := v.store.AlertsBy(ctx, q)
	if err != nil {
		return nil, "", err
	}
	if alerts, err = v.keepAlerts(ctx, found); err != nil {
		return nil, "", err
	}
	return alerts, next, nil
}

// keepAlerts takes out of a list what the reader may not know of.
func (v *View) keepAlerts(ctx context.Context, found []tocsin.Alert) (alerts []tocsin.Alert, err error) {
	g, err := v.guarded(ctx)
	if err != nil {
		return nil, err
	}
	var shown []tocsin.Incident
	may := v.asks(ctx)
	for n := range found {
		all, known := g.of(g.alerts[found[n].ID], may)
		if known {
			alerts, shown = append(alerts, found[n]), append(shown, all...)
		}
	}
	if err := v.shows(ctx, "/alerts", shown...); err != nil {
		return nil, err
	}
	return alerts, nil
}
