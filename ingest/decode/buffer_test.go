package decode

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/ingest"
)

// TestDecodeInto holds that one buffer for all records gives what a new one for each gives, and that an alert in a
// buffer of its own stays what it was whatever its decoder reads next.
func TestDecodeInto(t *testing.T) {
	all := slices.Collect(maps.Values(samples))
	all = append(append(all, bigEvent()), hostileTexts()...)
	own, shared := newTest(t), newTest(t)
	var memory Buffer
	var kept []*tocsin.Alert
	var want []string
	for range 3 {
		for i, text := range all {
			r := ingest.Record{Source: "test", Value: []byte(text), Ref: tocsin.Ref{File: "f", Line: int64(i)}}
			a, rejected := own.Decode(r)
			b, again := shared.DecodeInto(&memory, r)
			if diff := cmp.Diff(rejected, again); diff != "" {
				t.Fatalf("%s\nrejection (-own +shared):\n%s", excerpt(text), diff)
			}
			c, _ := shared.DecodeInto(new(Buffer), r)
			if rejected != nil {
				continue
			}
			if diff := cmp.Diff(tell(&a), tell(b)); diff != "" {
				t.Fatalf("%s\nalert (-own +shared):\n%s", excerpt(text), diff)
			}
			kept, want = append(kept, &a, c), append(want, tell(&a), tell(&a))
		}
	}
	for i, a := range kept {
		if diff := cmp.Diff(want[i], tell(a)); diff != "" {
			t.Fatalf("an alert changed behind its owner's back (-want +got):\n%s", diff)
		}
	}
}

// tell is all that an alert says.
func tell(a *tocsin.Alert) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %s %s %s %v %x %q\n", a.ID, a.Tenant, a.Format, a.Time, a.Received, a.SHA256, a.Marks)
	for name, v := range a.Fields.All() {
		fmt.Fprintf(&text, "%s = %d %d %q\n", name, v.Kind(), len(v.Items()), v.Text())
	}
	return text.String()
}

// TestAllocations holds what an alert in a buffer costs, exactly: nothing, but for what its format must make anew.
func TestAllocations(t *testing.T) {
	want := map[string]float64{
		"ecs": 0, "suricata": 0, "wazuh": 4, "windows beat": 0, "windows evtx": 0, "windows nxlog": 0, "windows pairs": 1,
		"cloudtrail": 4, "zeek": 2, "cef": 0, "syslog": 0, "json": 0,
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		d := newTest(t)
		var memory Buffer
		r := ingest.Record{Source: "test", Value: []byte(samples[name])}
		if got := testing.AllocsPerRun(100, func() { d.DecodeInto(&memory, r) }); got != want[name] {
			t.Errorf("%s: %v allocations, want %v", name, got, want[name])
		}
	}
}

// TestRelatedTypes holds that what related.* is made of has its type, so that it fits.
func TestRelatedTypes(t *testing.T) {
	r := newRelated(newDictionary())
	for _, g := range r.groups {
		for _, n := range g.from {
			if n.kind != g.to.kind {
				t.Errorf("%s is not of the type of %s", n.text, g.to.text)
			}
		}
	}
}
