package demo

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var end = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestScenarioIsDeterministic(t *testing.T) {
	a, b := Scenario(1, end), Scenario(1, end.Add(300*time.Millisecond).In(time.FixedZone("x", 3600)))
	if len(a) != len(b) {
		t.Fatalf("%d and %d records", len(a), len(b))
	}
	for i := range a {
		if !a[i].At.Equal(b[i].At) || !bytes.Equal(a[i].Line, b[i].Line) || a[i].Stage != b[i].Stage {
			t.Fatalf("record %d differs:\n%s\n%s", i, a[i].Line, b[i].Line)
		}
	}
	if other := Scenario(2, end); len(other) == len(a) && bytes.Equal(other[0].Line, a[0].Line) {
		t.Error("another seed gives the same scenario")
	}
}

func TestScenarioIsInOrderAndInSize(t *testing.T) {
	for _, seed := range []uint64{0, 1 << 60} {
		records := Scenario(seed, end)
		count := map[string]int{}
		for i, r := range records {
			count[r.Stage]++
			if i > 0 && r.At.Before(records[i-1].At) {
				t.Fatalf("record %d is before the one before it", i)
			}
			if r.At.Before(end.Add(-Span)) || r.At.After(end) {
				t.Fatalf("record %d is at %s", i, r.At)
			}
			if bytes.ContainsAny(r.Line, "\n\r") {
				t.Fatalf("record %d is more than a line", i)
			}
			if r.Format != "cef" && !json.Valid(r.Line) {
				t.Fatalf("record %d is no JSON: %s", i, r.Line)
			}
		}
		if n := count[""]; n < 2000 || n > 5000 {
			t.Errorf("%d records of noise", n)
		}
		for _, stage := range Stages() {
			if count[stage] == 0 {
				t.Errorf("no record of stage %s", stage)
			}
		}
		if len(records)-count[""] > 500 {
			t.Errorf("%d records of the attack", len(records)-count[""])
		}
	}
}

// The scenario names nobody: addresses are private or for documentation, hosts are below example.com.
func TestScenarioNamesNobody(t *testing.T) {
	address := regexp.MustCompile(`\b\d{1,3}(\.\d{1,3}){3}\b`)
	reserved := regexp.MustCompile(`^(10\.|172\.16\.|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.)`)
	host := regexp.MustCompile(`[a-z0-9.-]+\.(com|net|org|io|ru|cn)\b`)
	var ids []string
	for i, r := range Scenario(7, end) {
		if r.Stage == "" && i%10 > 0 && r.Format != "wazuh" {
			continue // noise repeats itself
		}
		for _, a := range address.FindAllString(string(r.Line), -1) {
			if !reserved.MatchString(a) {
				t.Fatalf("address %s in %s", a, r.Line)
			}
		}
		for _, h := range host.FindAllString(string(r.Line), -1) {
			if h != "example.com" && !strings.HasSuffix(h, ".example.com") {
				t.Fatalf("host %s in %s", h, r.Line)
			}
		}
		if r.Format == "wazuh" {
			var doc struct{ ID string }
			if err := json.Unmarshal(r.Line, &doc); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, doc.ID)
		}
	}
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); n != len(ids) {
		t.Errorf("%d of %d Wazuh ids are different", n, len(ids))
	}
}

func BenchmarkScenario(b *testing.B) {
	for b.Loop() {
		Scenario(1, end)
	}
}
