package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tocsin"
	"tocsin/internal/needtoknow"
	"tocsin/register"
)

// quokkas is a world with an incident about a quokka that is restricted, and known to nobody by name.
func quokkas(t *testing.T) (*world, tocsin.Incident) {
	t.Helper()
	w := newWorld(t, func(o *Options) {
		view := needtoknow.New(o.Register.(*register.Register), o.Store.(needtoknow.Store), nil, o.Trail)
		o.Register, o.Store, o.Search, o.Counts = view, view, view, view
	})
	i := w.incident("0e9", "Quokka seen", "quokka")
	w.incident("0e8", "Another matter", "quokka2")
	i, err := w.register.Do(t.Context(), register.Command{
		ID: "r", Incident: i.ID, Action: tocsin.ActVisibility, Visibility: tocsin.Restricted, Reason: "x", By: tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w, i
}

// pageApart are the pages that say nothing of an incident.
var pageApart = []string{
	"POST /incidents/{id}/{action}", "GET /dead-letters", "POST /dead-letters", "GET /health", "GET /rules", "GET /trends", "GET /report", "POST /report", "GET /login",
	"POST /login", "GET /login/oidc", "GET /login/oidc/callback", "POST /logout", "GET /static/{name}", "/",
}

// pageRoads are those that may name one, as they are asked for the restricted one, and whether a lead finds it there.
var pageRoads = map[string]struct {
	path, form string
	shows      bool
}{
	"GET /{$}": {path: "/?status=all", shows: true}, "GET /live": {path: "/live", shows: true}, "POST /incidents": {path: "/incidents", form: "action=comment&text=x&id=202611-x"},
	"GET /entities": {path: "/entities?value=quokka", shows: true}, "GET /events/{id}": {path: "/events/202611-0e9", shows: true},
	"GET /alerts/{id}": {path: "/alerts/a-0e9", shows: true}, "GET /alerts/{id}/record": {path: "/alerts/a-0e9/record", shows: true},
	"GET /rules/{id}": {path: "/rules/r1", shows: true}, "GET /rules/{id}/draft": {path: "/rules/r1/draft?event=202611-0e9"}, "POST /rules/{id}/draft": {path: "/rules/r1/draft", form: "event=202611-0e9"},
	"GET /incidents/{id}": {path: "/incidents/ID", shows: true}, "GET /incidents/{id}/report": {path: "/incidents/ID/report", shows: true},
	"GET /incidents/{id}/evidence/{exhibit}": {path: "/incidents/ID/evidence/x"}, "GET /incidents/{id}/evidence/{exhibit}/record": {path: "/incidents/ID/evidence/x/record"},
}

// TestRestricted takes every road of the page to a restricted incident. A page that is new and on no road and not apart
// fails.
func TestRestricted(t *testing.T) {
	for _, route := range Routes() {
		pattern := route.Pattern
		command := strings.HasPrefix(pattern, "POST /incidents/{id}/")
		road, listed := pageRoads[pattern]
		if !command && listed == slices.Contains(pageApart, pattern) {
			t.Errorf("%s has to stand in pageRoads or pageApart", pattern)
			continue
		}
		if command {
			road.path, road.form = strings.TrimPrefix(strings.Replace(pattern, "{id}", "ID", 1), "POST "), "text=x&reason=x&visibility=team"
		} else if !listed {
			continue
		}
		t.Run(pattern, func(t *testing.T) {
			w, i := quokkas(t)
			path := strings.Replace(road.path, "ID", i.ID, 1)
			for token, may := range map[string]bool{"": false, viewerToken: false, coordinatorToken: false, leadToken: true} {
				text, code := w.told(path, strings.Replace(road.form, "202611-x", i.ID, 1), token)
				named := strings.Contains(strings.ReplaceAll(strings.ToLower(text), "quokka2", ""), "quokka seen") || strings.Contains(text, i.Number) || strings.Contains(text, i.ID) && path == "/live"
				if !may && named {
					t.Errorf("as %q it is told: %d", token, code)
				}
				if may && road.shows && !named && code != http.StatusOK {
					t.Errorf("a lead does not find it: %d", code)
				}
				if may && road.shows && path != "/alerts/a-0e9" && path != "/alerts/a-0e9/record" && !named {
					t.Errorf("a lead does not find it there: %d", code)
				}
				if alerts := strings.HasPrefix(path, "/alerts/"); alerts && (code == http.StatusOK) != may {
					t.Errorf("as %q the alert is %d", token, code)
				}
			}
		})
	}
}

// told is what a page says to whoever has a token. It does not wait for what comes later.
func (w *world) told(path, form, token string) (string, int) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	method, body := http.MethodGet, ""
	if form != "" {
		method, body = http.MethodPost, form
	}
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	if path == "/live" { // it goes on for as long as somebody listens: the first mark is enough
		w.opts.Stopping = closed()
		h, err := New(w.opts)
		if err != nil {
			w.t.Fatal(err)
		}
		h.ServeHTTP(rec, r)
		return rec.Body.String(), rec.Code
	}
	w.handler.ServeHTTP(rec, r)
	return rec.Body.String(), rec.Code
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
