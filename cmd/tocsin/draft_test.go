package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/app"
)

// A draft is an exceptions file that can be used as it is, whatever names the alerts have.
func TestDraftedExceptionsLoad(t *testing.T) {
	i := tocsin.Incident{Number: "INC-2026-000001", Disposition: "false_positive", Coordinator: "o'neil", StatusSince: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)}
	scales, _, err := app.LoadScales("", "")
	if err != nil {
		t.Fatal(err)
	}
	set, err := app.LoadRules(nil, true, scales)
	if err != nil {
		t.Fatal(err)
	}
	var novel, other string
	for _, r := range set.Rules() {
		switch {
		case r.Correlate.Kind == "novelty":
			novel = r.ID
		case len(r.Correlate.GroupBy) == 1 && r.Correlate.GroupBy[0] == "source.ip":
			other = r.ID
		}
	}
	events := []tocsin.Event{
		{Rule: tocsin.RuleRef{ID: novel}, Novelty: &tocsin.Novelty{Members: []tocsin.NoveltyMember{{Rule: `it's "new"`, Host: "web1"}, {Rule: "scan\x1b", Host: "db's"}}}},
		{Rule: tocsin.RuleRef{ID: other}, Group: tocsin.Group{{Field: "source.ip", Value: tocsin.StringValue("192.0.2.1")}}},
	}
	var b strings.Builder
	if err := writeDraft(&b, &i, events); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "exceptions"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "exceptions", "draft.yml"), []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := app.LoadRules([]string{dir}, true, scales); err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if !strings.Contains(b.String(), "expires: 2027-02-20") {
		t.Errorf("got\n%s", b.String())
	}
}
