package elastic

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin"
)

// A log that is set apart has a span of its own, and each log is in one span still.
func TestApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringMatching(`[ab]{0,3}`)
		bounds := rapid.SliceOfN(name, 0, 4).Draw(t, "bounds")
		slices.Sort(bounds)
		spans := []tocsin.LogRange{}
		from := ""
		for _, b := range slices.Compact(bounds) {
			if b > from {
				spans, from = append(spans, tocsin.LogRange{From: from, To: b}), b
			}
		}
		spans = append(spans, tocsin.LogRange{From: from})
		for _, log := range rapid.SliceOfNDistinct(name, 0, 4, rapid.ID).Draw(t, "apart") {
			spans = apart(spans, log)
			if !slices.Contains(spans, tocsin.Only(log)) {
				t.Fatalf("%q has no span of its own: %q", log, spans)
			}
		}
		for _, log := range append(rapid.SliceOf(name).Draw(t, "logs"), bounds...) {
			var in []tocsin.LogRange
			for _, r := range spans {
				if r.Holds(log) {
					in = append(in, r)
				}
			}
			if len(in) != 1 {
				t.Fatalf("%q is in %q of %q", log, in, spans)
			}
		}
		if !slices.IsSortedFunc(spans, func(a, b tocsin.LogRange) int { return strings.Compare(a.From, b.From) }) {
			t.Fatalf("%q", spans)
		}
	})
}
