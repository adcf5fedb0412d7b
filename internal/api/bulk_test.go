package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Each incident has its own result: one that is refused keeps no other from being done, and the same key does nothing
// twice.
func TestBulk(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	made := w.do("analyst", http.MethodPost, "/incidents", `{"title":"phone call"}`, "Idempotency-Key", "k")
	var other struct{ ID string }
	if err := json.Unmarshal([]byte(made.body), &other); err != nil {
		t.Fatal(err, made.body)
	}
	ask := func(path, key, command string) (results []BulkResult) {
		t.Helper()
		body := `{"incidents":[{"id":"` + i.ID + `"},{"id":"202611-dead"},{"id":"` + other.ID + `","revision":1},{"id":"` + i.ID + `"}],"command":` + command + `}`
		a := w.do("coordinator", http.MethodPost, path, body, "Idempotency-Key", key)
		if err := json.Unmarshal([]byte(a.body), &results); err != nil || a.StatusCode != http.StatusOK || len(results) != 3 {
			t.Fatalf("%s %s", a.Status, a.body)
		}
		return results
	}
	for range 2 {
		r := ask("/bulk/assign", "a", `{"assignee":"bert"}`)
		if !r[0].Done || r[0].Revision != 2 || r[1].Done || r[1].Code != http.StatusNotFound || !r[2].Done || r[2].Revision != 2 {
			t.Errorf("%+v", r)
		}
	}
	r := ask("/bulk/close", "c", `{"disposition":"false_positive"}`)
	if r[0].Done || r[0].Code != http.StatusConflict || len(r[0].Missing) == 0 || r[0].Number == "" || r[0].Status != "proposed" {
		t.Errorf("closed what is proposed: %+v", r[0])
	}
	if r[2].Code != http.StatusPreconditionFailed || !strings.Contains(strings.Join(r[2].Missing, " "), "assign by") {
		t.Errorf("a stale revision: %+v", r[2])
	}
	a := w.do("coordinator", http.MethodPost, "/bulk/assign", `{"incidents":[{"id":"`+i.ID+`","revision":null}],"command":{"assignee":"zoe"}}`, "Idempotency-Key", "n")
	if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "leave it out") {
		t.Errorf("a revision of null: %s %s", a.Status, a.body)
	}
	if a := w.do("analyst", http.MethodPost, "/bulk/close", `{}`); a.StatusCode != http.StatusForbidden {
		t.Errorf("an analyst: %s", a.Status)
	}
}
