package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tocsin"
)

func TestWhyNot(t *testing.T) {
	w := newWorld(t, nil)
	for name, c := range map[string]struct {
		role, path string
		status     int
	}{
		"counting":           {"viewer", "/rules/r1/why-not?key=user.name%3Dann", http.StatusOK},
		"a value with =":     {"viewer", "/rules/r1/why-not?key=user.name%3Da%3Db", http.StatusOK},
		"no such rule":       {"viewer", "/rules/r2/why-not?key=user.name%3Dann", http.StatusNotFound},
		"no key":             {"viewer", "/rules/r1/why-not", http.StatusNotFound},
		"no value":           {"viewer", "/rules/r1/why-not?key=user.name", http.StatusUnprocessableEntity},
		"no field":           {"viewer", "/rules/r1/why-not?key=%3Dann", http.StatusUnprocessableEntity},
		"a field twice":      {"viewer", "/rules/r1/why-not?key=user.name%3Da&key=user.name%3Db", http.StatusNotFound},
		"too many":           {"viewer", "/rules/r1/why-not?key=a%3D1" + strings.Repeat("&key=a%3D1", 8), http.StatusUnprocessableEntity},
		"too long":           {"viewer", "/rules/r1/why-not?key=user.name%3D" + strings.Repeat("x", 3000), http.StatusUnprocessableEntity},
		"on another daemon":  {"viewer", "/rules/r1/why-not?key=user.name%3Delsewhere", http.StatusMisdirectedRequest},
		"the engine starts":  {"viewer", "/rules/r1/why-not?key=user.name%3Dstarting", http.StatusServiceUnavailable},
		"nobody may ask":     {"", "/rules/r1/why-not?key=user.name%3Dann", http.StatusUnauthorized},
		"a tenant asks":      {"viewer/other", "/rules/r1/why-not?key=user.name%3Dann&tenant=default", http.StatusOK},
		"another tenant too": {"viewer", "/rules/r1/why-not?key=user.name%3Dann&tenant=other", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.do(c.role, http.MethodGet, c.path, "")
			if a.StatusCode != c.status {
				t.Fatalf("%s: %s", a.Status, a.body)
			}
			if again := a.Header.Get("Retry-After"); (again == "1") != (c.status == http.StatusServiceUnavailable) {
				t.Errorf("to be asked again after %q", again)
			}
			if c.status != http.StatusOK {
				a.problem(t)
				return
			}
			var s tocsin.Standing
			if err := json.Unmarshal([]byte(a.body), &s); err != nil || s.Have != 4 {
				t.Fatalf("%v: %s", err, a.body)
			}
			want := "default"
			if strings.Contains(c.role, "/") || strings.Contains(c.path, "tenant=other") {
				want = "other"
			}
			if s.Tenant != want {
				t.Errorf("tenant %s was asked about, not %s", s.Tenant, want)
			}
		})
	}
}

func TestQuality(t *testing.T) {
	w := newWorld(t, nil)
	w.fill()
	for query, want := range map[string]int{"": 2, "?days=1": 2, "?days=3650": 2} {
		var q Qualities
		a := w.do("viewer", http.MethodGet, "/rules/quality"+query, "")
		if err := json.Unmarshal([]byte(a.body), &q); err != nil || len(q.Rules) != 1 || q.Rules[0].Events != int64(want) || q.Rules[0].Precision != nil {
			t.Errorf("%s: %v %s", query, err, a.body)
		}
	}
	for _, query := range []string{"?days=", "?days=0", "?days=3651", "?days=x"} {
		if a := w.do("viewer", http.MethodGet, "/rules/quality"+query, ""); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", query, a.Status)
		}
	}
	var of Qualities
	if a := w.do("viewer/other", http.MethodGet, "/rules/quality", ""); json.Unmarshal([]byte(a.body), &of) != nil || len(of.Rules) != 0 {
		t.Errorf("another tenant sees %s", a.body)
	}
}
