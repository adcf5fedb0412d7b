package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/measure"
)

// put stores an incident that was declared and resolved, hours after t0.
func (w *world) put(id, tenant, platform string, declared, took time.Duration) {
	w.t.Helper()
	at := t0.Add(declared)
	i := tocsin.Incident{
		ID: id, Tenant: tenant, Revision: 1, Status: tocsin.Resolved, Priority: "P1", Platform: platform, Category: "intrusions/burglary", Opened: at,
		Timeline:  map[string]time.Time{"detected": at, "declared": at, "resolved": at.Add(took)},
		Durations: map[string]int64{"resolve_s": int64(took / time.Second)},
	}
	if err := w.store.PutIncident(w.t.Context(), i); err != nil {
		w.t.Fatal(err)
	}
}

func TestTrends(t *testing.T) {
	w := newWorld(t, nil)
	w.put("202611-1", "default", "linux", -48*time.Hour, time.Hour)
	w.put("202611-2", "default", "", -47*time.Hour, 2*time.Hour)
	w.put("202611-3", "other", "=HYPERLINK(\"x\")", -23*time.Hour, 3*time.Hour)
	ask := func(role, query string) measure.Trend {
		t.Helper()
		a := w.do(role, http.MethodGet, "/trends?"+query, "")
		if a.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s", query, a.Status, a.body)
		}
		var got measure.Trend
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			t.Fatal(err)
		}
		return got
	}
	all := ask("viewer", "metric=resolve&interval=day&from=2026-10-31&to=2026-11-02")
	if len(all.All.Points) != 2 || all.All.Points[0].N != 2 || *all.All.Points[0].P50 != 3600 || *all.All.Whole.P90 != 3*3600 || all.All.Whole.N != 3 {
		t.Errorf("resolve by day: %+v", all.All)
	}
	if own := ask("viewer/other", "metric=resolve&by=platform"); own.All.Whole.N != 1 || len(own.Series) != 1 {
		t.Errorf("a tenant's token sees %+v", own.All)
	}
	if none := ask("viewer", "metric=incidents&platform="); none.All.Whole.N != 1 {
		t.Errorf("without a platform: %+v", none.All)
	}
	table := w.do("viewer", http.MethodGet, "/trends.csv?metric=resolve&by=platform&interval=month", "")
	if !strings.Contains(table.body, `,"'=HYPERLINK(""x"")",whole,1,10800,`) || !strings.HasPrefix(table.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("table: %s %s", table.Header, table.body)
	}
	for query, want := range map[string]string{
		"":                              "metric",
		"metric=speed":                  "none of detect, assess",
		"metric=resolve&by=colour":      "no dimension",
		"metric=resolve&zone=Mars/Base": "IANA",
		"metric=resolve&zone=Local":     "IANA",
		"metric=resolve&from=yesterday": "neither a day",
		"metric=resolve&interval=":      "expected a word",
		"metric=resolve&from=2026-11-02&to=2026-11-01":              "is not before",
		"metric=resolve&from=0001-01-01&to=2026-11-01&interval=day": "intervals",
		"metric=recurring&by=team":                                  "root_cause alone",
	} {
		a := w.do("viewer", http.MethodGet, "/trends?"+query, "")
		if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
			t.Errorf("%s: %s %s, want %q", query, a.Status, a.body, want)
		}
	}
}
