package rules_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/recordings"
	"tocsin/rules"
)

// sigmaRules is where the rules of the exactness tests are: those beside the recorded data, or a folder of more.
func sigmaRules(t *testing.T) []string {
	if more := os.Getenv("TOCSIN_SIGMA_RULES"); more != "" {
		return strings.Split(more, ":")
	}
	return []string{recordings.Path(t, "sigma", "rules")}
}

// readNaives reads every loaded rule for the naive evaluator.
func readNaives(t *testing.T, folders []string, set *rules.Set) []*naive {
	p := readNaivePipelines(t)
	var out []*naive
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".yml" {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			if n := readNaive(t, p, data); n != nil && set.Rule(n.id) != nil {
				out = append(out, n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) != len(set.Rules()) {
		t.Fatalf("%d rules are read naively, %d are loaded", len(out), len(set.Rules()))
	}
	return out
}

// recordedEvents are all records of Windows, CloudTrail and Linux that are at hand.
func recordedEvents(t *testing.T) map[string][][]byte {
	sets := map[string][][]byte{}
	for _, name := range []string{"sigma/evtx_mitre.ndjson.zst", "sigma/stratus_cloudtrail.ndjson.zst", "raw/auditd/auditd.log", "raw/syslog/auth_bruteforce_part1.log"} {
		sets[name] = recordings.Lines(t, name)
	}
	for _, line := range recordings.Lines(t, "sigma", "regression.jsonl") {
		var c struct{ Events, Winlogbeat []json.RawMessage }
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		for _, e := range slices.Concat(c.Events, c.Winlogbeat) {
			sets["regression"] = append(sets["regression"], e)
		}
	}
	folder := recordings.Path(t, "campaigns")
	campaigns, err := filepath.Glob(filepath.Join(folder, "otrf_*"))
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(filepath.Join(folder, "otrf_atomic", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range append(campaigns, more...) {
		for _, name := range []string{"events.ndjson.zst", "events.ndjson"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				sets[dir] = recordings.Lines(t, "campaigns", strings.TrimPrefix(dir, folder), name)
			}
		}
	}
	return sets
}

// stride thins the large recordings where time is short: every record of all sets is looked at without -short.
func stride(records int) int {
	if testing.Short() && records > 2_000 {
		return records / 2_000
	}
	return 1
}

// TestSigmaExact holds that on every record each rule matches exactly where it does by itself, read straight from its
// YAML by an evaluator that shares no code with the rest.
func TestSigmaExact(t *testing.T) {
	folders := sigmaRules(t)
	var sources []rules.Source
	for _, f := range folders {
		sources = append(sources, rules.Source{Name: f, FS: os.DirFS(f)})
	}
	set, err := rules.Load(sources, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	naives := readNaives(t, folders, set)
	matches, seen := 0, 0
	for name, events := range recordedEvents(t) {
		d, err := decode.New(decode.Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := set.Matcher()
		for i := 0; i < len(events); i += stride(len(events)) {
			if len(events[i]) == 0 {
				continue
			}
			a, rejection := d.Decode(ingest.Record{Source: "test", Value: events[i]})
			if rejection != nil {
				continue
			}
			seen++
			got := m.Fires(&a)
			r := readRecord(&a, events[i])
			var want []string
			for _, n := range naives {
				if n.fires(r) {
					want = append(want, n.id)
				}
			}
			slices.Sort(want)
			matches += len(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s record %d: %v, one by one %v", name, i, titles(set, got), titles(set, want))
			}
		}
	}
	t.Logf("%d rules, %d records, %d matches", len(naives), seen, matches)
	if matches == 0 {
		t.Error("nothing matches anything")
	}
}

func titles(set *rules.Set, ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = set.Rule(id).Title
	}
	return out
}
