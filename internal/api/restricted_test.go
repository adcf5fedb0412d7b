package api

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tocsin"
	"tocsin/register"
	"tocsin/register/notify"
)

// The restricted incident of the tests is about a quokka. The words are in nothing else.
const (
	quokkaEvent = "202611-0e9"
	quokkaAlert = "a0a0a0"
	quokkaUser  = "quokka"
)

// restrict stores an incident of one event and one alert, and restricts it: tess's team is at work on it, and ines is
// named.
func (w *world) restrict() tocsin.Incident {
	w.t.Helper()
	raw := []byte(`{"user":"quokka"}`)
	alert := tocsin.Alert{
		ID: quokkaAlert, Tenant: "default", Format: "ecs", Time: t0, Raw: raw, SHA256: sha256.Sum256(raw),
		Fields: tocsin.NewFields([]tocsin.Field{{Name: "user.name", Value: tocsin.StringValue(quokkaUser)}}),
	}
	if _, err := w.store.StoreAlerts(w.t.Context(), []tocsin.Alert{alert}); err != nil {
		w.t.Fatal(err)
	}
	e := w.event(quokkaEvent, quokkaUser)
	e.Revision, e.Rule.Title = 2, "Quokka seen"
	e.Evidence = tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: quokkaAlert, Time: t0}}}
	if err := w.store.StoreEvents(w.t.Context(), []tocsin.Event{e}); err != nil {
		w.t.Fatal(err)
	}
	out, err := w.register.Apply(w.t.Context(), e, tocsin.Assessment{
		State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P2", Category: "intrusion-attempts/brute-force", Urgency: "active",
		Impact: tocsin.Impact{Functional: "low"}, Class: "II", Severity: "less_serious", Platform: "linux", Why: []string{"because of a quokka"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	i := out.Incident
	for n, c := range []register.Command{
		{Action: tocsin.ActTeam, Team: "irt"},
		{Action: tocsin.ActVisibility, Visibility: tocsin.Restricted, Shared: []string{"ines"}, Reason: "it is about one of us"},
	} {
		c.ID, c.Incident, c.By = "r"+string(rune('0'+n)), i.ID, tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}
		if i, err = w.register.Do(w.t.Context(), c); err != nil {
			w.t.Fatal(err)
		}
	}
	return i
}

// told is an outbox with one notice, of the restricted incident.
type told struct{ of *tocsin.Incident }

func (o told) Notices(context.Context, tocsin.NoticeQuery) ([]tocsin.Notice, error) {
	return []tocsin.Notice{{ID: "n1", Incident: o.of.ID, Number: o.of.Number, State: tocsin.NoticeWaiting}}, nil
}
func (told) Status(context.Context) ([]notify.Line, error) { return nil, nil }
func (told) Test(context.Context, string) ([]notify.Tried, error) {
	return nil, tocsin.ErrNotFound
}

// roads are the operations that are on no single incident, event or alert, and may name a restricted one: how they are
// asked for it. One that begins with no ? is a body.
var roads = map[string]string{
	"list-incidents": "?entity=quokka&title=quokka", "list-events": "?entity=quokka", "list-alerts": "?entity=quokka", "list-assessments": "?state=any",
	"list-notices": "", "bulk-assign": `{"assignee":"x"}`, "bulk-acknowledge": `{"text":"x"}`, "bulk-comment": `{"text":"x"}`,
	"bulk-close": `{"disposition":"false_positive"}`, "bulk-reject": `{"reason":"x"}`,
}

// apart are the operations that say nothing of an incident, or count and name none.
var apart = []string{
	"create-incident", "list-rules", "get-health", "list-dead-letters", "get-dead-letter", "redrive-dead-letter", "discard-dead-letter", "who-am-i", "list-users", "add-user",
	"set-password", "remove-user", "list-tokens", "create-token", "revoke-token", "list-exceptions", "list-sources", "why-not", "rule-quality", "get-trend", "get-trend-table",
	"list-metrics", "report", "get-informant", "erase-informant", "get-receivers", "test-route", "get-regimes", "get-register-report",
	"list-audit", // a lead's: it names what was done on which incident
	"send-alerts",
}

// quokkas reports whether an answer names the restricted incident, or something of it.
func quokkas(a reply, i *tocsin.Incident) bool {
	text := strings.ToLower(a.body)
	return strings.Contains(text, quokkaUser) || strings.Contains(text, strings.ToLower(i.Number)) || strings.Contains(text, quokkaAlert)
}

// TestRestricted takes every road of the API to a restricted incident, as everybody. For whom it does not name it is not
// there; those whom it names, and a lead, find it by each. An operation that is on no road and not apart fails.
func TestRestricted(t *testing.T) {
	var i tocsin.Incident
	w := newWorld(t, func(o *Options) { o.OpenReads, o.Notifier = true, told{&i} })
	i = w.restrict()
	exhibit := w.exhibit(i.ID)
	d, _ := w.description()
	left, all := maps.Clone(roads), []road{}
	for path, operations := range d.Paths {
		for method, op := range operations {
			id := op.OperationID
			how, listed := roads[id]
			delete(left, id)
			one := strings.Contains(path, "/incidents/{id}") || strings.Contains(path, "/events/{id}") || strings.Contains(path, "/alerts/{id}")
			if one && (listed || slices.Contains(apart, id)) || !one && listed == slices.Contains(apart, id) {
				t.Errorf("%s has to stand in roads or apart, or to be on one incident, event or alert", id)
			} else if one || listed {
				for place, with := range map[string]string{"/incidents/{id}": i.ID, "/events/{id}": quokkaEvent, "/alerts/{id}": quokkaAlert} {
					path = strings.ReplaceAll(path, place, strings.Replace(place, "{id}", with, 1))
				}
				all = append(all, road{id, strings.ToUpper(method), strings.TrimPrefix(strings.ReplaceAll(path, "{exhibit}", exhibit), "/api/v1"), how, one})
			}
		}
	}
	for id := range left {
		t.Errorf("roads names %s, which is no operation", id)
	}
	for _, r := range all {
		for _, role := range []string{"", "viewer", "analyst", "coordinator", "lead/other", "admin/other"} {
			w.mayNotKnow(r, role, &i)
		}
	}
	if seen := w.objects("read-restricted"); len(seen) > 0 {
		t.Errorf("nobody was shown anything, and the audit log has %v", seen)
	}
	if now, err := w.register.Incident(t.Context(), i.ID); err != nil || now.Revision != i.Revision {
		t.Errorf("revision %d, was %d (%v)", now.Revision, i.Revision, err)
	}
	slices.SortStableFunc(all, func(a, b road) int { return strings.Compare(a.method, b.method) }) // what reads, then what changes it
	for _, r := range all {
		for _, role := range []string{"tess", "ines", "lead", "admin"} {
			w.mayKnow(r, role, &i)
		}
	}
}

// A road is an operation, as it is asked for the restricted incident.
type road struct {
	id, method, path, how string
	one                   bool // it is on one incident, event or alert
}

func (w *world) take(r road, role string) reply {
	body := ""
	switch {
	case strings.HasPrefix(r.id, "bulk-"):
		_, id, _ := strings.Cut(r.path, "#")
		body = `{"incidents":[{"id":"` + id + `"}],"command":` + r.how + `}`
	case r.method == http.MethodPost:
		body = `{"text":"x","reason":"x","disposition":"false_positive","into":"202611-1","assignee":"x","coordinator":"x","owner":"x","team":"x","follow_up":{"text":"x"},"title":"x","visibility":"restricted","shared":["ines"]}`
	default:
		r.path += r.how
	}
	path, _, _ := strings.Cut(r.path, "#")
	return w.do(role, r.method, path, body, "If-Match", "*", "Idempotency-Key", r.id+role)
}

// mayNotKnow holds that a road leads somebody to nothing.
func (w *world) mayNotKnow(r road, role string, i *tocsin.Incident) {
	w.t.Helper()
	a := w.take(r.of(i), role)
	refused := a.StatusCode == http.StatusForbidden || a.StatusCode == http.StatusUnauthorized
	if quokkas(a, i) {
		w.t.Errorf("%s as %q: it is told: %s %.300s", r.id, role, a.Status, a.body)
	}
	if r.one && !refused && a.StatusCode != http.StatusNotFound {
		w.t.Errorf("%s as %q: %s, where it is not there for them", r.id, role, a.Status)
	}
}

// mayKnow holds that a road leads somebody to the incident, if the role is enough, and that the audit log says so.
func (w *world) mayKnow(r road, role string, i *tocsin.Incident) {
	w.t.Helper()
	before := w.shown()
	a := w.take(r.of(i), role)
	bulk := strings.HasPrefix(r.id, "bulk-")
	switch {
	case a.StatusCode == http.StatusForbidden: // whatever the incident names
	case a.StatusCode == http.StatusNotFound, !r.one && !bulk && !quokkas(a, i), bulk && strings.Contains(a.body, `"code":404`):
		w.t.Errorf("%s as %s: %s, where it is there: %.300s", r.id, role, a.Status, a.body)
	case r.method == http.MethodGet && a.StatusCode == http.StatusOK && quokkas(a, i) && r.id != "list-notices" && w.shown() == before:
		w.t.Errorf("%s as %s: it was shown, and the audit log has nothing of it", r.id, role)
	}
}

// of has a bulk command name the incident.
func (r road) of(i *tocsin.Incident) road {
	if strings.HasPrefix(r.id, "bulk-") {
		r.path += "#" + i.ID
	}
	return r
}

// shown is how often the audit log says that something restricted was shown.
func (w *world) shown() int64 {
	page, err := w.store.AuditEntries(w.t.Context(), tocsin.AuditQuery{Action: "read-restricted"})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Total
}

// exhibit is the id of the copy that an incident has.
func (w *world) exhibit(incident string) string {
	entries, err := w.store.Entries(w.t.Context(), incident, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	ids, err := register.ExhibitIDs(entries)
	if err != nil || len(ids) == 0 {
		w.t.Fatalf("no copies: %v", err)
	}
	return ids[0]
}

// objects are those of the audit log's entries on an action.
func (w *world) objects(action string) (objects []string) {
	page, err := w.store.AuditEntries(w.t.Context(), tocsin.AuditQuery{Action: action})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range page.Items {
		objects = append(objects, e.Object+" "+e.Reason)
	}
	return objects
}

// The register's report counts what is restricted and names it to nobody, as it is given on; the figures count it; what
// is for everybody to read is not made of it.
func TestRestrictedIsCounted(t *testing.T) {
	w := newWorld(t, nil)
	i := w.restrict()
	for _, role := range []string{"viewer", "lead"} {
		for _, format := range []string{"json", "md", "html"} {
			a := w.do(role, http.MethodGet, "/register/report?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&format="+format, "")
			if a.StatusCode != http.StatusOK || quokkas(a, &i) || !strings.Contains(strings.ReplaceAll(a.body, `"restricted": 1`, "restricted: 1"), "restricted: 1") {
				t.Errorf("as %s, %s: %s %.600s", role, format, a.Status, a.body)
			}
		}
		a := w.do(role, http.MethodGet, "/register/report?from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00Z&format=json", "")
		var doc struct{ Opened, Open, Restricted int }
		if err := json.Unmarshal([]byte(a.body), &doc); err != nil || doc.Opened != 1 || doc.Open != 1 || doc.Restricted != 1 {
			t.Errorf("as %s: %+v (%v)", role, doc, err)
		}
	}
	if a := w.do("lead", http.MethodGet, "/incidents/"+i.ID+"/awareness", ""); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "restricted") {
		t.Errorf("awareness: %s %s", a.Status, a.body)
	}
	a := w.do("viewer", http.MethodGet, "/trends?metric=incidents&from=2026-11-01&to=2026-12-01", "")
	if a.StatusCode != http.StatusOK || quokkas(a, &i) {
		t.Errorf("trends: %s %.300s", a.Status, a.body)
	}
}

// What is not restricted any more is there for everybody at once, and the reverse; the log says who, when and why.
func TestVisibilityChanges(t *testing.T) {
	w := newWorld(t, nil)
	i := w.restrict()
	get := func(path string) int { return w.do("viewer", http.MethodGet, path, "").StatusCode }
	paths := []string{"/incidents/" + i.ID, "/incidents/" + i.ID + "/log", "/events/" + quokkaEvent, "/alerts/" + quokkaAlert, "/events/" + quokkaEvent + "/evidence"}
	for n, to := range []struct {
		visibility string
		code       int
	}{{"team", 200}, {"restricted", 404}, {"team", 200}} {
		a := w.do("lead", http.MethodPost, "/incidents/"+i.ID+"/visibility", `{"visibility":"`+to.visibility+`","reason":"so it is"}`, "If-Match", "*", "Idempotency-Key", "v"+string(rune('0'+n)))
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s", to.visibility, a.Status, a.body)
		}
		for _, path := range paths {
			if got := get(path); got != to.code {
				t.Errorf("%s, %s: %d", to.visibility, path, got)
			}
		}
	}
	a := w.do("viewer", http.MethodGet, "/incidents/"+i.ID+"/log", "")
	if !strings.Contains(a.body, `"action":"visibility"`) || !strings.Contains(a.body, "so it is") {
		t.Errorf("the log: %s", a.body)
	}
	if a := w.do("analyst", http.MethodPost, "/incidents/"+i.ID+"/visibility", `{"visibility":"restricted","reason":"x"}`, "If-Match", "*"); a.StatusCode != http.StatusForbidden {
		t.Errorf("an analyst: %s", a.Status)
	}
}
