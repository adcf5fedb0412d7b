package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/user"
	"slices"
	"strings"

	"tocsin/correlate"
	ingesthttp "tocsin/ingest/http"
	"tocsin/internal/api"
	"tocsin/internal/auth"
	"tocsin/internal/config"
	"tocsin/internal/dossier"
	"tocsin/register"
)

// handler puts together what the listener answers: intake, API, page, health and metrics.
func (a *App) handler(ctx context.Context, back backend) (http.Handler, error) {
	tokens, err := a.tokens()
	if err != nil {
		return nil, err
	}
	a.signers = tokens
	people, err := a.people(ctx, back.store, tokens)
	if err != nil {
		return nil, err
	}
	take, err := ingesthttp.New(a.intakeConfig(), ingesthttp.Options{
		Journal: back.journal, Authorize: a.authorizeIntake(tokens), Keyed: keyed(a.cfg.Sources), Now: a.now, Log: a.log, Registerer: a.reg,
	})
	if err != nil {
		return nil, err
	}
	press, err := dossier.New(a.cfg.Reports.Template)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /api/v1/alerts", take)
	mux.Handle("/services/collector", take.HEC())
	mux.Handle("/services/collector/", take.HEC())
	if slices.Contains(a.cfg.Roles, "api") {
		p, view := &pulse{gather: a.totals}, a.view(back.store)
		mux.Handle("/api/v1/", api.New(api.Options{
			Register: view, Store: view, Whole: back.store, DeadLetters: a.letters(back.store, back.journal), Dispose: a.letters(back.store, back.journal).dispose, Rules: a.rules, WhyNot: a.whyNot, Measures: a.facts, Quality: a.quality.of, Health: func() any { return a.health.Report() },
			Search: view, Exceptions: a.exceptions, Sources: func() []api.Source { return a.sources(p) },
			Regimes:   a.regimesInForce,
			Directory: people.directory, Limits: people.limits, Failures: people.failures,
			Notifier: a.notifier(),
			Audit:    back.store, Trail: a.trail(back.store),
			Press: press, Reports: a.desk(back.store, back.assess), OpenReports: a.cfg.Reports.Open,
			Custodian: a.evidence(back.store),
			Tokens:    tokens, OpenReads: a.onLoopback(), Version: "1", Now: a.now, Log: a.log,
		}))
		page, err := a.page(back, people, p, view)
		if err != nil {
			return nil, err
		}
		mux.Handle("/", page)
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", a.ready)
	if a.cfg.HTTP.MetricsListen == "" && a.onLoopback() {
		mux.Handle("GET /metrics", a.exposition())
	}
	return auth.Requests(a.guard(ownPages().Handler(impatient(mux, a.storeAway)))), nil
}

// trail is the audit log over a store.
func (a *App) trail(s store) auth.Trail {
	return auth.Trail{Store: s, Now: a.now, Log: a.log, Failures: a.counted().audit}
}

// tokens are the local one and, where configured, those of a file.
func (a *App) tokens() (*auth.Tokens, error) {
	t := &auth.Tokens{Now: a.now}
	if err := os.MkdirAll(a.cfg.DataDir, 0o700); err != nil {
		return nil, err
	}
	name := "local"
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	if err := t.OpenLocal(a.cfg.DataDir, name); err != nil {
		return nil, err
	}
	if a.cfg.HTTP.TokensFile == "" {
		return t, nil
	}
	src, err := os.ReadFile(a.cfg.HTTP.TokensFile)
	if err != nil {
		return nil, fmt.Errorf("http.tokens_file: %w", err)
	}
	return t, t.Reload(a.cfg.HTTP.TokensFile, src, register.Roles())
}

func (a *App) intakeConfig() ingesthttp.Config {
	in := a.cfg.Intake
	return ingesthttp.Config{
		Sources: []ingesthttp.Source{{Name: intakeSource, Tenant: in.Tenant, Format: in.Format}},
		MaxBody: int64(in.MaxBody), MaxUnpacked: int64(in.MaxUnpack), MaxRecord: int(in.MaxRecord),
	}
}

// authorizeIntake lets everybody send on a loopback listener, unless told otherwise, and whoever has a token anywhere.
func (a *App) authorizeIntake(tokens *auth.Tokens) func(*http.Request) error {
	open := a.onLoopback() && a.cfg.HTTP.OpenIntake == "loopback"
	return func(r *http.Request) error {
		id, ok := tokens.Identify(r)
		if !ok || (id.Actor.ID == "" && !open) {
			return errNoToken
		}
		return nil
	}
}

var errNoToken = errors.New("a token is needed: Authorization: Bearer …")

// onLoopback reports whether only this machine reaches the listener.
func (a *App) onLoopback() bool {
	host, _, err := net.SplitHostPort(a.cfg.HTTP.Listen)
	return err == nil && config.Loopback(host)
}

// guard refuses requests whose Host is not ours, so that a page of another name that resolves here reads nothing, and
// sets the headers that every answer has.
func (a *App) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.ours(r.Host) {
			refuse(w, r, http.StatusMisdirectedRequest, "this is not the host that was asked for; http.hosts names more")
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if a.cfg.HTTP.CertFile != "" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'")
		next.ServeHTTP(w, r)
	})
}

func (a *App) ours(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	name = strings.Trim(strings.ToLower(name), "[]")
	listen, _, err := net.SplitHostPort(a.cfg.HTTP.Listen)
	if err == nil && name == strings.ToLower(listen) {
		return true
	}
	return (a.onLoopback() && config.Loopback(name)) || slices.Contains(a.cfg.HTTP.Hosts, name)
}

// rules tells the API of the rules in force.
func (a *App) rules() api.Rules {
	set := a.sets.Current()
	out := api.Rules{Set: set.Hash, Faults: a.watched.Faults(), Rules: []api.Rule{}}
	out.Stale = out.Faults != ""
	states, engines := set.States(), sumRules(a.health.Report())
	for i, r := range set.Rules() {
		s, e := states[i], engines[r.ID]
		out.Rules = append(out.Rules, api.Rule{
			ID: r.ID, Title: r.Title, Version: r.Version, Status: r.Status, Level: r.Level, Kind: string(r.Correlate.Kind), Category: r.Category,
			Matches: s.Matches, Hidden: s.Hidden, Errors: s.Errors, LastError: s.LastError, Quarantined: s.Quarantined, Absent: s.Absent,
			Cost: s.Cost.Nanoseconds(), Keys: e.Keys, Bytes: e.Bytes, OpenEvents: e.OpenEvents, Late: total(e.Late), Evicted: e.Evicted,
			Degraded: append([]string{}, e.Degraded...), Blind: blinds(e.Blind),
		})
	}
	return out
}

func total(by map[string]int64) (n int64) {
	for _, v := range by {
		n += v
	}
	return n
}

func blinds(all []correlate.Blindness) []api.Blind {
	out := make([]api.Blind, 0, len(all))
	for _, b := range all {
		out = append(out, api.Blind{Reason: b.Reason, Source: b.Source, Field: b.Field, Since: b.Since, Text: b.String()})
	}
	return out
}

// ready answers 200 while the daemon does its work, degraded or not, and 503 once an operator must act: a daemon whose
// store is down retries, and ending it would help nobody (delivery.md 3.3, 10).
func (a *App) ready(w http.ResponseWriter, _ *http.Request) {
	r := a.health.Report()
	code := http.StatusOK
	for _, t := range r.Troubles {
		if t.Halted {
			code = http.StatusServiceUnavailable
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(struct {
		Status   string `json:"status"`
		Troubles any    `json:"troubles"`
	}{r.Status, r.Troubles})
}
