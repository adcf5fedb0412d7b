package needtoknow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

// guarded are the restricted incidents, and the events and alerts that are theirs.
type guarded struct {
	incidents map[string]tocsin.Incident
	events    map[string][]string // incidents by event
	alerts    map[string][]string // incidents by alert
	held      map[string]holding  // by incident
	revisions map[string]int64    // by incident, as they were listed
	// cut says that an incident has more events than it names: then the verdict on each event is asked.
	cut bool
}

// A holding is what one restricted incident keeps from others, as of one revision.
type holding struct {
	events []tocsin.Event // as far as queries select by it
	names  []string       // ids of all its events
	cut    bool           // it has more than it names
	alerts []string
}

// mostGuarded bounds the events and alerts of restricted incidents that are held in memory (some 100 bytes each). Beyond
// it no events and alerts are given to whom a restricted incident may not name.
const mostGuarded = 1_000_000

// errTooMany says so.
var errTooMany = errors.New("the restricted incidents have too many events and alerts: those that are closed can be made visible to the team")

// guarded reads which incidents are restricted, once in a request.
func (v *View) guarded(ctx context.Context) (*guarded, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	memo := auth.Memo(ctx)
	if memo != nil {
		if g, ok := memo.Load("guarded"); ok {
			return g.(*guarded), nil
		}
	}
	if err := v.look(ctx); err != nil {
		return nil, fmt.Errorf("restricted incidents: %w", err)
	}
	if memo != nil {
		memo.Store("guarded", v.last)
	}
	return v.last, nil
}

// settles is how long after a write it is sure to be in every listing: a search in Elasticsearch may be a second behind, and
// one copy of an index behind another.
const settles = 10 * time.Second

// look reads what is restricted, unless nothing was written since it was read last. The lock is held.
func (v *View) look(ctx context.Context) error {
	mark, err := v.store.Mark(ctx, "")
	if err != nil {
		return err
	}
	now := v.trail.Now()
	if mark != v.mark || v.seen.IsZero() {
		v.mark, v.seen, v.listed = mark, now, time.Time{}
	}
	if len(v.fresh) == 0 && !v.listed.IsZero() && v.listed.Sub(v.seen) >= settles {
		return nil
	}
	listed, err := v.restricted(ctx)
	if err != nil {
		return err
	}
	if v.last.revisions == nil || !maps.Equal(v.last.revisions, listed) {
		g, err := v.read(ctx, listed)
		if err != nil {
			return err
		}
		v.last = g
	}
	v.listed = now
	return nil
}

// restricted lists them by their revisions, with those that listings do not tell yet. The lock is held.
func (v *View) restricted(ctx context.Context) (map[string]int64, error) {
	all, err := v.store.Restricted(ctx)
	if err != nil {
		return nil, err
	}
	for id, i := range v.fresh {
		listed, there := all[id]
		switch now, err := v.register.Incident(ctx, id); {
		case err != nil:
			return nil, err
		case there && listed >= i.Revision, now.Visibility != tocsin.Restricted:
			delete(v.fresh, id)
		default:
			all[id] = now.Revision
		}
	}
	return all, nil
}

// fewChanged is how many incidents are read one by one, each from its log; more are listed, 500 in a request.
const fewChanged = 50

// changed reads those of some incidents that are not known at their revisions.
func (v *View) changed(ctx context.Context, listed map[string]int64) (map[string]tocsin.Incident, error) {
	var ids []string
	for id, revision := range listed {
		if was, ok := v.last.revisions[id]; !ok || was != revision {
			ids = append(ids, id)
		}
	}
	all, told := map[string]tocsin.Incident{}, false
	for _, id := range ids {
		if !told && len(ids) > fewChanged {
			told = true
			if err := v.list(ctx, all); err != nil {
				return nil, err
			}
		}
		if _, ok := all[id]; ok {
			continue
		}
		i, err := v.register.Incident(ctx, id)
		switch {
		case err == nil:
			all[id] = i
		case !errors.Is(err, tocsin.ErrNotFound):
			return nil, err
		default: // it has no log, and is kept from others all the same
			all[id] = tocsin.Incident{ID: id, Visibility: tocsin.Restricted}
			if err := v.list(ctx, all); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// list reads all that listings tell of.
func (v *View) list(ctx context.Context, into map[string]tocsin.Incident) error {
	q := tocsin.Query{Visibility: tocsin.Restricted, Limit: 500}
	for {
		page, err := v.store.Incidents(ctx, q)
		if err != nil {
			return err
		}
		for _, i := range page.Items {
			if was, ok := into[i.ID]; !ok || was.Revision < i.Revision {
				into[i.ID] = i
			}
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return nil
		}
	}
}

// read reads what the incidents keep from others; what it knows of a revision it does not read again.
func (v *View) read(ctx context.Context, listed map[string]int64) (*guarded, error) {
	changed, err := v.changed(ctx, listed)
	if err != nil {
		return nil, err
	}
	g := &guarded{incidents: map[string]tocsin.Incident{}, events: map[string][]string{}, alerts: map[string][]string{}, held: map[string]holding{}, revisions: listed}
	for id := range listed {
		h, i := v.last.held[id], v.last.incidents[id]
		if now, ok := changed[id]; ok {
			if h, err = v.hold(ctx, &now); err != nil {
				return nil, err
			}
			i = tocsin.Incident{
				ID: now.ID, Tenant: now.Tenant, Number: now.Number, Revision: now.Revision, Visibility: now.Visibility, Shared: now.Shared, Assignee: now.Assignee, Coordinator: now.Coordinator, Teams: now.Teams,
			}
		}
		g.incidents[id], g.held[id], g.cut = i, h, g.cut || h.cut
		for _, event := range h.names {
			g.events[event] = append(g.events[event], id)
		}
		for _, alert := range h.alerts {
			g.alerts[alert] = append(g.alerts[alert], id)
		}
		if len(g.events)+len(g.alerts) > mostGuarded {
			return nil, errTooMany
		}
	}
	return g, nil
}

// hold reads what one incident keeps from others.
func (v *View) hold(ctx context.Context, i *tocsin.Incident) (holding, error) {
	h := holding{names: i.Events, cut: i.EventsCut > 0}
	for chunk := range slices.Chunk(i.Events, 200) {
		events, err := v.store.Events(ctx, chunk)
		if err != nil {
			return h, err
		}
		for _, e := range events {
			for _, ref := range e.Evidence.Alerts {
				h.alerts = append(h.alerts, ref.ID)
			}
			h.events = append(h.events, tocsin.Event{
				ID: e.ID, Tenant: e.Tenant, Activity: e.Activity, Rule: tocsin.RuleRef{ID: e.Rule.ID, Level: e.Rule.Level}, Detected: e.Detected, Entities: e.Entities,
			})
		}
	}
	return h, nil
}

// of are the restricted incidents that something is part of, and whether the reader may know of all of them.
func (g *guarded) of(ids []string, may func(*tocsin.Incident) bool) (all []tocsin.Incident, known bool) {
	known = true
	for _, id := range ids {
		i := g.incidents[id]
		all, known = append(all, i), known && may(&i)
	}
	return all, known
}

// hidden counts the events that a query selects and the reader may not know of.
func (g *guarded) hidden(q *tocsin.EventQuery, may func(*tocsin.Incident) bool) int64 {
	n, seen := int64(0), map[string]bool{}
	for id, h := range g.held {
		i := g.incidents[id]
		if may(&i) {
			continue
		}
		for k := range h.events {
			if e := &h.events[k]; !seen[e.ID] && selects(q, e) {
				seen[e.ID] = true
				n++
			}
		}
	}
	return n
}

// selects reports whether a query selects an event.
func selects(q *tocsin.EventQuery, e *tocsin.Event) bool {
	return (q.Tenant == "" || q.Tenant == e.Tenant) && (q.Rule == "" || q.Rule == e.Rule.ID) &&
		(len(q.Level) == 0 || slices.Contains(q.Level, e.Rule.Level)) && (len(q.Activity) == 0 || slices.Contains(q.Activity, e.Activity)) &&
		(q.Entity == "" || slices.ContainsFunc(e.Entities, func(n tocsin.Entity) bool { return n.Value == q.Entity })) &&
		(q.Since.IsZero() || !e.Detected.Before(q.Since)) && (q.Until.IsZero() || e.Detected.Before(q.Until))
}
