package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

func drawn(t *testing.T, a reply) (d Drawn) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &d); err != nil {
		t.Fatalf("%s: %v %s", a.Status, err, a.body)
	}
	return d
}

func TestUsers(t *testing.T) {
	w := newWorld(t, nil)
	a := w.do("admin", http.MethodPost, "/users", `{"name":"ann","role":"analyst"}`)
	if d := drawn(t, a); a.StatusCode != http.StatusCreated || len(d.Password) < 20 {
		t.Fatalf("%s %s", a.Status, a.body)
	}
	for body, want := range map[string]int{
		`{"name":"ann","role":"viewer"}`:                           http.StatusConflict,
		`{"name":"bob","role":"emperor"}`:                          http.StatusUnprocessableEntity,
		`{"name":"b o","role":"viewer"}`:                           http.StatusUnprocessableEntity,
		`{"name":"bea","role":"viewer","password":"short"}`:        http.StatusUnprocessableEntity,
		`{"name":"bob","role":"viewer","password":"long enough "}`: http.StatusCreated,
	} {
		if a := w.do("admin", http.MethodPost, "/users", body); a.StatusCode != want {
			t.Errorf("%s: %s %s", body, a.Status, a.body)
		}
	}
	list := w.do("admin", http.MethodGet, "/users", "")
	if strings.Count(list.body, `"name"`) != 2 || strings.Contains(list.body, "hash") || strings.Contains(list.body, "salt") {
		t.Errorf("the users are %s", list.body)
	}
	if d := drawn(t, w.do("admin", http.MethodPost, "/users/ann/password", `{}`)); len(d.Password) < 20 {
		t.Errorf("no password was drawn: %+v", d)
	}
	if d := drawn(t, w.do("admin", http.MethodPost, "/users/ann/password", `{"password":"one of my own"}`)); d.Password != "" {
		t.Errorf("a given password is told: %+v", d)
	}
	for want, path := range map[int]string{http.StatusNoContent: "/users/ann", http.StatusNotFound: "/users/eve"} {
		if a := w.do("admin", http.MethodDelete, path, ""); a.StatusCode != want {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	// Who is bound to a tenant makes users of it alone.
	w.do("admin/other", http.MethodPost, "/users", `{"name":"otto","role":"viewer","tenant":"default"}`)
	if a := w.do("admin/other", http.MethodGet, "/users", ""); strings.Count(a.body, `"name"`) != 1 || !strings.Contains(a.body, `"tenant":"other"`) {
		t.Errorf("another tenant's users are %s", a.body)
	}
}

func TestTokens(t *testing.T) {
	now := t0
	w := newWorld(t, func(o *Options) { o.Tokens.Now = func() time.Time { return now } })
	d := drawn(t, w.do("admin", http.MethodPost, "/tokens", `{"name":"siem","role":"analyst","expires":"2026-11-02T12:00:00Z"}`))
	ask := func() string {
		r := w.do("", http.MethodGet, "/me", "", "Authorization", "Bearer "+d.Token)
		return r.Status + r.body
	}
	if got := ask(); !strings.Contains(got, `"name":"siem","role":"analyst"`) {
		t.Fatalf("the token is %s", got)
	}
	if a := w.do("admin", http.MethodGet, "/tokens", ""); !strings.Contains(a.body, `"by":"admin"`) || !strings.Contains(a.body, `"used":"2026-11-02T10:00:00Z"`) || strings.Contains(a.body, d.Token) || strings.Contains(a.body, "sha256") {
		t.Errorf("the tokens are %s", a.body)
	}
	now = t0.Add(2 * time.Hour)
	if got := ask(); !strings.HasPrefix(got, "401") {
		t.Errorf("an expired token: %s", got)
	}
	now = t0
	for body, want := range map[string]int{
		`{"name":"siem","role":"viewer"}`:                                  http.StatusConflict,
		`{"name":"soar","role":"viewer","expires":"2020-01-01T00:00:00Z"}`: http.StatusUnprocessableEntity,
		`{"name":"soar","role":"viewer","expires":"soon"}`:                 http.StatusUnprocessableEntity,
	} {
		if a := w.do("admin", http.MethodPost, "/tokens", body); a.StatusCode != want {
			t.Errorf("%s: %s %s", body, a.Status, a.body)
		}
	}
	w.do("admin", http.MethodDelete, "/tokens/siem", "")
	if got := ask(); !strings.HasPrefix(got, "401") {
		t.Errorf("a revoked token: %s", got)
	}
}

func TestModeKafkaKeepsNoUsers(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Directory = nil })
	for _, ask := range []string{"GET /users", "POST /users", "POST /users/x/password", "DELETE /users/x", "GET /tokens", "POST /tokens", "DELETE /tokens/x"} {
		method, path, _ := strings.Cut(ask, " ")
		body := ""
		if method == http.MethodPost {
			body = map[bool]string{true: `{}`, false: `{"name":"x","role":"viewer"}`}[strings.HasSuffix(path, "password")]
		}
		if a := w.do("admin", method, path, body); a.StatusCode != http.StatusNotFound || !strings.Contains(a.problem(t).Detail, "oidc.issuer") {
			t.Errorf("%s: %s %s", ask, a.Status, a.body)
		}
	}
}

// TestLimits: who asks too often waits, others do not; who is refused too often is not noted for ever.
func TestLimits(t *testing.T) {
	now := t0
	clock := func() time.Time { return now }
	w := newWorld(t, func(o *Options) {
		o.Limits, o.Failures = auth.NewLimits(1, 5, clock), auth.NewLimits(1, 3, clock)
	})
	count := func(role string, n int, headers ...string) (codes map[int]int) {
		codes = map[int]int{}
		for range n {
			a := w.do(role, http.MethodGet, "/rules", "", headers...)
			codes[a.StatusCode]++
			if a.StatusCode == http.StatusTooManyRequests && (a.Header.Get("Retry-After") == "" || a.problem(t).Status == 0) {
				t.Error("it is not said when to come again")
			}
		}
		return codes
	}
	if got := count("viewer", 8); got[200] != 5 || got[429] != 3 {
		t.Errorf("of eight requests: %v", got)
	}
	if got := count("analyst", 1); got[200] != 1 {
		t.Errorf("somebody else: %v", got)
	}
	now = now.Add(2 * time.Second)
	if got := count("viewer", 3); got[200] != 2 {
		t.Errorf("two seconds later: %v", got)
	}
	if got := count("", 5, "Authorization", "Bearer guess"); got[401] != 3 || got[429] != 2 {
		t.Errorf("of five guesses: %v", got)
	}
	if page, err := w.store.AuditEntries(t.Context(), tocsin.AuditQuery{}); err != nil || page.Total != 3 {
		t.Errorf("%d guesses are noted (%v)", page.Total, err)
	}
}
