package app

import (
	"encoding/json"
	"net/http"
	"testing"
)

// What reaches no route is refused in the form of what was asked: the API by problem details. A browser keeps nothing of
// the API's answers, and who sends no token is told of what kind it is to be.
func TestRefusedBeforeARoute(t *testing.T) {
	url, _ := daemon(t, nil)
	for name, c := range map[string]struct {
		method, path string
		headers      []string
		code         int
		kind         string
	}{
		"API, another site's page":  {http.MethodPost, "/api/v1/incidents", []string{"Origin", "https://evil.example"}, http.StatusForbidden, "application/problem+json"},
		"API, cross-site":           {http.MethodPost, "/api/v1/incidents", []string{"Sec-Fetch-Site", "cross-site"}, http.StatusForbidden, "application/problem+json"},
		"API, another host":         {http.MethodGet, "/api/v1/incidents", []string{"Host", "evil.example"}, http.StatusMisdirectedRequest, "application/problem+json"},
		"page, another site's page": {http.MethodPost, "/incidents", []string{"Origin", "null"}, http.StatusForbidden, "text/plain; charset=utf-8"},
		"page, another host":        {http.MethodGet, "/", []string{"Host", "evil.example"}, http.StatusMisdirectedRequest, "text/plain; charset=utf-8"},
		"API, no token":             {http.MethodGet, "/api/v1/audit", nil, http.StatusUnauthorized, "application/problem+json"},
		"API":                       {http.MethodGet, "/api/v1/incidents", nil, http.StatusOK, "application/json"},
	} {
		code, h, text := ask(t, c.method, url+c.path, "", c.headers...)
		if code != c.code || h.Get("Content-Type") != c.kind {
			t.Errorf("%s: %d %s", name, code, h.Get("Content-Type"))
		}
		var doc struct{ Status int }
		if c.kind == "application/problem+json" && (json.Unmarshal([]byte(text), &doc) != nil || doc.Status != c.code) {
			t.Errorf("%s: %s", name, text)
		}
		if routed := name == "API" || code == http.StatusUnauthorized; routed && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, h.Get("Cache-Control"))
		}
		if got := h.Get("WWW-Authenticate"); (got == "Bearer") != (code == http.StatusUnauthorized) {
			t.Errorf("%s: WWW-Authenticate %q", name, got)
		}
	}
}
