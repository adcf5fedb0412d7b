package correlate

import (
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tocsin"
)

const requiring = `requires: [source.ip, user.name]
when: event.action == "x"
correlate: {kind: match, group_by: [user.name]}
`

// sighted is a marker of a source at so many hours, with so many alerts and the fields seen on them.
func sighted(hours float64, accepted int64, seen ...string) tocsin.Marker {
	return tocsin.Marker{
		SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: standingBase.Add(time.Duration(hours * float64(time.Hour))),
		Lateness: time.Hour, Accepted: accepted, Seen: seen,
	}
}

func TestBlind(t *testing.T) {
	for name, c := range map[string]struct {
		marks []tocsin.Marker
		want  []string // fields that are missed
	}{
		"never sent": {[]tocsin.Marker{sighted(0, 500), sighted(100, 500)}, nil},
		"sent":       {[]tocsin.Marker{sighted(0, 500, "source.ip"), sighted(100, 500, "source.ip")}, nil},
		"stopped":    {[]tocsin.Marker{sighted(0, 500, "source.ip"), sighted(25, 500)}, []string{"source.ip"}},
		"for a day it may": {
			[]tocsin.Marker{sighted(0, 500, "source.ip"), sighted(24, 500)}, nil,
		},
		"a quiet source has not stopped": {[]tocsin.Marker{sighted(0, 500, "source.ip"), sighted(50, 99)}, nil},
		"a field that comes seldom": {
			[]tocsin.Marker{sighted(0, 500, "source.ip"), sighted(20, 500, "source.ip"), sighted(99, 500)}, nil,
		},
		"a field that came seldom, stopped": {
			[]tocsin.Marker{sighted(0, 500, "source.ip"), sighted(20, 500, "source.ip"), sighted(101, 500)}, []string{"source.ip"},
		},
		"it came back": {[]tocsin.Marker{sighted(0, 500, "source.ip"), sighted(25, 500), sighted(26, 1, "source.ip")}, nil},
		"both":         {[]tocsin.Marker{sighted(0, 500, "source.ip", "user.name"), sighted(25, 500)}, []string{"source.ip", "user.name"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := standingEngine(t, requiring)
			for _, m := range c.marks {
				e.Mark(m)
			}
			check := func(e *Engine) {
				t.Helper()
				var got []string
				for _, b := range e.Stats().Rules[0].Blind {
					if b.Reason != blindAbsent || b.Source != "src" || b.Since.IsZero() {
						t.Errorf("%+v", b)
					}
					got = append(got, b.Field)
				}
				if diff := gocmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
			}
			check(e)
			again, err := restore(Config{}, planSet{hash: e.set, plans: plansOfEngine(e)}, e.Snapshot())
			if err != nil {
				t.Fatal(err)
			}
			check(again)
			events := e.Step(tocsin.Match{
				Rule: standingRule, Set: e.set, Tenant: "default", Key: []tocsin.Value{tocsin.StringValue("ann")},
				Alert: tocsin.AlertRef{ID: "a", Source: "src", Time: c.marks[len(c.marks)-1].Greatest},
			})
			if stamped := slices.Contains(events[0].Completeness.Degraded, reasonBlind); stamped != (c.want != nil) {
				t.Errorf("the event is stamped %v", events[0].Completeness.Degraded)
			}
		})
	}
}

func plansOfEngine(e *Engine) []plan {
	var all []plan
	for _, tk := range e.tracks {
		all = append(all, tk.plan)
	}
	return all
}

// TestSnapshotWithoutSights restores what was saved before an engine watched fields.
func TestSnapshotWithoutSights(t *testing.T) {
	e := standingEngine(t, requiring)
	c := &coder{}
	e.layoutSights(c)
	short := &coder{buf: nil, reading: true}
	e.layoutSights(short)
	if len(c.buf) == 0 || short.err != nil {
		t.Errorf("%d bytes, %v", len(c.buf), short.err)
	}
}

func TestDegraded(t *testing.T) {
	e := standingEngine(t, requiring, "0s ann event.action=x")
	if got := e.Stats().Rules[0].Degraded; len(got) != 0 {
		t.Errorf("degraded for %v", got)
	}
	e.tracks[standingRule].doubt(reasonEvicted, nanos(standingBase.Add(time.Minute)))
	e.Degrade("gap", standingBase.Add(time.Hour))
	if diff := gocmp.Diff([]string{"evicted", "gap"}, e.Stats().Rules[0].Degraded); diff != "" {
		t.Error(diff)
	}
	e.Mark(sighted(0.5, 1))
	if diff := gocmp.Diff([]string{"gap"}, e.Stats().Rules[0].Degraded); diff != "" {
		t.Error(diff)
	}
}
