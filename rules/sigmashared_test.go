package rules_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/recordings"
	"tocsin/rules"
)

// recordedRules loads the public rules beside the data: all but the one that names a field no pipeline knows.
func recordedRules(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Load([]rules.Source{{FS: os.DirFS(recordings.Path(t, "sigma", "rules"))}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// firesOf tells which rules a record satisfies, and holds that the index agrees with trying them all.
func firesOf(t *testing.T, set *rules.Set) func(record []byte) []string {
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, naive := set.Matcher(), set.Matcher()
	naive.Scan()
	return func(record []byte) []string {
		a, rejection := d.Decode(ingest.Record{Source: "test", Value: record})
		if rejection != nil {
			t.Fatalf("rejected: %s", rejection.Detail)
		}
		got := m.Fires(&a)
		if all := naive.Fires(&a); !slices.Equal(got, all) {
			t.Errorf("the index finds %v, every rule by itself %v", got, all)
		}
		return got
	}
}

// TestSigmaLoaded holds how many of the public rules load exactly.
func TestSigmaLoaded(t *testing.T) {
	set := recordedRules(t)
	if loaded, refused := len(set.Rules()), len(set.Refused); loaded != 273 || refused != 1 {
		t.Errorf("%d loaded, %d refused, want 273 and 1:\n%v", loaded, refused, set.Refused)
	}
}

// TestSigmaRegression holds that every case's rule is found, that everything that the reference finds is, and that
// nothing else is, in both shapes of the events.
func TestSigmaRegression(t *testing.T) {
	set := recordedRules(t)
	fires := firesOf(t, set)
	cases := 0
	for _, line := range recordings.Lines(t, "sigma", "regression.jsonl") {
		var c struct {
			Rule       string            `json:"rule_id"`
			Title      string            `json:"rule_title"`
			Events     []json.RawMessage `json:"events"`
			Winlogbeat []json.RawMessage `json:"winlogbeat"`
			Reference  [][]string        `json:"ref_rules"`
		}
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		cases++
		for shape, events := range map[string][]json.RawMessage{"evtx": c.Events, "winlogbeat": c.Winlogbeat} {
			found := false
			for i, event := range events {
				got := fires(event)
				found = found || slices.Contains(got, c.Rule)
				agree(t, set, c.Title+" as "+shape, got, c.Reference[i])
			}
			if !found {
				t.Errorf("%s as %s: its own rule did not match", c.Title, shape)
			}
		}
	}
	if cases != 58 {
		t.Errorf("%d cases, want 58", cases)
	}
}

// agree compares with the reference as far as its rules are in the set.
func agree(t *testing.T, set *rules.Set, what string, got, reference []string) {
	t.Helper()
	for _, id := range got {
		if !slices.Contains(reference, id) {
			t.Errorf("%s: %s matches and not in the reference", what, set.Rule(id).Title)
		}
	}
	for _, id := range reference {
		if r := set.Rule(id); r != nil && !slices.Contains(got, id) {
			t.Errorf("%s: %s does not match", what, r.Title)
		}
	}
}

// TestSigmaCorpora holds the same of whole recordings.
func TestSigmaCorpora(t *testing.T) {
	set := recordedRules(t)
	for _, name := range []string{"evtx_mitre", "stratus_cloudtrail"} {
		fires := firesOf(t, set)
		reference := map[int][]string{}
		for _, line := range recordings.Lines(t, "sigma", name+".labels.jsonl.zst") {
			var label struct {
				Line  int      `json:"line"`
				Rules []string `json:"ref_rules"`
			}
			if err := json.Unmarshal(line, &label); err != nil {
				t.Fatal(err)
			}
			reference[label.Line] = label.Rules
		}
		for i, event := range recordings.Lines(t, "sigma", name+".ndjson.zst") {
			agree(t, set, name, fires(event), reference[i])
		}
	}
}
