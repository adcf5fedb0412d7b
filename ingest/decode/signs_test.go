package decode

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin/ingest"
	"tocsin/internal/cputime"
)

// The search finds a format where one of its signs stands in the line, and nowhere else.
func TestSignSearchIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sign := rapid.StringOfN(rapid.SampledFrom([]rune("ab:|é")), 3, 7, -1)
		formats := rapid.SliceOfN(rapid.SliceOfN(sign, 1, 4), 1, 20).Draw(t, "formats")
		var s signSearch
		for i, signs := range formats {
			if got := s.enter(signs); got != i+1 {
				t.Fatalf("format %d has the bit %d", i, got)
			}
		}
		line := strings.Join(rapid.SliceOfN(rapid.OneOf(sign, rapid.SampledFrom(slices.Concat(formats...))), 0, 6).Draw(t, "line"), "")
		found := s.find(line)
		for i, signs := range formats {
			if got, want := found.has(i+1), holdsOne(line, signs); got != want {
				t.Fatalf("%q in %q: %v, want %v", signs, line, got, want)
			}
		}
	})
}

// A format that cannot be searched for is always asked.
func TestSignSearchHasRoomForSoMany(t *testing.T) {
	var s signSearch
	for _, signs := range [][]string{nil, {"ab"}, {"abc", "d"}} {
		if got := s.enter(signs); got != 0 {
			t.Errorf("%q is searched for", signs)
		}
	}
	last := 0
	for i := range 300 {
		if bit := s.enter([]string{fmt.Sprintf("sign %d", i)}); bit != 0 {
			last = bit
		}
	}
	found := s.find("of sign 254 and sign 255")
	if last != 255 || !found.has(255) || !found.has(26) || found.has(1) {
		t.Errorf("the last bit is %d, found %b", last, found)
	}
}

// BenchmarkManyFormats is a line of syslog behind so many more formats of lines: it should cost the same.
func BenchmarkManyFormats(b *testing.B) {
	for _, more := range []int{0, 50, 200} {
		b.Run(fmt.Sprint(more), func(b *testing.B) {
			var mappings []*Mapping
			for i := range more {
				m, err := LoadMapping("m", fmt.Appendf(nil, "format: more_%d\ntext: {has: [\": \", \"Product %d said\"], header: syslog}\nparse: [{grok: ['^Product %d said %%{WORD:word}']}]\nfields: {event.kind: {value: event}}\n", i, i, i))
				if err != nil {
					b.Fatal(err)
				}
				mappings = append(mappings, m)
			}
			d, err := New(Options{Mappings: mappings})
			if err != nil {
				b.Fatal(err)
			}
			var memory Buffer
			r := ingest.Record{Source: "bench", Value: []byte(samples["syslog"])}
			runtime.LockOSThread() // whose time is measured
			defer runtime.UnlockOSThread()
			from := cputime.Thread()
			for b.Loop() {
				if _, rejected := d.DecodeInto(&memory, r); rejected != nil {
					b.Fatal(rejected.Detail)
				}
			}
			b.ReportMetric(float64(cputime.Thread()-from)/float64(b.N), "cpu-ns/op")
		})
	}
}
