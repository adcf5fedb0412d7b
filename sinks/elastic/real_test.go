package elastic

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/sinks"
)

// An alert that the real server refuses for ever is told apart from the others of its bulk, be it refused as an item
// or with the whole bulk.
func TestRealServerRefusesAlerts(t *testing.T) {
	s := server(t)
	request(t, admin(t, s.config.Prefix), "PUT", "/"+s.monthly(kindAlerts, "2026.11"), `{"mappings":{"dynamic":"strict"}}`)
	alerts := someAlerts(5)
	alerts[2].Fields = tocsin.NewFields([]tocsin.Field{{Name: "message", Value: tocsin.StringValue("no number")}})
	alerts[4].ID = strings.Repeat("x", 600) // the server refuses the whole bulk for it
	for i := range alerts {
		alerts[i].Time = time.Date(2026, 10, 1+i, 0, 0, 0, 0, time.UTC)
	}
	alerts[2].Time = dawn
	receipts, err := s.StoreAlerts(t.Context(), alerts)
	if err != nil {
		t.Fatal(err)
	}
	for i, says := range map[int]string{2: "dynamic introduction of", 4: "id [" + strings.Repeat("x", 100)} {
		if !strings.Contains(receipts[i].Why, says) {
			t.Errorf("alert %d: refused for %q, want %q", i, receipts[i].Why, says)
		}
		receipts[i].Why = ""
	}
	want := []tocsin.Receipt{{}, {}, {Verdict: tocsin.Refused}, {}, {Verdict: tocsin.Refused}}
	if diff := cmp.Diff(want, receipts); diff != "" {
		t.Errorf("receipts (-want +got):\n%s", diff)
	}
}

// A record replayed on the far side of a month's end meets itself.
func TestReplayAcrossMonths(t *testing.T) {
	s := server(t)
	a := someAlerts(1)
	a[0].Time, a[0].Received = time.Date(2026, 10, 31, 23, 59, 59, 0, time.UTC), time.Date(2026, 11, 1, 0, 0, 1, 0, time.UTC)
	for range 2 {
		if receipts, err := s.StoreAlerts(t.Context(), a); err != nil || receipts[0] != (tocsin.Receipt{}) {
			t.Errorf("receipt %+v (%v)", receipts, err)
		}
	}
	settle(t, s)
	reply, err := s.search(t.Context(), s.monthly(kindAlerts, "*"), object{"track_total_hits": true})
	if err != nil || reply.Hits.Total.Value != 1 || reply.Hits.Hits[0].Index != s.monthly(kindAlerts, "2026.10") {
		t.Errorf("%+v (%v), want one document in October", reply.Hits, err)
	}
	// An alert whose month nobody would guess is found by a store that did not write it.
	old := someAlerts(1)
	old[0].Time = time.Date(2019, 3, 1, 0, 0, 0, 0, time.UTC)
	old[0].ID = tocsin.Hash("old")
	if _, err := s.StoreAlerts(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	settle(t, s)
	if got, err := as(t, s.config.Prefix, "").Alert(t.Context(), old[0].ID); err != nil || !got.Time.Equal(old[0].Time) {
		t.Errorf("alert of 2019: %v (%v)", got.Time, err)
	}
}

// A disk at its flood stage turns writes away (429 within 200); when there is room again all are stored.
func TestFloodStage(t *testing.T) {
	s := server(t)
	alerts := someAlerts(20)
	if _, err := s.StoreAlerts(t.Context(), alerts[:1]); err != nil {
		t.Fatal(err)
	}
	block := func(value string) {
		request(t, admin(t, s.config.Prefix), "PUT", "/"+s.monthly(kindAlerts, "2026.11")+"/_settings", `{"index.blocks.read_only_allow_delete":`+value+`}`)
	}
	block("true")
	done := make(chan error)
	go func() {
		_, err := s.StoreAlerts(t.Context(), alerts)
		done <- err
	}()
	for s.Health().State != Degraded {
		select {
		case err := <-done:
			t.Fatalf("writes into a blocked index ended with %v", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	block("null")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if h := s.Health(); h.State != OK || h.Retries == 0 {
		t.Errorf("health %+v", h)
	}
}

// Compressed bodies are the same to the server.
func TestCompressed(t *testing.T) {
	s := server(t)
	c := s.config
	c.Compress, c.Transport = true, nil
	packed, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	alerts := someAlerts(500)
	for _, store := range []*Store{packed, s} {
		if receipts, err := store.StoreAlerts(t.Context(), alerts); err != nil || receipts[499] != (tocsin.Receipt{}) {
			t.Errorf("receipt %+v (%v)", receipts, err)
		}
	}
}

func TestSetupIsIdempotent(t *testing.T) {
	s := server(t)
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("after the set-up: %v", err)
	}
	if err := s.PutIncident(t.Context(), tocsin.Incident{ID: "202611-i", Revision: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin(t, s.config.Prefix).Setup(t.Context()); err != nil {
		t.Errorf("set up again, over indices: %v", err)
	}
	other := as(t, s.config.Prefix+"x-", "")
	if err := other.Ready(t.Context()); !errors.Is(err, sinks.ErrPermanent) || !strings.Contains(fmt.Sprint(err), "tocsin setup elasticsearch") {
		t.Errorf("before the set-up: %v", err)
	}
	plan, err := s.SetupPlan()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range plan {
		for _, word := range []string{`"painless"`, `"script"`, `"wildcard"`, "lifecycle", "match_only_text", "constant_keyword", "scaled_float"} {
			if strings.Contains(string(step.Body), word) {
				t.Errorf("%s needs %s, which not every Elasticsearch has", step.What, word)
			}
		}
	}
}

// The daemon's role can create and cannot change or remove what is only ever created.
func TestLeastPrivilege(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_ES_USER") == "" {
		t.Skip("TOCSIN_TEST_ES_USER is not set: the server has no least-privileged user (SECURE=1 deploy/stack/up makes one)")
	}
	s := server(t)
	alerts := someAlerts(2)
	entry := tocsin.LogEntry{Incident: "202611-i", Seq: 1}
	if _, err := s.StoreAlerts(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Append(t.Context(), entry), s.StoreRejections(t.Context(), []tocsin.Rejection{{ID: "r"}}), s.PutIncident(t.Context(), tocsin.Incident{ID: "202611-i", Revision: 1})); err != nil {
		t.Fatal(err)
	}
	for what, a := range map[string]action{
		"overwrite an alert":     {op: "index", index: s.monthly(kindAlerts, "2026.11"), id: alerts[0].ID, doc: []byte(`{}`)},
		"delete an alert":        {op: "delete", index: s.monthly(kindAlerts, "2026.11"), id: alerts[0].ID},
		"overwrite a log entry":  {op: "index", index: s.monthly(kindLog, "2026.11"), id: entry.ID(), doc: []byte(`{}`)},
		"delete a log entry":     {op: "delete", index: s.monthly(kindLog, "2026.11"), id: entry.ID()},
		"delete an incident":     {op: "delete", index: s.index(kindIncidents), id: "202611-i"},
		"delete a dead letter":   {op: "delete", index: s.index(kindDeadletter), id: "r"},
		"write to another index": {op: "index", index: "other", id: "x", doc: []byte(`{}`)},
	} {
		if _, err := s.put(t.Context(), a); !errors.Is(err, sinks.ErrPermanent) {
			t.Errorf("%s: error %v, want it denied", what, err)
		}
	}
	if _, err := s.Setup(t.Context()); !errors.Is(err, sinks.ErrPermanent) {
		t.Errorf("set-up with the daemon's rights: %v, want it denied", err)
	}
	stranger, err := New(Config{Addresses: s.config.Addresses, CACert: s.config.CACert, Username: "tocsin", Password: "wrong", Prefix: s.config.Prefix})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if _, err := stranger.StoreAlerts(t.Context(), alerts); !errors.Is(err, sinks.ErrPermanent) {
		t.Errorf("with a wrong password: %v, want a halt", err)
	}
}

// Mean time to acknowledge and to resolve by priority is one aggregation; stage times are another.
func TestAggregations(t *testing.T) {
	s := server(t)
	for n := range 6 {
		i := tocsin.Incident{
			ID: tocsin.IncidentID("default", fmt.Sprint(n), dawn, 0), Tenant: "default", Revision: 3, Status: tocsin.Resolved, Priority: []string{"P1", "P2"}[n%2], Opened: dawn, Last: dawn, Countable: n < 5,
			Category: "intrusions/system-compromise", Platform: "linux", Durations: map[string]int64{"acknowledge_s": int64(60 * (n + 1)), "resolve_s": int64(3600 * (n + 1)), "a_new_one_s": 1},
			Timeline: map[string]time.Time{"declared": dawn, "resolved": dawn.Add(time.Hour)},
			Visits:   []tocsin.Visit{{Status: tocsin.Proposed, Priority: "P1", Platform: "linux", From: dawn, To: dawn.Add(time.Minute), Seconds: 60}, {Status: tocsin.Resolved, From: dawn.Add(time.Minute), Number: 1}},
		}
		for range 2 {
			if err := s.PutIncident(t.Context(), i); err != nil {
				t.Fatal(err)
			}
		}
	}
	settle(t, s)
	var reply struct {
		Aggregations struct {
			Priority struct {
				Buckets []struct {
					Key         string `json:"key"`
					Count       int    `json:"doc_count"`
					Acknowledge struct {
						Value float64 `json:"value"`
					} `json:"acknowledge"`
					Resolve struct {
						Values map[string]float64 `json:"values"`
					} `json:"resolve"`
				} `json:"buckets"`
			} `json:"priority"`
		} `json:"aggregations"`
	}
	body := request(t, s, "POST", "/"+s.index(kindIncidents)+"/_search", `{"size":0,"query":{"term":{"tocsin.metrics.countable":true}},
		"aggs":{"priority":{"terms":{"field":"tocsin.priority.current"},"aggs":{"acknowledge":{"avg":{"field":"tocsin.duration.acknowledge_s"}},"resolve":{"percentiles":{"field":"tocsin.duration.resolve_s","percents":[50]}}}}}}`)
	if err := json.Unmarshal(body, &reply); err != nil {
		t.Fatal(err)
	}
	b := reply.Aggregations.Priority.Buckets
	if len(b) != 2 || b[0].Key != "P1" || b[0].Count != 3 || b[0].Acknowledge.Value != 180 || b[0].Resolve.Values["50.0"] != 3*3600 || b[1].Acknowledge.Value != 180 {
		t.Errorf("by priority: %s", body)
	}
	body = request(t, s, "POST", "/"+s.monthly(kindIntervals, "*")+"/_search", `{"size":0,"track_total_hits":true,"query":{"bool":{"filter":[{"term":{"tocsin.platform.primary":"linux"}},{"range":{"tocsin.to_at":{"gte":"2026-11-20T06:00:30Z"}}}]}},"aggs":{"stage":{"terms":{"field":"tocsin.status"},"aggs":{"seconds":{"sum":{"field":"tocsin.seconds"}}}}}}`)
	if !strings.Contains(string(body), `"key":"proposed","doc_count":6,"seconds":{"value":360.0}`) {
		t.Errorf("stage times: %s", body)
	}
	body = request(t, s, "POST", "/"+s.index(kindIncidents)+"/_search", `{"size":0,"track_total_hits":true,"query":{"range":{"tocsin.timeline.resolved":{"gte":"2026-11-20T06:30:00Z"}}}}`)
	if !strings.Contains(string(body), `"value":6`) {
		t.Errorf("by a mark: %s", body)
	}
}

// Alerts are searched by their ECS fields.
func TestAlertsAreSearched(t *testing.T) {
	s := server(t)
	a := someAlerts(2)
	a[0].Fields = tocsin.NewFields([]tocsin.Field{
		{Name: "source.ip", Value: tocsin.StringValue("203.0.113.7")},
		{Name: "process.name", Value: tocsin.StringValue("procdump.exe")},
		{Name: "message", Value: tocsin.StringValue("dumped the memory of lsass")},
		{Name: "destination.port", Value: tocsin.IntValue(445)},
		{Name: "winlog.event_data.Anything", Value: tocsin.StringValue("x")},
	})
	if _, err := s.StoreAlerts(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	settle(t, s)
	for _, query := range []object{
		{"term": object{"source.ip": "203.0.113.0/24"}},
		{"term": object{"process.name": "procdump.exe"}},
		{"match": object{"message": "memory"}},
		{"range": object{"destination.port": object{"gt": 400}}},
		{"term": object{"tocsin.source.kafka.offset": 0}},
		{"term": object{"event.hash": a[0].Digest()}},
	} {
		reply, err := s.search(t.Context(), s.monthly(kindAlerts, "*"), object{"query": query})
		if err != nil || reply.Hits.Total.Value != 1 {
			t.Errorf("%v: %+v (%v), want one alert", query, reply.Hits, err)
		}
	}
}

// Where security is off, the roles are left out, which is nothing to mend.
func TestSetupTellsWhatItLeavesOut(t *testing.T) {
	s := server(t)
	skipped, err := admin(t, s.config.Prefix).Setup(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secured := os.Getenv("TOCSIN_TEST_ES_USER") != ""
	if !secured && len(skipped) != 3 {
		t.Errorf("left out: %q", skipped)
	}
	for _, text := range skipped {
		if off := strings.HasSuffix(text, ": security is off in this Elasticsearch, so nobody needs it"); !strings.HasPrefix(text, "role ") || off == secured {
			t.Errorf("security is on: %v, and left out and why: %s", secured, text)
		}
	}
}
