package elastic

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"tocsin"
)

// Indices that were set up by a version with schema 2 are refused until the set-up of this one has been run; then the
// alerts from before it and those after it are found by id, in the list and by what they hold. What a version put into
// testdata/schema-2.ndjson is what it asked of the server: templates, the note of its set-up, and an alert.
//
// By severity and by list, which schema 2 did not index, those after it alone are found.
func TestUpgradeFromSchema2(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_ES") == "" {
		t.Skip("TOCSIN_TEST_ES is not set: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	var random [4]byte
	_, _ = rand.Read(random[:])
	prefix := "tt" + hex.EncodeToString(random[:]) + "-"
	setup := admin(t, prefix)
	t.Cleanup(func() { wipe(t, setup) })
	old := replayed(t, setup, "testdata/schema-2.ndjson")

	s := as(t, prefix, "")
	if os.Getenv("TOCSIN_TEST_ES_USER") == "" { // where security is on the writer's role is made by the set-up below
		if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "have schema 2, this tocsin needs 4: run its `tocsin setup elasticsearch`") {
			t.Fatalf("before the set-up: %v", err)
		}
	}
	for range 2 { // it may be run again
		if _, err := setup.Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatalf("after the set-up: %v", err)
	}

	fresh := someAlerts(2)[1]
	fresh.Fields = tocsin.NewFields([]tocsin.Field{
		{Name: "source.ip", Value: tocsin.StringValue("203.0.113.7")}, {Name: "tocsin.severity", Value: tocsin.IntValue(73)}, {Name: "tocsin.lists", Value: tocsin.StringValue("feed")},
	})
	if _, err := s.StoreAlerts(t.Context(), []tocsin.Alert{fresh}); err != nil {
		t.Fatal(err)
	}
	settle(t, s)
	for id := range map[string]bool{old: true, fresh.ID: true} {
		a, err := s.Alert(t.Context(), id)
		if n, _ := a.Fields.Get("tocsin.severity").Int(); err != nil || n != 73 {
			t.Errorf("alert %s: severity %d (%v)", id, n, err)
		}
	}
	for name, c := range map[string]struct {
		query tocsin.AlertQuery
		want  []string
	}{
		"all":         {tocsin.AlertQuery{}, []string{old, fresh.ID}},
		"by entity":   {tocsin.AlertQuery{Entity: "203.0.113.7"}, []string{old, fresh.ID}},
		"by time":     {tocsin.AlertQuery{Since: dawn.Add(-time.Hour), Until: dawn.Add(time.Hour)}, []string{old, fresh.ID}},
		"by severity": {tocsin.AlertQuery{Severity: 70}, []string{fresh.ID}},
		"by list":     {tocsin.AlertQuery{List: "feed"}, []string{fresh.ID}},
	} {
		alerts, _, err := s.AlertsBy(t.Context(), c.query)
		found := map[string]bool{}
		for _, a := range alerts {
			found[a.ID] = true
		}
		for _, id := range c.want {
			if !found[id] {
				t.Errorf("%s: %s is not found (%v)", name, id, err)
			}
		}
		if len(alerts) != len(c.want) {
			t.Errorf("%s: %d alerts, want %d", name, len(alerts), len(c.want))
		}
	}
}

// replayed sends what another version sent, under this test's prefix. It returns the id of the alert.
func replayed(t *testing.T, setup *Store, file string) (alert string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(bytes.ReplaceAll(data, []byte("old-"), []byte(setup.config.Prefix))))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var step struct {
			Method, Path string
			Body         json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &step); err != nil {
			t.Fatal(err)
		}
		request(t, setup, step.Method, step.Path, string(step.Body))
		if _, id, ok := strings.Cut(step.Path, "/_doc/"); ok {
			alert = id
		}
	}
	return alert
}
