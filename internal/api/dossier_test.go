package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestPapers(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	for path, want := range map[string][2]string{
		"/incidents/" + i.ID + "/report":                       {"text/markdown; charset=utf-8", "# " + i.Number},
		"/incidents/" + i.ID + "/report?format=html":           {"text/html; charset=utf-8", "<h1>" + i.Number},
		"/incidents/" + i.ID + "/awareness":                    {"text/markdown; charset=utf-8", "TLP:CLEAR"},
		"/register/report":                                     {"text/markdown; charset=utf-8", i.Number},
		"/register/report?format=json":                         {"application/json", `"opened": 1`},
		"/register/report?format=html&to=2020-01-01T00:00:00Z": {"text/html; charset=utf-8", "opened: 0"},
	} {
		a := w.do("lead", http.MethodGet, path, "")
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != want[0] || !strings.Contains(a.body, want[1]) || !strings.Contains(a.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %s %v %s", path, a.Status, a.Header, a.body)
		}
	}
	if a := w.do("lead/other", http.MethodGet, "/register/report", ""); strings.Contains(a.body, i.Number) {
		t.Errorf("another tenant: %s", a.body)
	}
	a := w.do("lead", http.MethodGet, "/register/report?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "")
	if a.problem(t); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a period that ends before it begins: %s", a.Status)
	}
}
