package demo

import (
	"fmt"
	"testing"

	"tocsin/ingest"
	"tocsin/ingest/decode"

	"tocsin"
)

// Every record is recognised for what it is, and keeps its own time.
func TestScenarioDecodes(t *testing.T) {
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bad := map[string]int{}
	for i, r := range Scenario(1, end) {
		a, rejection := d.Decode(ingest.Record{Source: "demo", Tenant: "default", Format: "auto", Ref: tocsin.Ref{File: "demo", Line: int64(i)}, Received: end, Value: r.Line})
		switch {
		case rejection != nil:
			bad["rejected "+r.Format+": "+rejection.Reason+" "+rejection.Detail]++
		case a.Format != r.Format:
			bad[r.Format+" read as "+a.Format]++
		case a.Time.Sub(r.At).Abs().Milliseconds() > 1:
			bad[fmt.Sprintf("%s: time %s for %s", r.Format, a.Time, r.At)]++
		case len(a.Marks) > 0:
			bad[fmt.Sprintf("%s: marks %v", r.Format, a.Marks)]++
		}
	}
	for what, n := range bad {
		if len(bad) < 20 {
			t.Errorf("%d times %s", n, what)
		}
	}
}
