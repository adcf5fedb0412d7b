package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/dossier"
	"tocsin/internal/integrity"
	"tocsin/internal/needtoknow"
	"tocsin/internal/reports"
	"tocsin/register"
	"tocsin/sinks"
	"tocsin/sinks/memory"
)

var t0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

// A world is an API over a store in memory.
type world struct {
	t        *testing.T
	store    *memory.Store
	register *register.Register
	handler  http.Handler
}

// token is the test's token of a role; of a tenant where the role is followed by one: admin/other.
func token(role string) string { return "token-of-" + role }

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, store: memory.New()}
	now := func() time.Time { return t0.Add(time.Hour) }
	w.register = register.New(register.Options{Store: w.store, Now: now, Exhibits: w.store, Teams: teamsOf})
	trail := auth.Trail{Store: w.store, Now: now, Log: slog.New(slog.DiscardHandler)}
	view := needtoknow.New(w.register, w.store, teamsOf, trail)
	tokens := &auth.Tokens{}
	var file strings.Builder
	for _, role := range register.Roles() {
		for _, tenant := range []string{"", "other"} {
			name, text := role, role
			if tenant != "" {
				name, text = role+"-"+tenant, role+"/"+tenant
			}
			sum := sha256.Sum256([]byte(token(text)))
			file.WriteString("- {name: " + name + ", role: " + role + ", tenant: \"" + tenant + "\", sha256: " + hex.EncodeToString(sum[:]) + "}\n")
		}
	}
	for _, who := range [][2]string{{"ines", "coordinator"}, {"tess", "analyst"}} { // restricted incidents may name them
		sum := sha256.Sum256([]byte(token(who[0])))
		file.WriteString("- {name: " + who[0] + ", role: " + who[1] + ", sha256: " + hex.EncodeToString(sum[:]) + "}\n")
	}
	directory, err := auth.OpenDirectory(t.Context(), w.store, tokens, register.Roles(), now)
	if err != nil {
		t.Fatal(err)
	}
	if err := tokens.Load("tokens.yaml", []byte(file.String()), register.Roles()); err != nil {
		t.Fatal(err)
	}
	o := Options{
		Register: view, Store: view, Whole: w.store, DeadLetters: letters{w.store}, Dispose: letters{w.store}.dispose, Tokens: tokens, Version: "1", Now: now, Log: slog.New(slog.DiscardHandler),
		Press:   press(t),
		Reports: desk(w.store, w.register, now),
		Rules:   func() Rules { return Rules{Set: "abc", Rules: []Rule{}} },
		WhyNot:  whyNot,
		Quality: func(ctx context.Context, tenant string, since time.Time) (register.Qualities, error) {
			return register.RuleQuality(ctx, w.store, tenant, since)
		},
		Measures:  w.store,
		Health:    func() any { return map[string]string{"status": "ok"} },
		Search:    view,
		Directory: directory,
		Exceptions: func() []Exception {
			return []Exception{{Name: "exceptions/a.yaml:1", Rule: "r1", When: "true", Expires: t0}}
		},
		Sources:   func() []Source { return []Source{{Name: "http", Alerts: 7}} },
		Custodian: integrity.Custodian{Register: w.register, Store: w.store, Now: now, Version: "test"},
		Audit:     w.store, Trail: trail,
	}
	if change != nil {
		change(&o)
	}
	w.handler = New(o)
	return w
}

// teamsOf tells that tess is one of the team irt.
func teamsOf(name string) []string {
	if name == "tess" {
		return []string{"irt"}
	}
	return nil
}

func press(t *testing.T) *dossier.Press {
	t.Helper()
	p, err := dossier.New("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// desk takes reports; the registrar leaves them pending, but those that go on.
func desk(s *memory.Store, r *register.Register, now func() time.Time) *reports.Desk {
	assess := func(ctx context.Context, e tocsin.Event) error {
		a := tocsin.Assessment{State: tocsin.Pending, Mode: tocsin.ModeManual, Priority: "P4", Impact: tocsin.Impact{Functional: "low"}, Category: "other/undetermined"}
		if e.Report.Ongoing {
			a.State, a.Mode, a.Priority = tocsin.Promoted, tocsin.ModePropose, "P2"
		}
		_, err := r.Apply(ctx, e, a)
		return err
	}
	return &reports.Desk{Store: s, Vault: s, Assess: assess, Now: now}
}

// ruleA is the only rule that the world can be asked about; it is grouped by user.name.
const ruleA = "r1"

func whyNot(rule, tenant string, key map[string]string) (tocsin.Standing, error) {
	switch user, ok := key["user.name"]; {
	case rule != ruleA:
		return tocsin.Standing{}, tocsin.ErrNotFound
	case !ok || len(key) > 1:
		return tocsin.Standing{}, tocsin.ErrKey
	case user == "starting":
		return tocsin.Standing{}, fmt.Errorf("rule r1: %w", tocsin.ErrStarting)
	case user == "elsewhere":
		return tocsin.Standing{}, fmt.Errorf("partition 7: %w", tocsin.ErrElsewhere)
	default:
		return tocsin.Standing{
			Rule: rule, Tenant: tenant, State: tocsin.StandingCounting, Unit: "alerts", Have: 4, Need: 5,
			Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue(user)}},
		}, nil
	}
}

type letters struct{ *memory.Store }

func (l letters) Rejections(ctx context.Context, q DeadLetterQuery) (tocsin.Page[tocsin.Rejection], error) {
	return l.Store.Rejections(ctx, sinks.RejectionQuery{Tenant: q.Tenant, Source: q.Source, Reason: q.Reason, Limit: q.Limit, Cursor: q.Cursor})
}

func (l letters) dispose(ctx context.Context, r tocsin.Rejection, action tocsin.DispositionAction, by tocsin.Actor, why string) (tocsin.Disposition, error) {
	if action == tocsin.Redriven && len(r.Raw) == 0 {
		return tocsin.Disposition{}, ErrNoBytes
	}
	done, err := l.Store.Dispositions(ctx, []string{r.ID})
	if err != nil {
		return tocsin.Disposition{}, err
	}
	d := tocsin.Disposition{Letter: r.ID, Number: int64(len(done[r.ID])) + 1, Action: action, By: by, Why: why, At: t0}
	return d, l.Store.Dispose(ctx, d)
}

// The ids of what [world.fill] stores.
const (
	eventA  = "202611-0e1" // in an incident
	eventB  = "202611-0e2" // pending
	alertA  = "a1"
	letterA = "d1"
)

// fill stores an alert, an event in an incident, a pending one and a dead letter; it returns the incident.
func (w *world) fill() tocsin.Incident {
	w.t.Helper()
	ctx := w.t.Context()
	raw := []byte(`{"x":1}`)
	alert := tocsin.Alert{ID: alertA, Tenant: "default", Format: "ecs", Time: t0, Raw: raw, SHA256: sha256.Sum256(raw)}
	if _, err := w.store.StoreAlerts(ctx, []tocsin.Alert{alert}); err != nil {
		w.t.Fatal(err)
	}
	letter := tocsin.Rejection{ID: letterA, Tenant: "default", Reason: "json", Received: t0, Raw: raw}
	if err := w.store.StoreRejections(ctx, []tocsin.Rejection{letter}); err != nil {
		w.t.Fatal(err)
	}
	a := tocsin.Assessment{
		State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P2", Category: "intrusion-attempts/brute-force", Urgency: "active",
		Impact: tocsin.Impact{Functional: "low"}, Class: "II", Severity: "less_serious", Platform: "linux", Why: []string{"because"},
	}
	out, err := w.register.Apply(ctx, w.event(eventA, "ann"), a)
	if err != nil {
		w.t.Fatal(err)
	}
	a.State, a.Mode = tocsin.Pending, tocsin.ModeManual
	if _, err := w.register.Apply(ctx, w.event(eventB, "bert"), a); err != nil {
		w.t.Fatal(err)
	}
	return out.Incident
}

func (w *world) event(id, user string) tocsin.Event {
	w.t.Helper()
	e := tocsin.Event{
		ID: id, Tenant: "default", Activity: tocsin.Open, Milestone: tocsin.MilestoneOpened, Revision: 1,
		Rule:  tocsin.RuleRef{ID: "r1", Title: "Password spray", Level: "high", Incident: tocsin.IncidentGrouping{GroupBy: []string{"user.name"}, Window: 24 * time.Hour}},
		First: t0, Last: t0, Opened: t0, Detected: t0.Add(time.Minute), Count: 1,
		Entities: []tocsin.Entity{{Field: "user.name", Value: user, Role: "victim"}},
	}
	if err := w.store.StoreEvents(w.t.Context(), []tocsin.Event{e}); err != nil {
		w.t.Fatal(err)
	}
	return e
}

// A reply is what a request got.
type reply struct {
	*http.Response
	body string
}

// problem is the answer as problem details; anything else fails the test.
func (a reply) problem(t *testing.T) (p struct {
	Status int
	Title  string
	Detail string
	Errors []struct{ Message, Location string }
},
) {
	t.Helper()
	if a.Header.Get("Content-Type") != "application/problem+json" || json.Unmarshal([]byte(a.body), &p) != nil || p.Status != a.StatusCode {
		t.Errorf("%s: no problem details: %s %.200s", a.Status, a.Header.Get("Content-Type"), a.body)
	}
	return p
}

// do asks as a role ("" for nobody); headers are pairs.
func (w *world) do(role, method, path, body string, headers ...string) reply {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, "/api/v1"+path, strings.NewReader(body))
	if role != "" {
		r.Header.Set("Authorization", "Bearer "+token(role))
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	resp := rec.Result()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{resp, string(text)}
}
