package elastic

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"tocsin"
)

// Indices of schema 3, which did not know who may know of an incident, are refused until the set-up of this version has
// been run. Then what is in them is there for everybody, and what is restricted from then on is not.
func TestUpgradeFromSchema3(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_ES") == "" {
		t.Skip("TOCSIN_TEST_ES is not set: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	var random [4]byte
	_, _ = rand.Read(random[:])
	prefix := "tt" + hex.EncodeToString(random[:]) + "-"
	setup := admin(t, prefix)
	t.Cleanup(func() { wipe(t, setup) })
	third(t, setup)
	s := as(t, prefix, "")
	old := tocsin.Incident{ID: "202611-old", Tenant: "default", Revision: 1, Number: "INC-2026-000001", Title: "From before", Status: tocsin.Declared, Opened: dawn, Assignee: "ann"}
	if err := s.PutIncident(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "have schema 3, this tocsin needs 4: run its `tocsin setup elasticsearch`") {
		t.Fatalf("before the set-up: %v", err)
	}
	if _, err := setup.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatalf("after the set-up: %v", err)
	}
	fresh := old
	fresh.ID, fresh.Number, fresh.Visibility, fresh.Shared = "202611-new", "INC-2026-000002", tocsin.Restricted, []string{"ines"}
	fresh.Assignee = ""
	if err := s.PutIncident(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	settle(t, s)
	for name, c := range map[string]struct {
		reader *tocsin.Reader
		want   int64
	}{"a lead": {nil, 2}, "nobody": {&tocsin.Reader{}, 1}, "otto": {&tocsin.Reader{Name: "otto"}, 1}, "ines": {&tocsin.Reader{Name: "ines"}, 2}} {
		page, err := s.Incidents(t.Context(), tocsin.Query{Reader: c.reader})
		if err != nil || page.Total != c.want || int64(len(page.Items)) != c.want {
			t.Errorf("%s: %d incidents (%v), want %d", name, page.Total, err, c.want)
		}
	}
}

// third sets the indices up as a version with schema 3 did: without the fields that came with schema 4.
func third(t *testing.T, setup *Store) {
	t.Helper()
	plan, err := setup.SetupPlan()
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range plan {
		var body any
		if err := json.Unmarshal(step.Body, &body); err != nil {
			t.Fatal(err)
		}
		without(body)
		if step.Body, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
		if err := setup.do(context.Background(), step); err != nil && !step.Optional {
			t.Fatalf("%s: %v", step.What, err)
		}
	}
}

// without takes out of a body what schema 4 added.
func without(body any) {
	switch v := body.(type) {
	case map[string]any:
		delete(v, "visibility")
		delete(v, "shared")
		if _, ok := v["schema"]; ok {
			v["schema"] = 3
		}
		for _, part := range v {
			without(part)
		}
	case []any:
		for _, part := range v {
			without(part)
		}
	}
}
