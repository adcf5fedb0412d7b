// Package needtoknow is the register as whoever asks may see it (ISO/IEC 27035-1, 4.6). Who asks comes from the context
// of the request. What is restricted is, for everybody whom it does not name, as if it were not there: the incident, its
// log, its events, and the alerts that these refer to. What is shown of it stands in the audit log first.
package needtoknow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// A Store is what is read of the register's store.
type Store interface {
	Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error)
	Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error)
	Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error)
	EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error)
	Mark(ctx context.Context, tenant string) (string, error)
	Restricted(ctx context.Context) (map[string]int64, error)
	Event(ctx context.Context, id string) (tocsin.Event, error)
	Events(ctx context.Context, ids []string) ([]tocsin.Event, error)
	EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error)
	Alert(ctx context.Context, id string) (tocsin.Alert, error)
	Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error)
	AlertsBy(ctx context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error)
	Verdict(ctx context.Context, event string) (tocsin.Verdict, error)
	Verdicts(ctx context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error)
}

// A Register takes commands, and tells of incidents as their logs have them. It knows by itself who may give a command on
// what.
type Register interface {
	Do(ctx context.Context, cmd register.Command) (tocsin.Incident, error)
	Incident(ctx context.Context, id string) (tocsin.Incident, error)
	Foresee(i tocsin.Incident, cmd register.Command) error
}

// A View is the register as whoever asks may see it. It is safe for concurrent use.
type View struct {
	register Register
	store    Store
	teams    func(name string) []string
	trail    auth.Trail

	mu   sync.Mutex
	last *guarded // as it was last read
	// The mark of the register when that was, since when it has been that, and when what is restricted was listed last.
	mark         string
	seen, listed time.Time
	// fresh are incidents that were restricted through this view a moment ago, which listings may not tell yet.
	fresh map[string]tocsin.Incident
}

// New makes a view; teams tells of which teams somebody is a member, nil: nobody of any.
func New(r Register, s Store, teams func(name string) []string, trail auth.Trail) *View {
	return &View{register: r, store: s, teams: teams, trail: trail, last: &guarded{}, fresh: map[string]tocsin.Incident{}}
}

// reader is who asks. Nobody in particular, on a listener that is open to this machine, is named by nothing.
func (v *View) reader(ctx context.Context) *tocsin.Reader {
	id := auth.From(ctx)
	if id.Open || id.Actor.ID == "" {
		return &tocsin.Reader{}
	}
	return register.ReaderOf(id.Actor, v.teams)
}

// may reports whether who asks may know of an incident: by its tenant, and as far as it is restricted.
func (v *View) may(ctx context.Context, i *tocsin.Incident) bool {
	return v.asks(ctx)(i)
}

// asks is [View.may] for who asks.
func (v *View) asks(ctx context.Context) func(*tocsin.Incident) bool {
	own, reader := auth.From(ctx).Tenant, v.reader(ctx)
	return func(i *tocsin.Incident) bool { return i.KnownTo(reader) && (own == "" || own == i.Tenant) }
}

// shows keeps that restricted incidents are about to be shown, once in a request. On an error they must not be.
func (v *View) shows(ctx context.Context, object string, all ...tocsin.Incident) error {
	var named []string
	for n := range all {
		if all[n].Visibility != tocsin.Restricted {
			continue
		}
		if memo := auth.Memo(ctx); memo != nil {
			if _, told := memo.LoadOrStore("shown "+all[n].ID, true); told {
				continue
			}
		}
		named = append(named, all[n].Number)
	}
	if len(named) == 0 {
		return nil
	}
	const most = 50 // numbers that one entry names
	why := "restricted: " + strings.Join(named[:min(len(named), most)], ", ")
	if len(named) > most {
		why += fmt.Sprintf(" and %d more", len(named)-most)
	}
	return v.trail.ShowsBecause(ctx, "read-restricted", object, why)
}

// Do gives a command; the register itself refuses one on what its giver may not know.
func (v *View) Do(ctx context.Context, cmd register.Command) (tocsin.Incident, error) {
	i, err := v.register.Do(ctx, cmd)
	if err == nil && i.Visibility == tocsin.Restricted {
		v.mu.Lock()
		v.fresh[i.ID] = i
		v.mu.Unlock()
	}
	return i, err
}

// Foresee is [register.Register.Foresee].
func (v *View) Foresee(i tocsin.Incident, cmd register.Command) error {
	return v.register.Foresee(i, cmd)
}

// Incident reads an incident from its log.
func (v *View) Incident(ctx context.Context, id string) (tocsin.Incident, error) {
	i, err := v.register.Incident(ctx, id)
	if err != nil {
		return i, err
	}
	if !v.may(ctx, &i) {
		return tocsin.Incident{}, absent("incident", id)
	}
	if err := v.shows(ctx, "/incidents/"+id, i); err != nil {
		return tocsin.Incident{}, err
	}
	return i, nil
}

func absent(what, id string) error { return fmt.Errorf("%s %.80s: %w", what, id, tocsin.ErrNotFound) }

// Incidents lists incidents; what the reader may not know is not counted either.
func (v *View) Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	q.Reader = v.reader(ctx)
	page, err := v.store.Incidents(ctx, q)
	if err != nil {
		return page, err
	}
	v.mu.Lock()
	page.Items = slices.DeleteFunc(page.Items, func(i tocsin.Incident) bool { // whatever a listing that lags behind says
		if now, ok := v.fresh[i.ID]; ok && now.Revision > i.Revision {
			i = now
		}
		return !i.KnownTo(q.Reader)
	})
	v.mu.Unlock()
	if err := v.shows(ctx, "/incidents", page.Items...); err != nil {
		return tocsin.Page[tocsin.Incident]{}, err
	}
	return page, nil
}

// Counts counts as [View.Incidents] does.
func (v *View) Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error) {
	queries = slices.Clone(queries)
	for n := range queries {
		queries[n].Reader = v.reader(ctx)
	}
	return v.store.Counts(ctx, queries)
}

// Mark is another one once an incident of a tenant was written: it tells that something was, and not what.
func (v *View) Mark(ctx context.Context, tenant string) (string, error) {
	return v.store.Mark(ctx, tenant)
}

// Known tells which of some incidents the reader may know of, as far as what is restricted goes.
func (v *View) Known(ctx context.Context, incidents []string) (map[string]bool, error) {
	g, err := v.guarded(ctx)
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, id := range incidents {
		i, restricted := g.incidents[id]
		known[id] = !restricted || v.may(ctx, &i)
	}
	return known, nil
}

// Entries is an incident's log.
func (v *View) Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error) {
	known, err := v.Known(ctx, []string{incident})
	if err != nil {
		return nil, err
	}
	if !known[incident] {
		return nil, absent("incident", incident)
	}
	return v.store.Entries(ctx, incident, from)
}
