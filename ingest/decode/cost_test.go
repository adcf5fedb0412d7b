package decode

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"
)

// cost is the least time that one call of f takes, of some rounds: what other work on the machine takes is not f's.
func cost(f func()) time.Duration {
	const rounds, calls = 12, 40
	least := time.Hour
	for range rounds {
		start := time.Now()
		for range calls {
			f()
		}
		least = min(least, time.Since(start)/calls)
	}
	return least
}

// measured skips a test of times where nobody asked for one: shared machines are not to be trusted with a limit.
func measured(t *testing.T) {
	t.Helper()
	if os.Getenv("TOCSIN_TEST_COST") == "" {
		t.Skip("TOCSIN_TEST_COST is not set: the machine may be busy")
	}
}

// TestCostAgainstJSON holds that decoding a record to an alert, digest, id and related fields included, costs at most
// twice what encoding/json takes to parse the same bytes, for every format of JSON. What a text of the record holds is a
// text to encoding/json and a record of another format to us: it may cost what it costs by itself besides.
func TestCostAgainstJSON(t *testing.T) {
	measured(t)
	const most = 2.0
	holding := map[string]string{"splunk row": "result._raw", "record in a message": "message", "product azure_windows a login": "properties.RawXml"}
	d := newTest(t)
	var memory Buffer
	decode := func(text []byte) time.Duration {
		r := ingest.Record{Value: text, Source: "s", Received: testReceived}
		return cost(func() { d.DecodeInto(&memory, r) })
	}
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		text := []byte(samples[name])
		if text[0] != '{' || !json.Valid(text) {
			continue
		}
		var parsed map[string]any
		parse := func() {
			parsed = nil
			if err := json.Unmarshal(text, &parsed); err != nil {
				t.Fatal(err)
			}
		}
		parse()
		held, _ := find(parsed, holding[name]).(string)
		ratio := 0.0
		for range 5 { // a busy machine is asked again
			inner := time.Duration(0)
			if held != "" {
				inner = decode([]byte(held))
			}
			if ratio = float64(decode(text)-inner) / float64(cost(parse)); ratio <= most {
				break
			}
		}
		t.Logf("%-28s %6.2f", name, ratio)
		if ratio > most {
			t.Errorf("%s costs %.2f times its JSON parse, %.1f is the most", name, ratio, most)
		}
		if held == "" && holding[name] != "" {
			t.Errorf("%s holds no record", name)
		}
	}
}

// TestCostOfLines logs what lines cost; what CEF, LEEF and syslog may cost is held with room for slow machines.
func TestCostOfLines(t *testing.T) {
	measured(t)
	const most = 20 * time.Microsecond // 300,000 a second are 3.3 µs on an idle core of a server
	d := newTest(t)
	var memory Buffer
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		text := samples[name]
		if text[0] == '{' {
			continue
		}
		r := ingest.Record{Value: []byte(text), Source: "s", Received: testReceived}
		took := cost(func() { d.DecodeInto(&memory, r) })
		t.Logf("%-28.28s %8v  %4d bytes  %.0f a second", name, took, len(text), float64(time.Second)/float64(took))
		if format, _, _ := strings.Cut(name, " "); (format == "cef" || format == "leef" || format == "syslog") && took > most {
			t.Errorf("%s takes %v, %v is the most", name, took, most)
		}
	}
}
