package app

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/config"
	"tocsin/internal/web"
	"tocsin/register"
)

var update = flag.Bool("update", false, "write docs/roles.md anew")

// A row is one thing that can be asked of the daemon, and the least role that it takes; "" is anybody.
type row struct{ method, path, role, does string }

// rolesWorld is a daemon that listens nowhere but on loopback, with a token of each role and an incident.
func rolesWorld(t *testing.T) (ask func(role, method, path string) int, handler http.Handler, incident string) {
	t.Helper()
	cfg := config.Default()
	cfg.DataDir, cfg.Rules.Shipped, cfg.HTTP.Listen, cfg.HTTP.OpenIntake, cfg.HTTP.RateLimit = filepath.Join(t.TempDir(), "data"), false, "127.0.0.1:0", "never", 0
	a, err := New(t.Context(), Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.listener.Close(); err != nil {
			t.Error(err)
		}
		if err := a.unwind(t.Context()); err != nil {
			t.Error(err)
		}
	})
	local, err := os.ReadFile(filepath.Join(cfg.DataDir, auth.Local))
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{}
	send := func(token, method, path, body string) *httptest.ResponseRecorder {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		if path == "/live" { // it goes on for as long as somebody listens: this one is gone
			cancel()
		}
		r := httptest.NewRequestWithContext(ctx, method, "http://"+a.listener.Addr().String()+path, strings.NewReader(body))
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		rec := httptest.NewRecorder()
		a.server.Handler.ServeHTTP(rec, r)
		return rec
	}
	for _, role := range register.Roles() {
		rec := send(strings.TrimSpace(string(local)), http.MethodPost, "/api/v1/tokens", `{"name":"`+role+`","role":"`+role+`"}`)
		var made struct{ Token string }
		if err := json.Unmarshal(rec.Body.Bytes(), &made); err != nil || made.Token == "" {
			t.Fatalf("token of %s: %s", role, rec.Body)
		}
		tokens[role] = made.Token
	}
	i, err := a.register(a.store).Do(t.Context(), register.Command{ID: "c", Action: tocsin.ActCreate, Tenant: "default", Title: "x", By: tocsin.Actor{Kind: "person", ID: "ann", Role: "analyst"}})
	if err != nil {
		t.Fatal(err)
	}
	return func(role, method, path string) int { return send(tokens[role], method, path, "").Code }, a.server.Handler, i.ID
}

// rows are all routes of the daemon, as its routers know them.
func rows(t *testing.T, handler http.Handler) (api, page []row) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/api/v1/openapi.json", nil)
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	var description struct {
		Paths map[string]map[string]struct {
			Role    string `json:"x-role"`
			Summary string `json:"summary"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &description); err != nil {
		t.Fatal(err)
	}
	for path, operations := range description.Paths {
		for method, op := range operations {
			api = append(api, row{strings.ToUpper(method), path, op.Role, op.Summary})
		}
	}
	for _, route := range web.Routes() {
		method, path, ok := strings.Cut(route.Pattern, " ")
		if !ok {
			method, path = "GET", route.Pattern
		}
		page = append(page, row{method, strings.ReplaceAll(path, "{$}", ""), route.Role, route.Does})
	}
	page = append(page, row{"GET", "/healthz", "", ""}, row{"GET", "/readyz", "", ""}, row{"GET", "/metrics", "", ""})
	for _, all := range [][]row{api, page} {
		slices.SortFunc(all, func(a, b row) int { return strings.Compare(a.path+" "+a.method, b.path+" "+b.method) })
	}
	return api, page
}

func table(all []row, what string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | | anybody | %s |\n|---|---|---|%s\n", what, strings.Join(register.Roles(), " | "), strings.Repeat("---|", len(register.Roles())))
	for _, r := range all {
		fmt.Fprintf(&b, "| `%s %s` | %s |", r.method, r.path, strings.ReplaceAll(r.does, "_", " "))
		may := r.role == ""
		fmt.Fprintf(&b, " %s |", map[bool]string{true: "x"}[may])
		for _, role := range register.Roles() {
			may = may || role == r.role
			fmt.Fprintf(&b, " %s |", map[bool]string{true: "x"}[may])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestRoles holds that docs/roles.md is what the routers know, so that a route that is new shows in it, and that each
// role may do what stands there and nothing else, by a request for each.
func TestRoles(t *testing.T) {
	ask, handler, incident := rolesWorld(t)
	api, page := rows(t, handler)
	text := "# Who may do what\n\nMade from the routes of the daemon (`go test ./internal/app -run TestRoles -update`). Each role may do what the ones before it may. On a loopback listener anybody on the machine may read what a viewer may;\n" +
		"alerts may be sent there without a token unless `http.open_intake` is `never`. [Who they are](people.md).\n\n" + table(api, "API") + "\n" + table(page, "Page")
	const name = "../../docs/roles.md"
	if *update {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != text {
		t.Errorf("docs/roles.md is not what the routes are (%v): look at what is new, then go test ./internal/app -run TestRoles -update", err)
	}
	for _, r := range append(api, page...) {
		if r.role != "" && !slices.Contains(register.Roles(), r.role) {
			t.Errorf("%s %s names no role: %q", r.method, r.path, r.role)
		}
		path := strings.NewReplacer("{id}", incident, "{name}", "style.css").Replace(r.path)
		if i := strings.IndexByte(path, '{'); i >= 0 {
			path = path[:i] + "x"
		}
		for n, role := range append([]string{""}, register.Roles()...) {
			if role == "" && r.role == "viewer" && (r.path != "/api/v1/alerts" || r.method != http.MethodPost) {
				continue // open on loopback
			}
			code := ask(role, r.method, path)
			may := r.role == "" || n > slices.Index(register.Roles(), r.role)
			refused := code == http.StatusUnauthorized || code == http.StatusForbidden
			if (r.path == "/login" || r.path == "/report") && r.method == http.MethodPost || strings.HasPrefix(r.path, "/login/oidc") {
				refused = false // says whether who asks is known
			}
			if may == refused {
				t.Errorf("%s %s as %q: %d", r.method, r.path, role, code)
			}
		}
	}
}
