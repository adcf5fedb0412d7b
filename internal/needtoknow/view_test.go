package needtoknow

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
	"tocsin/sinks/memory"
)

var t0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

func now() time.Time { return t0.Add(time.Hour) }

// windows is the response team of the tests; tess is its only member.
func teamsOf(name string) []string {
	if name == "tess" {
		return []string{"linux", "windows"}
	}
	return nil
}

func person(name, role string) tocsin.Actor {
	return tocsin.Actor{Kind: "person", ID: name, Role: role}
}

// as is a request by somebody.
func as(ctx context.Context, name, role string) context.Context {
	return auth.With(ctx, auth.Identity{Actor: person(name, role)})
}

// A world is a register with one declared incident, of one event and one alert, and a view of it.
type world struct {
	t        *testing.T
	store    *memory.Store
	register *register.Register
	view     *View
	incident tocsin.Incident
	given    int
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, store: memory.New()}
	w.register = register.New(register.Options{Store: w.store, Now: now, Teams: teamsOf})
	w.view = New(w.register, w.store, teamsOf, auth.Trail{Store: w.store, Now: now, Log: slog.New(slog.DiscardHandler)})
	raw := []byte(`{}`)
	alert := tocsin.Alert{ID: "a1", Tenant: "default", Format: "ecs", Time: t0, Raw: raw, SHA256: sha256.Sum256(raw)}
	if _, err := w.store.StoreAlerts(t.Context(), []tocsin.Alert{alert}); err != nil {
		t.Fatal(err)
	}
	e := tocsin.Event{
		ID: "202611-e1", Tenant: "default", Activity: tocsin.Open, Milestone: tocsin.MilestoneOpened, Revision: 1,
		Rule:  tocsin.RuleRef{ID: "r", Title: "Password spray", Level: "high", Incident: tocsin.IncidentGrouping{GroupBy: []string{"user.name"}, Window: time.Hour}},
		First: t0, Last: t0, Opened: t0, Detected: t0, Count: 1,
		Entities: []tocsin.Entity{{Field: "user.name", Value: "eve", Role: "victim"}}, Evidence: tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: "a1", Time: t0}}},
	}
	if err := w.store.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
		t.Fatal(err)
	}
	out, err := w.register.Apply(t.Context(), e, tocsin.Assessment{
		State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P2", Category: "intrusion-attempts/brute-force", Urgency: "active",
		Impact: tocsin.Impact{Functional: "low"}, Class: "II", Severity: "less_serious", Platform: "linux", Why: []string{"because"},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.incident = out.Incident
	w.do("cora", "coordinator", register.Command{Action: tocsin.ActDeclare})
	w.do("lena", "lead", register.Command{Action: tocsin.ActAssign, Assignee: "bert"})
	w.do("lena", "lead", register.Command{Action: tocsin.ActTeam, Team: "windows"})
	return w
}

// do gives a command through the view, as whoever gives it.
func (w *world) do(name, role string, c register.Command) {
	w.t.Helper()
	w.given++
	c.ID, c.Incident, c.By = fmt.Sprint("c", w.given), w.incident.ID, person(name, role)
	i, err := w.view.Do(as(w.t.Context(), name, role), c)
	if err != nil {
		w.t.Fatal(err)
	}
	w.incident = i
}

func (w *world) restrict() {
	w.t.Helper()
	w.do("lena", "lead", register.Command{Action: tocsin.ActVisibility, Visibility: tocsin.Restricted, Shared: []string{"ines"}, Reason: "it is about one of us"})
}

// roads are all ways that a view has to something of the incident: each reports whether it led there.
func (w *world) roads() map[string]func(context.Context) (bool, error) {
	v, id := w.view, w.incident.ID
	listed := func(n int, err error) (bool, error) { return n > 0, err }
	return map[string]func(context.Context) (bool, error){
		"incident": func(ctx context.Context) (bool, error) { i, err := v.Incident(ctx, id); return i.ID == id, err },
		"incidents": func(ctx context.Context) (bool, error) {
			p, err := v.Incidents(ctx, tocsin.Query{})
			if int64(len(p.Items)) != p.Total {
				w.t.Errorf("%d incidents of %d", len(p.Items), p.Total)
			}
			return listed(len(p.Items), err)
		},
		"counts": func(ctx context.Context) (bool, error) {
			c, err := v.Counts(ctx, []tocsin.Query{{}, {Entity: "eve"}, {Entity: "nobody"}})
			if err == nil && (c[0] != c[1] || c[2] != 0) {
				w.t.Errorf("counts %v", c)
			}
			return listed(int(c[0]), err)
		},
		"known": func(ctx context.Context) (bool, error) { k, err := v.Known(ctx, []string{id}); return k[id], err },
		"log":   func(ctx context.Context) (bool, error) { e, err := v.Entries(ctx, id, 1); return listed(len(e), err) },
		"event": func(ctx context.Context) (bool, error) { e, err := v.Event(ctx, "202611-e1"); return e.ID != "", err },
		"events": func(ctx context.Context) (bool, error) {
			e, err := v.Events(ctx, []string{"202611-e1"})
			return listed(len(e), err)
		},
		"events by entity": func(ctx context.Context) (bool, error) {
			p, err := v.EventsBy(ctx, tocsin.EventQuery{Entity: "eve"})
			if int64(len(p.Items)) != p.Total {
				w.t.Errorf("%d events of %d", len(p.Items), p.Total)
			}
			return listed(len(p.Items), err)
		},
		"event counts": func(ctx context.Context) (bool, error) {
			c, err := v.EventCounts(ctx, []tocsin.EventQuery{{Rule: "r", Level: []string{"high"}}, {Rule: "other"}})
			if err == nil && c[1] != 0 {
				w.t.Errorf("event counts %v", c)
			}
			return listed(int(c[0]), err)
		},
		"verdict": func(ctx context.Context) (bool, error) {
			d, err := v.Verdict(ctx, "202611-e1")
			return d.Event != "", err
		},
		"verdicts": func(ctx context.Context) (bool, error) {
			p, err := v.Verdicts(ctx, tocsin.VerdictQuery{})
			return listed(len(p.Items), err)
		},
		"alert": func(ctx context.Context) (bool, error) { a, err := v.Alert(ctx, "a1"); return a.ID != "", err },
		"originals": func(ctx context.Context) (bool, error) {
			a, err := v.Originals(ctx, []tocsin.AlertRef{{ID: "a1", Time: t0}})
			return listed(len(a), err)
		},
		"alerts by": func(ctx context.Context) (bool, error) {
			a, _, err := v.AlertsBy(ctx, tocsin.AlertQuery{})
			return listed(len(a), err)
		},
	}
}

// readers are people, by what they are to the incident, and whether they may know of it once it is restricted.
var readers = []struct {
	name, role string
	known      bool
}{
	{"otto", "viewer", false}, {"otto", "analyst", false}, {"otto", "coordinator", false}, {"otto", "lead", true}, {"otto", "admin", true}, // strangers
	{"bert", "viewer", true}, {"bert", "analyst", true}, // assignee
	{"cora", "coordinator", true}, {"cora", "viewer", true}, // who declared it
	{"ines", "viewer", true}, {"ines", "analyst", true}, // named
	{"tess", "analyst", true}, {"tess", "coordinator", true}, // member of a team that was activated for it
	{"", "viewer", false}, {"", "", false},
}

// TestWhoMayKnow takes every road of the view, as everybody, to an incident of each class: what is restricted is there for
// whom it names, by each road, and for the others by none; and what was shown of it stands in the audit log.
func TestWhoMayKnow(t *testing.T) {
	w := newWorld(t)
	for _, class := range []string{tocsin.VisibleToTeam, tocsin.Restricted, tocsin.VisibleToTeam} {
		if class == tocsin.Restricted {
			w.restrict()
		} else if w.incident.Visibility == tocsin.Restricted {
			w.do("lena", "lead", register.Command{Action: tocsin.ActVisibility, Visibility: class, Reason: "it is over"})
		}
		for _, r := range readers {
			for road, take := range w.roads() {
				before := w.told()
				led, err := take(as(t.Context(), r.name, r.role))
				want := class == tocsin.VisibleToTeam || r.known
				if led != want || err != nil && (want || !errors.Is(err, tocsin.ErrNotFound)) {
					t.Errorf("%s, %s as %q (%s): it led there: %t (%v)", class, road, r.name, r.role, led, err)
				}
				quiet := road == "counts" || road == "event counts" || road == "known" || road == "log" // of these the API tells by itself, or nothing of the incident
				if told := w.told() > before; told != (led && class == tocsin.Restricted && !quiet) {
					t.Errorf("%s, %s as %q (%s): the audit log was told: %t", class, road, r.name, r.role, told)
				}
			}
		}
	}
}

// told is how often the audit log says that something restricted was shown.
func (w *world) told() int64 {
	w.t.Helper()
	page, err := w.store.AuditEntries(w.t.Context(), tocsin.AuditQuery{Action: "read-restricted"})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Total
}

// A listener that is open to this machine shows nobody in particular what a viewer may see, and nothing that is restricted,
// whatever role it lends. A lead who is bound to another tenant is nobody here.
func TestNobodyInParticular(t *testing.T) {
	w := newWorld(t)
	w.restrict()
	for name, id := range map[string]auth.Identity{
		"open":         {Actor: person("cora", "admin"), Open: true},
		"no name":      {Actor: person("", "lead")},
		"other tenant": {Actor: person("lena", "lead"), Tenant: "other"},
	} {
		for road, take := range w.roads() {
			if name == "other tenant" && (road == "incidents" || road == "counts" || road == "event counts" || road == "known" || road == "verdicts") {
				continue // these are asked with the tenant, see the API
			}
			if led, _ := take(auth.With(t.Context(), id)); led {
				t.Errorf("%s: %s led there", name, road)
			}
		}
	}
}

// Once in a request is enough for the audit log; without it nothing is shown.
func TestShownOnceOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	w.restrict()
	ctx := as(t.Context(), "ines", "analyst")
	for range 3 {
		for _, take := range w.roads() {
			if _, err := take(ctx); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := w.told(); n != 1 {
		t.Errorf("the audit log was told %d times in one request", n)
	}
	w.view.trail.Store = deaf{}
	for _, road := range []string{"incident", "incidents", "event", "events", "events by entity", "verdict", "verdicts", "alert", "alerts by"} {
		if led, err := w.roads()[road](as(t.Context(), "ines", "analyst")); led || !errors.Is(err, errDeaf) {
			t.Errorf("%s: shown without an entry: %t (%v)", road, led, err)
		}
	}
}

var errDeaf = errors.New("the audit log is away")

type deaf struct{}

func (deaf) Audit(context.Context, tocsin.AuditEntry) error { return errDeaf }

// A late store lists incidents as they were before they were restricted.
type late struct {
	Store
	page tocsin.Page[tocsin.Incident]
}

func (l *late) Incidents(_ context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	p := l.page
	p.Items = slices.DeleteFunc(slices.Clone(p.Items), func(i tocsin.Incident) bool {
		return q.Visibility == tocsin.Restricted && i.Visibility != tocsin.Restricted
	})
	return p, nil
}

func (l *late) Restricted(ctx context.Context) (map[string]int64, error) {
	p, err := l.Incidents(ctx, tocsin.Query{Visibility: tocsin.Restricted})
	all := map[string]int64{}
	for _, i := range p.Items {
		all[i.ID] = i.Revision
	}
	return all, err
}

// What was restricted through a view is hidden at once, though listings lag behind.
func TestALateListingHidesToo(t *testing.T) {
	w := newWorld(t)
	page, err := w.store.Incidents(t.Context(), tocsin.Query{})
	if err != nil {
		t.Fatal(err)
	}
	w.view = New(w.register, &late{w.store, page}, teamsOf, auth.Trail{Now: now})
	w.restrict()
	roads := w.roads()
	for _, road := range []string{"incident", "known", "log", "event", "events", "verdict", "verdicts", "alert", "alerts by"} {
		if led, _ := roads[road](as(t.Context(), "otto", "coordinator")); led {
			t.Errorf("%s led there", road)
		}
		if led, err := roads[road](as(t.Context(), "ines", "analyst")); !led {
			t.Errorf("%s did not lead whom it names there: %v", road, err)
		}
	}
	if p, err := w.view.Incidents(as(t.Context(), "otto", "coordinator"), tocsin.Query{}); err != nil || len(p.Items) > 0 {
		t.Errorf("listed: %d (%v)", len(p.Items), err)
	}
}
