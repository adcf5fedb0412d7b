package api

import (
	"encoding/json"
	"flag"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"tocsin/register"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// description is the API's own description of itself.
type description struct {
	Paths map[string]map[string]struct {
		OperationID string         `json:"operationId"`
		Responses   map[string]any `json:"responses"`
	} `json:"paths"`
}

func (w *world) description() (d description, text []byte) {
	w.t.Helper()
	a := w.do("viewer", http.MethodGet, "/openapi.json", "")
	if err := json.Unmarshal([]byte(a.body), &d); err != nil {
		w.t.Fatal(err)
	}
	return d, []byte(a.body)
}

// matrix is the least role that each operation asks for. An operation that is not in it fails the test.
var matrix = map[string]string{
	"list-incidents": viewer, "get-incident": viewer, "get-incident-log": viewer, "get-event": viewer, "get-alert": viewer,
	"list-assessments": viewer, "list-rules": viewer, "get-health": viewer, "list-dead-letters": viewer, "get-dead-letter": viewer,
	"redrive-dead-letter": lead, "discard-dead-letter": lead,
	"who-am-i": viewer, "list-users": admin, "add-user": admin, "set-password": admin, "remove-user": admin,
	"list-tokens": admin, "create-token": admin, "revoke-token": admin,
	"list-audit":  lead,
	"list-events": viewer, "list-alerts": viewer, "get-event-evidence": viewer, "list-exceptions": viewer, "list-sources": viewer,
	"why-not": viewer, "rule-quality": viewer,
	"get-trend": viewer, "get-trend-table": viewer, "list-metrics": viewer,
	"create-incident": "analyst", "comment-incident": "analyst", "acknowledge-incident": "analyst", "contain-incident": "analyst",
	"eradicate-incident": "analyst", "recover-incident": "analyst", "resolve-incident": "analyst", "follow-up-incident": "analyst",
	"assign-incident": "analyst", "team-incident": "analyst",
	"get-incident-report": viewer, "get-incident-awareness": lead, "get-register-report": viewer,
	"report": viewer, "get-informant": lead, "erase-informant": lead,
	"bulk-assign": "analyst", "bulk-acknowledge": "analyst", "bulk-comment": "analyst", "bulk-close": "coordinator", "bulk-reject": "coordinator",
	"hold-incident": "coordinator", "release-incident": "coordinator", "crisis-incident": "coordinator", "return-incident": "coordinator",
	"split-incident": "coordinator", "decline-incident": "coordinator", "visibility-incident": "coordinator",
	"declare-incident": "coordinator", "reject-incident": "coordinator", "close-incident": "coordinator", "reopen-incident": "coordinator",
	"merge-incident": "coordinator", "hand-over-incident": "coordinator", "set-incident": "coordinator", "confirm-incident": "coordinator",
	"list-notices": viewer, "get-receivers": viewer, "test-route": lead,
	"get-regimes": viewer, "clock-start-incident": "coordinator", "clock-submit-incident": "coordinator", "clock-waive-incident": lead,
	"list-exhibits": viewer, "get-custody": viewer, "get-exhibit": analyst, "export-incident": analyst, "legal-hold-incident": lead, "legal-release-incident": lead, "transfer-evidence": lead,
	"review-incident": "coordinator", "promote-event": "coordinator", "dismiss-event": "coordinator",
}

// TestRoles tries every operation with every role.
func TestRoles(t *testing.T) {
	for _, open := range []bool{false, true} {
		w := newWorld(t, func(o *Options) { o.OpenReads = open })
		i := w.fill()
		d, _ := w.description()
		missing := maps.Clone(matrix)
		for path, operations := range d.Paths {
			for method, op := range operations {
				if op.OperationID == "send-alerts" { // served by the intake: the daemon's own test of the roles asks for it
					continue
				}
				least, known := matrix[op.OperationID]
				if !known {
					t.Errorf("%s %s has no row in the matrix of roles", method, path)
					continue
				}
				delete(missing, op.OperationID)
				for _, role := range append([]string{""}, register.Roles()...) {
					a := w.do(role, strings.ToUpper(method), strings.TrimPrefix(strings.ReplaceAll(path, "{id}", i.ID), "/api/v1"), "")
					may := slices.Index(register.Roles(), role) >= slices.Index(register.Roles(), least) || role == "" && open && least == viewer
					refused := a.StatusCode == http.StatusUnauthorized || a.StatusCode == http.StatusForbidden
					want := http.StatusForbidden
					if role == "" {
						want = http.StatusUnauthorized
					}
					if may == refused || !may && a.StatusCode != want {
						t.Errorf("%s as %q, reads open %t: %s", op.OperationID, role, open, a.Status)
					}
					if refused {
						a.problem(t)
					}
				}
			}
		}
		for id := range missing {
			t.Errorf("the matrix names %s, which is no operation", id)
		}
	}
}

// TestEachOperationNamesARole holds that a route without one cannot be registered unseen: it would be refused to all.
func TestRouteWithoutARoleIsNobodys(t *testing.T) {
	if allowed("admin", "") || allowed("admin", "emperor") || allowed("", "viewer") {
		t.Error("a route without a role is somebody's")
	}
}

func TestDescriptionIsCurrent(t *testing.T) {
	_, text := newWorld(t, nil).description()
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	want, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("openapi.json")
	if err != nil || string(got) != string(want) {
		t.Errorf("openapi.json is not what the API says of itself (%v): go test ./internal/api -update", err)
	}
}

// TestUnknownIsNotFound asks each operation on one thing for a thing that is not there.
func TestUnknownIsNotFound(t *testing.T) {
	w := newWorld(t, nil)
	w.fill()
	d, _ := w.description()
	for path, operations := range d.Paths {
		if !strings.Contains(path, "{id}") {
			continue
		}
		for method := range operations {
			body := ""
			if method == "post" {
				body = `{"text":"x","reason":"x","disposition":"false_positive","into":"202611-1","assignee":"x","coordinator":"x","follow_up":{"text":"x"},"title":"x"}`
			}
			if strings.HasPrefix(path, "/api/v1/users/") {
				body = "{}"
			}
			a := w.do("admin", strings.ToUpper(method), strings.TrimPrefix(strings.ReplaceAll(path, "{id}", "202611-dead"), "/api/v1"), body, "If-Match", "*")
			if a.StatusCode != http.StatusNotFound {
				t.Errorf("%s %s: %s %s", method, path, a.Status, a.body)
			}
			a.problem(t)
		}
	}
}
