package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
	"tocsin/internal/reports"
	"tocsin/register"
	"tocsin/sinks"
	"tocsin/sinks/memory"
)

var t0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

// A world is a page over a store in memory, with a clock that only the test moves.
type world struct {
	t        *testing.T
	store    *memory.Store
	register *register.Register
	handler  http.Handler
	opts     Options
	now      time.Time
}

// The tokens of the tests, by role.
const (
	viewerToken      = "token-of-a-viewer"
	coordinatorToken = "token-of-a-coordinator"
	leadToken        = "token-of-a-lead"
	otherToken       = "token-of-another-tenant"
)

func newWorld(t *testing.T, change func(*Options)) *world {
	t.Helper()
	w := &world{t: t, store: memory.New(), now: t0.Add(time.Hour)}
	w.register = register.New(register.Options{
		Store: w.store, Now: func() time.Time { return w.now },
		Targets: map[string]register.Targets{"P2": {Assess: 30 * time.Minute, Acknowledge: 30 * time.Minute, Contain: 8 * time.Hour}},
	})
	hash := func(token string) string { sum := sha256.Sum256([]byte(token)); return hex.EncodeToString(sum[:]) }
	tokens := &auth.Tokens{}
	file := "- {name: vic, role: viewer, sha256: " + hash(viewerToken) + "}\n" +
		"- {name: cora, role: coordinator, sha256: " + hash(coordinatorToken) + "}\n" +
		"- {name: lena, role: lead, tenant: default, sha256: " + hash(leadToken) + "}\n" +
		"- {name: otto, role: admin, tenant: other, sha256: " + hash(otherToken) + "}\n"
	if err := tokens.Load("tokens.yaml", []byte(file), register.Roles()); err != nil {
		t.Fatal(err)
	}
	w.opts = Options{
		Register: w.register, Store: w.store, Search: w.store, Tokens: tokens, OpenReads: true, Stopping: t.Context().Done(), Now: func() time.Time { return w.now },
		DeadLetters: func(ctx context.Context, q LetterQuery) (tocsin.Page[Letter], error) {
			page, err := w.store.Rejections(ctx, sinks.RejectionQuery{Tenant: q.Tenant, Source: q.Source, Reason: q.Reason, Limit: q.Limit, Cursor: q.Cursor})
			out := tocsin.Page[Letter]{Total: page.Total}
			for i, r := range page.Items {
				l := Letter{Rejection: r}
				if i == 0 {
					l.Done = &tocsin.Disposition{Action: tocsin.Discarded, By: tocsin.Actor{ID: "ada"}, Why: "<b>noise</b>"}
				}
				out.Items = append(out.Items, l)
			}
			return out, err
		},
		Rules: func() Rules {
			return Rules{Set: "abc", Rules: []Rule{{ID: "r1", Title: "Password spray", Level: "high", Version: "1.0.0", Status: "stable", Kind: "count", GroupBy: []string{"user.name"}}, {ID: "r2", Title: "Rare alerts", Level: "high", Version: "1.0.0", Status: "stable", Kind: "novelty"}}}
		},
		Quality: func(ctx context.Context, tenant string, since time.Time) (register.Qualities, error) {
			return register.RuleQuality(ctx, w.store, tenant, since)
		},
		WhyNot: whyNot, NovelHosts: novelHosts, Workshop: bench{}, Counts: w.store, Measures: w.store,
		Press: press(t), Reports: &reports.Desk{Store: w.store, Vault: w.store, Assess: w.assess, Now: func() time.Time { return w.now }},
		Health: func(context.Context) Health {
			return Health{
				Mode: "embedded", Started: t0, Watermark: t0, Rates: []Rate{{Name: "alerts", Minute: 2.5, Whole: 1.2, Total: 85}}, Rejected: []Count{{"json", 10}}, Lags: []Lag{{Group: "tocsin", Topic: "alerts", Partition: 3, Next: 85, Lag: 2}},
				Receivers: []Receiver{{Name: "chat", Kind: "webhook", Sent: t0}}, System: System{Version: "v1.2.3", Go: "go1.26", Rules: "abc", Memory: 900 << 20, MemoryLimit: 1 << 30, Engines: []Engine{{Partition: 3, Offset: 85, Watermark: t0, Holder: "edge/3", Waiting: []string{"edge/4"}, Keys: 7, State: 4096}}}, Sources: []Source{{Name: "edge", Alerts: 85, Duplicates: 5, Rejected: 10, Rate: 2.5, Received: t0, Delay: 90}},
			}
		},
		Log: slog.New(slog.DiscardHandler),
	}
	w.opts.Trail = auth.Trail{Store: w.store, Now: w.opts.Now, Log: w.opts.Log}
	if change != nil {
		change(&w.opts)
	}
	var err error
	if w.handler, err = New(w.opts); err != nil {
		t.Fatal(err)
	}
	return w
}

// whyNot answers for the world's rule: nothing is held of nobody, and of others four alerts of five.
func whyNot(rule, tenant string, key map[string]string) (tocsin.Standing, error) {
	if rule == "r2" {
		return tocsin.Standing{Rule: rule, Tenant: tenant, State: tocsin.StandingCounting, Unit: "points", Have: 31, Need: 60, Now: t0, Watermark: t0, Novelty: &tocsin.NoveltyStanding{
			Hosts: 11, Rules: 72, Pairs: 211, Learned: 0.5, Hours: []tocsin.NoveltyHour{{At: t0, Risk: 31.4, Bar: 60}}, Alerts: 9001, Day: t0,
			Rare:     []tocsin.NoveltyTally{{Rule: "<b>New service</b>", Host: "web1", Alerts: 2, Rarity: 13.25, Points: 7.25}},
			Ordinary: []tocsin.NoveltyTally{{Rule: "Database update", Host: "mail", Alerts: 8999, Yesterday: 144}}, More: 3,
		}}, nil
	}
	user := key["user.name"]
	s := tocsin.Standing{
		Rule: "r1", Tenant: tenant, State: tocsin.StandingCounting, Unit: "alerts", Have: 4, Need: 5, Now: t0, Watermark: t0.Add(-2 * time.Minute),
		Until: t0.Add(38 * time.Second), Left: 38, Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue(user)}},
		Near: []tocsin.NearKey{{Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue(user + "2")}}, Alike: true, Missing: 3, Newest: t0}},
	}
	switch user {
	case "":
		return s, fmt.Errorf("user.name is not given; %w", tocsin.ErrKey)
	case "nobody":
		s.State = tocsin.StandingUnknown
	case "elsewhere":
		return s, fmt.Errorf("partition 7: %w", tocsin.ErrElsewhere)
	}
	return s, nil
}

// novelHosts tells of every host that it is asked for but nobody.
func novelHosts(tenant, host string) []tocsin.NoveltyHost {
	if host == "nobody" {
		return nil
	}
	return []tocsin.NoveltyHost{{
		Rule: "r2", Title: "Rare alerts", Since: t0.Add(-24 * time.Hour), Now: t0, Risk: 31.4, Bar: 60, Alerts: 9001, Day: t0,
		Sessions: []tocsin.NoveltyPast{{Host: host, First: t0.Add(-30 * time.Hour), Last: t0.Add(-29 * time.Hour), Points: 24, Rules: []string{host}}, {Host: host, First: t0.Add(-time.Hour), Last: t0, Points: 96, Rules: []string{host}}},
		Rare:     []tocsin.NoveltyTally{{Rule: host, Host: host, Alerts: 2, Rarity: 13.25, Points: 7.25}}, Ordinary: []tocsin.NoveltyTally{{Rule: "Database update", Host: host, Alerts: 8999, Yesterday: 144}},
	}}
}

// A bench is a workshop of one rule.
type bench struct{}

func (bench) Source(rule string) (RuleSource, bool) {
	return RuleSource{
		File: "rules/spray.yml", Line: 3, Text: "id: r1\ntitle: <b>Password spray</b>\n", Tests: []string{"three failures"},
		Exceptions: []RuleException{{Name: "exceptions/a.yml:1", When: `user.name == "<i>bob</i>"`, Reason: "a <u>scanner</u>", Owner: "net", Expires: t0.Add(-time.Hour), Hidden: 4711}},
	}, rule == "r1"
}

func (bench) Test(context.Context, string) ([]RuleTest, error) {
	return []RuleTest{{Name: "three failures", Passed: true, Took: time.Millisecond}, {Name: "two <b>failures</b>", Faults: "spray.yml:12:3: no event\n  ^"}}, nil
}

func (bench) Draft(_ context.Context, q DraftQuery) (RuleDraft, error) {
	d := RuleDraft{Text: q.Text, File: "exceptions/x.yml", Folders: []string{"rules"}, Tried: 1, Hidden: 1}
	if d.Text == "" && len(q.Events) > 0 {
		d.Text = "- rule: " + q.Rule + "\n  when: '" + q.Events[0].Entities[0].Value + "'\n"
	}
	if strings.Contains(d.Text, "fault") {
		d.Faults = "exceptions/x.yml:1:1: a fault\n  fault\n  ^"
	}
	return d, nil
}

// event is an event of one alert about an entity; both are stored.
func (w *world) event(id, title, value string) tocsin.Event {
	w.t.Helper()
	raw := []byte(`{"message":` + quoted(value) + `}`)
	a := tocsin.Alert{
		ID: "a-" + id, Tenant: "default", Source: "http", Format: "ecs", Time: t0, Received: t0.Add(time.Second), Raw: raw, SHA256: sha256.Sum256(raw),
		Ref:    tocsin.Ref{Topic: "journal", Offset: 7},
		Fields: tocsin.NewFields([]tocsin.Field{{Name: "user.name", Value: tocsin.StringValue(value)}, {Name: "message", Value: tocsin.StringValue(value)}}),
	}
	e := tocsin.Event{
		ID: "202611-" + id, Tenant: "default", Activity: tocsin.Open, Milestone: tocsin.MilestoneOpened, Revision: 1,
		Rule:  tocsin.RuleRef{ID: "r1", Title: title, Level: "high", Version: "1.0.0", Incident: tocsin.IncidentGrouping{GroupBy: []string{"user.name"}, Window: 24 * time.Hour}},
		Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue(value)}},
		First: t0, Last: t0.Add(5 * time.Minute), Opened: t0, Detected: t0.Add(time.Minute), Count: 1,
		Entities: []tocsin.Entity{{Field: "user.name", Value: value, Role: "victim"}},
		Evidence: tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: a.ID, Source: "http", Ref: a.Ref, Time: t0}}},
		Novelty: &tocsin.Novelty{
			By: "novelty", Risk: 63.25, Bar: 60, Pairs: 1, Rules: 1, Tactics: []string{"impact"}, Hosts: 1, Highest: 70, Merged: []string{"202611-m"},
			Members: []tocsin.NoveltyMember{{Rule: value, Host: value, At: t0, Alerts: 1, Rarity: 13.5, Points: 7.5, Cold: 2, Tactic: "impact", Observed: 216, Joined: "tied", With: value, Alert: a.ID}},
			Earlier: []tocsin.NoveltyPast{{Host: value, First: t0, Last: t0, Points: 12, Rules: []string{value}, Alerts: []tocsin.AlertRef{{ID: a.ID, Time: t0}}}},
		},
		Readings: []tocsin.Reading{{Expr: `user.name == "x"`, Value: tocsin.StringValue(value), Holds: true}},
	}
	if _, err := w.store.StoreAlerts(w.t.Context(), []tocsin.Alert{a}); err != nil {
		w.t.Fatal(err)
	}
	if err := w.store.StoreEvents(w.t.Context(), []tocsin.Event{e}); err != nil {
		w.t.Fatal(err)
	}
	return e
}

// incident is a proposed incident of one event.
func (w *world) incident(id, title, value string) tocsin.Incident {
	w.t.Helper()
	out, err := w.register.Apply(w.t.Context(), w.event(id, title, value), tocsin.Assessment{
		State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P2", Category: "intrusion-attempts/brute-force", Urgency: "active",
		Impact: tocsin.Impact{Functional: "low"}, Class: "II", Severity: "less_serious", Platform: value, Policy: "serious", Basis: "profile",
		Scale: "tocsin-default@2026.1", Why: []string{"because of " + value},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Incident
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(s) + `"`
}

// An answer is what a request got.
type answer struct {
	*http.Response
	body string
}

func (w *world) get(path string, headers ...string) answer {
	w.t.Helper()
	return w.do(httptest.NewRequest(http.MethodGet, path, nil), headers...)
}

func (w *world) post(path, form string, headers ...string) answer {
	w.t.Helper()
	return w.do(httptest.NewRequest(http.MethodPost, path, strings.NewReader(form)), append(headers, "Content-Type", "application/x-www-form-urlencoded")...)
}

func (w *world) do(r *http.Request, headers ...string) answer {
	w.t.Helper()
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	resp := rec.Result()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{resp, string(body)}
}

// signIn returns the Cookie header of a new session.
func (w *world) signIn(token string) string {
	w.t.Helper()
	a := w.post("/login", "token="+token+"&next=/")
	if a.StatusCode != http.StatusSeeOther || len(a.Cookies()) != 1 {
		w.t.Fatalf("sign-in: %s", a.Status)
	}
	c := a.Cookies()[0]
	return c.Name + "=" + c.Value
}

// broken is a store that does not answer.
type broken struct{ Store }

func (broken) Incidents(context.Context, tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	return tocsin.Page[tocsin.Incident]{}, errors.New("connection refused")
}
