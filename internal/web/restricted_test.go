package web

import (
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
		o.Stopping = closed() // what goes on for as long as somebody listens ends at its first mark
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
	"GET /{$}": {path: "/?status=proposed", shows: true}, "GET /live": {path: "/live"}, "POST /incidents": {path: "/incidents", form: "action=comment&text=x&id=202611-x"},
	"GET /entities": {path: "/entities?value=quokka", shows: true}, "GET /events/{id}": {path: "/events/202611-0e9", shows: true},
	"GET /alerts/{id}": {path: "/alerts/a-0e9", shows: true}, "GET /alerts/{id}/record": {path: "/alerts/a-0e9/record", shows: true},
	"GET /rules/{id}": {path: "/rules/r1", shows: true}, "GET /rules/{id}/draft": {path: "/rules/r1/draft?event=202611-0e9"}, "POST /rules/{id}/draft": {path: "/rules/r1/draft", form: "event=202611-0e9"},
	"GET /incidents/{id}": {path: "/incidents/ID", shows: true}, "GET /incidents/{id}/report": {path: "/incidents/ID/report", shows: true},
	"GET /incidents/{id}/evidence/{exhibit}": {path: "/incidents/ID/evidence/x"}, "GET /incidents/{id}/evidence/{exhibit}/record": {path: "/incidents/ID/evidence/x/record"},
}

// TestRestricted takes every road of the page to a restricted incident. A page that is new and on no road and not apart
// fails.
func TestRestricted(t *testing.T) {
	w, i := quokkas(t)
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
		path, form := strings.Replace(road.path, "ID", i.ID, 1), strings.Replace(road.form, "202611-x", i.ID, 1)
		for token, may := range map[string]bool{"": false, viewerToken: false, coordinatorToken: false, leadToken: true} {
			if may && form != "" {
				continue // it would change the incident for those behind it
			}
			text, code := w.told(path, form, token)
			named := strings.Contains(strings.ToLower(text), "quokka seen") || strings.Contains(text, i.Number) ||
				path == "/live" && strings.Contains(text, i.ID) || path == "/rules/r1" && strings.Contains(text, "202611-0e9")
			alert := strings.HasPrefix(path, "/alerts/")
			if !may && (named || alert && code == http.StatusOK) {
				t.Errorf("%s as %q: it is told: %d", pattern, token, code)
			}
			if may && road.shows && (code != http.StatusOK || !named && !alert) {
				t.Errorf("%s: a lead does not find it: %d", pattern, code)
			}
		}
	}
	if now, err := w.register.Incident(t.Context(), i.ID); err != nil || now.Revision != i.Revision {
		t.Errorf("revision %d, was %d (%v)", now.Revision, i.Revision, err)
	}
}

// told is what a page says to whoever has a token.
func (w *world) told(path, form, token string) (string, int) {
	w.t.Helper()
	method, body := http.MethodGet, ""
	if form != "" {
		method, body = http.MethodPost, form
	}
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Body.String(), rec.Code
}

func closed() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
