package api

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"tocsin"
)

// TestEvidence reads what an event stands on, portion by portion: an alert that was dropped since is named, one of
// another tenant is not shown, and no record is.
func TestEvidence(t *testing.T) {
	w := newWorld(t, nil)
	e := w.event("202611-0e9", "ann")
	var want []string
	for n := range 5 {
		raw := fmt.Appendf(nil, "secret %d", n)
		a := tocsin.Alert{ID: fmt.Sprint("a", n), Tenant: "default", Format: "ecs", Time: t0, Raw: raw, SHA256: sha256.Sum256(raw)}
		if n == 3 {
			a.Tenant = "other"
		}
		e.Evidence.Alerts = append(e.Evidence.Alerts, tocsin.AlertRef{ID: a.ID, Time: t0})
		if n == 1 {
			continue // dropped
		}
		if _, err := w.store.StoreAlerts(t.Context(), []tocsin.Alert{a}); err != nil {
			t.Fatal(err)
		}
		want = append(want, a.ID)
	}
	e.Revision, e.Evidence.Truncated, e.Detected = 2, true, t0.Add(time.Second)
	if err := w.store.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
		t.Fatal(err)
	}
	read := func(role string) (got, missing []string) {
		t.Helper()
		for cursor := ""; ; {
			var page struct {
				Alerts    []struct{ ID, Original string }
				Missing   []string
				Truncated bool
				Cursor    string
			}
			a := w.do(role, http.MethodGet, "/events/"+e.ID+"/evidence?limit=2&cursor="+cursor, "")
			if err := json.Unmarshal([]byte(a.body), &page); err != nil || a.StatusCode != http.StatusOK || !page.Truncated {
				t.Fatalf("%s %v %s", a.Status, err, a.body)
			}
			for _, alert := range page.Alerts {
				if got = append(got, alert.ID); alert.Original != "" {
					t.Error("a record is shown: that is for /alerts/{id}, which is audited")
				}
			}
			missing = append(missing, page.Missing...)
			if cursor = page.Cursor; cursor == "" {
				return got, missing
			}
		}
	}
	if got, missing := read("viewer"); !slices.Equal(got, want) || !slices.Equal(missing, []string{"a1"}) {
		t.Errorf("%v and %v, want %v and a1", got, missing, want)
	}
	if a := w.do("viewer/other", http.MethodGet, "/events/"+e.ID+"/evidence", ""); a.StatusCode != http.StatusNotFound {
		t.Errorf("another tenant gets %s", a.Status)
	}
}
