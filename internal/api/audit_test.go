package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"tocsin"
)

// entries are what the audit log holds, newest first.
func (w *world) entries(query string) []tocsin.AuditEntry {
	w.t.Helper()
	a := w.do("lead", http.MethodGet, "/audit"+query, "")
	var page tocsin.Page[tocsin.AuditEntry]
	if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.StatusCode != http.StatusOK {
		w.t.Fatalf("%s %v %s", a.Status, err, a.body)
	}
	return page.Items
}

func TestAudit(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	for _, c := range []struct {
		role, method, path, body string
		begins                   bool
		want                     string // by action outcome; "" for nothing; what was let in has begun before
	}{
		{"coordinator", http.MethodPost, "/incidents/" + i.ID + "/declare", `{}`, true, "coordinator declare-incident done"},
		{"coordinator", http.MethodPost, "/incidents/" + i.ID + "/close", `{}`, true, "coordinator close-incident refused"},
		{"viewer", http.MethodPost, "/incidents/" + i.ID + "/comment", `{"text":"x"}`, false, "viewer comment-incident refused"},
		{"", http.MethodPost, "/incidents/" + i.ID + "/comment", `{"text":"x"}`, false, " comment-incident refused"},
		{"analyst", http.MethodGet, "/audit", "", false, "analyst list-audit refused"},
		{"viewer", http.MethodGet, "/alerts/" + alertA, "", false, "viewer get-alert shown"},
		{"viewer", http.MethodGet, "/dead-letters/" + letterA, "", false, "viewer get-dead-letter shown"},
		{"viewer", http.MethodGet, "/incidents", "", false, ""},
	} {
		before := w.noted()
		w.do(c.role, c.method, c.path, c.body, "If-Match", "*")
		after := w.noted()
		for what, n := range after {
			want := before[what]
			begun, let := strings.CutSuffix(what, " begun")
			if what == c.want || let && c.begins && strings.HasPrefix(c.want, begun+" ") {
				want++
			}
			if n != want {
				t.Errorf("%s %s as %q: %q is noted %d times, want %d", c.method, c.path, c.role, what, n, want)
			}
		}
		if c.want != "" && after[c.want] == 0 {
			t.Errorf("%s %s as %q: no entry %q in %v", c.method, c.path, c.role, c.want, after)
		}
	}
}

// noted counts the entries by who, action and outcome, but those of being counted.
func (w *world) noted() map[string]int {
	w.t.Helper()
	all := map[string]int{}
	for _, e := range w.entries("?limit=500") {
		if e.By.ID == "lead" {
			continue
		}
		all[strings.Join([]string{e.By.ID, e.Action, string(e.Outcome)}, " ")]++
		if e.Request == "" || e.At.IsZero() || e.Object == "" {
			w.t.Errorf("not whole: %+v", e)
		}
	}
	return all
}

// broken is an audit log that cannot be written.
type broken struct{}

func (broken) Audit(context.Context, tocsin.AuditEntry) error { return errors.New("disk") }

func TestRestrictedNeedsTheAuditLog(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Trail.Store = broken{} })
	w.fill()
	for path, want := range map[string]int{
		"/alerts/" + alertA: 503, "/dead-letters/" + letterA: 503, "/audit": 503, "/incidents": 200, "/dead-letters": 200,
	} {
		a := w.do("lead", http.MethodGet, path, "")
		if a.StatusCode != want {
			t.Errorf("%s: %s", path, a.Status)
		}
		if want == 503 {
			a.problem(t)
		}
	}
}
