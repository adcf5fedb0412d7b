package replay_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/classify"
	"tocsin/ingest/decode"
	"tocsin/internal/demo"
	"tocsin/internal/replay"
	"tocsin/rules"
	rulesd "tocsin/rules.d"
)

func options(t *testing.T) replay.Options {
	t.Helper()
	dec, err := decode.New(decode.Options{Limits: decode.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load([]rules.Source{{Name: "shipped", FS: rulesd.FS()}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return replay.Options{Decoder: dec, Set: set, Scales: classify.Default(), Disorder: 2 * time.Minute, Lateness: time.Hour}
}

// files writes lines to files, each to the one that pick names.
func files(t *testing.T, n int, lines [][]byte, pick func(i int) int) []string {
	t.Helper()
	texts := make([]bytes.Buffer, n)
	for i, line := range lines {
		b := &texts[pick(i)]
		b.Write(line)
		b.WriteByte('\n')
	}
	names := make([]string, n)
	for i := range texts {
		names[i] = filepath.Join(t.TempDir(), fmt.Sprintf("%d.ndjson", i))
		if err := os.WriteFile(names[i], texts[i].Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// settled are the events and incidents of a replay, without ids and references, which name files and lines.
func settled(t *testing.T, o replay.Options, names []string) (lines []string, sum replay.Summary) {
	t.Helper()
	var out bytes.Buffer
	sum, err := replay.Run(t.Context(), o, names, &out)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		var kind struct{ Kind string }
		if err := json.Unmarshal([]byte(line), &kind); err != nil {
			t.Fatal(err)
		}
		if kind.Kind == "incident" {
			var i tocsin.Incident
			if err := json.Unmarshal([]byte(line), &i); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprintf("incident %s %s %d events %d alerts", i.Priority, i.Category, len(i.Events), i.Alerts))
			continue
		}
		var e tocsin.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		group, err := json.Marshal(e.Group)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s..%s %d %s", e.Activity, e.Rule.ID, group, e.First, e.Last, e.Count, e.Digest))
	}
	slices.Sort(lines)
	return lines, sum
}

func scenario() [][]byte {
	var lines [][]byte
	for _, r := range demo.Scenario(7, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)) {
		lines = append(lines, r.Line)
	}
	return lines
}

// The same alerts in one file, dealt over four, or out of order by up to the disorder, give the same events and
// incidents.
func TestSameAlertsSameOutcome(t *testing.T) {
	lines, o := scenario(), options(t)
	want, sum := settled(t, o, files(t, 1, lines, func(int) int { return 0 }))
	if sum.Alerts != int64(len(lines)) || sum.Events == 0 || sum.Incidents == 0 {
		t.Fatalf("%d records gave %s", len(lines), sum)
	}
	r := rand.New(rand.NewPCG(1, 2))
	dealt, _ := settled(t, o, files(t, 4, lines, func(int) int { return r.IntN(4) }))
	if diff := cmp.Diff(want, dealt); diff != "" {
		t.Errorf("dealt over four files (-one +four):\n%s", diff)
	}
	swapped := slices.Clone(lines)
	for i := 0; i+3 < len(swapped); i += 4 { // neighbours are seconds apart
		swapped[i], swapped[i+3] = swapped[i+3], swapped[i]
	}
	shuffled, _ := settled(t, o, files(t, 1, swapped, func(int) int { return 0 }))
	if diff := cmp.Diff(want, shuffled); diff != "" {
		t.Errorf("out of order (-in order +out of order):\n%s", diff)
	}
}

// Twice the same replay is the same bytes, but for what is declared volatile.
func TestReplayIsRepeatable(t *testing.T) {
	o := options(t)
	names := files(t, 1, scenario()[:1500], func(int) int { return 0 })
	a, _ := settled(t, o, names)
	b, _ := settled(t, o, names)
	if diff := cmp.Diff(a, b); diff != "" {
		t.Errorf("(-first +second):\n%s", diff)
	}
}

func TestDecodeKeepsOneLineForEachRecord(t *testing.T) {
	lines := [][]byte{
		[]byte(`{"id":"case-1","input":"{\"@timestamp\":\"2026-03-01T08:00:00Z\",\"event\":{\"action\":\"x\"}}"}`),
		[]byte(`{"id":"case-2","input":"{broken"}`),
		[]byte(`{"id":"case-3"}`),
	}
	o := options(t)
	o.Field = "input"
	var out bytes.Buffer
	sum, err := replay.Decode(t.Context(), o, files(t, 1, lines, func(int) int { return 0 }), &out)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Alerts != 1 || sum.Records != 3 {
		t.Errorf("%+v", sum)
	}
	var got []string
	for line := range strings.Lines(out.String()) {
		var doc struct {
			Timestamp string `json:"@timestamp"`
			Labels    struct {
				CaseID string `json:"case_id"`
			}
			Tocsin struct{ Rejected struct{ Reason string } }
		}
		if err := json.Unmarshal([]byte(line), &doc); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		got = append(got, strings.TrimSpace(doc.Labels.CaseID+" "+doc.Timestamp+doc.Tocsin.Rejected.Reason))
	}
	if diff := cmp.Diff([]string{"case-1 2026-03-01T08:00:00Z", "case-2 json", "case-3 json"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, out.String())
	}
}

// A rule's own test that does not hold says what came out instead.
func TestRuleTestSaysWhatCameOut(t *testing.T) {
	const text = `
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Three failures
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
when: event.action == "logon-failed"
correlate: {kind: count, group_by: [source.ip], span: 60s, at_least: 3}
tests:
  - name: right
    shuffle: true
    alerts: [{at: 0s, times: 3, every: 5s, set: {event.action: logon-failed, source.ip: 203.0.113.7}}]
    expect: [{group: {source.ip: 203.0.113.7}, count: 3}]
  - name: wrong
    alerts: [{at: 0s, times: 3, every: 5s, set: {event.action: logon-failed, source.ip: 203.0.113.7}}]
    expect: [{group: {source.ip: 203.0.113.7}, count: 4}]
`
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "r.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	set, err := rules.Load([]rules.Source{{Name: "r", FS: os.DirFS(dir)}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for r, err := range replay.TestRules(t.Context(), replay.TestOptions{Set: set, Scales: classify.Default()}) {
		if err != nil {
			t.Fatal(err)
		}
		got[r.Test.Name] = r.Faults.Error()
	}
	if got["right"] != "" || !strings.Contains(got["wrong"], "the count is 3, not 4") {
		t.Errorf("%q", got)
	}
}
