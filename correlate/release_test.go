package correlate

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// A page is what the matches of some alerts are written on, again and again.
type page struct {
	values   []tocsin.Value
	entities []tocsin.Entity
	used     int
}

// write is m written on the page.
func (p *page) write(m tocsin.Match) tocsin.Match {
	m.Key, m.Values = p.copyValues(m.Key), p.copyValues(m.Values)
	n := p.used
	p.used += copy(p.entities[n:], m.Entities)
	m.Entities = p.entities[n:p.used:p.used]
	return m
}

func (p *page) copyValues(from []tocsin.Value) []tocsin.Value {
	n := p.used
	p.used += copy(p.values[n:], from)
	return p.values[n:p.used:p.used]
}

// wipe leaves on the page what no match said.
func (p *page) wipe() {
	p.used = 0
	for i := range p.values {
		p.values[i] = tocsin.StringValue("gone")
	}
	for i := range p.entities {
		p.entities[i] = tocsin.Entity{Field: "gone", Value: "gone", Role: "gone"}
	}
}

// Once the engine was told, what matches are written on can be written on again: nobody can tell.
func TestReleaseIsForgetting(t *testing.T) {
	t.Parallel()
	checkRounds(t, 8, func(t *rapid.T) {
		var set planSet
		var log []tocsin.LogRecord
		if rapid.Bool().Draw(t, "kin") {
			set = planSet{hash: "set", plans: drawKin(t)}
			log = drawKinLog(t, set.plans)
		} else {
			s := drawScene(t)
			set = planSet{hash: "set", plans: []plan{s.plan}}
			log = drawLog(t, s, rapid.IntRange(1, 2).Draw(t, "partitions"), "log")
		}
		plain, told := newEngine(Config{}, set), newEngine(Config{}, set)
		on := page{values: make([]tocsin.Value, 1<<10), entities: make([]tocsin.Entity, 1<<10)}
		for len(log) > 0 {
			n := rapid.IntRange(1, min(6, len(log))).Draw(t, "batch")
			written := make([]tocsin.LogRecord, n)
			for i, r := range log[:n] {
				if written[i] = r; r.Match != nil {
					m := on.write(*r.Match)
					written[i].Match = &m
					told.Foresee(&m)
				}
			}
			if diff := cmp.Diff(lines(t, run(plain, log[:n])), lines(t, run(told, written))); diff != "" {
				t.Fatalf("(-kept +released):\n%s", diff)
			}
			told.Release()
			on.wipe()
			log = log[n:]
		}
		if !bytes.Equal(plain.Snapshot(), told.Snapshot()) {
			t.Fatal("snapshots differ")
		}
		if diff := cmp.Diff(lines(t, plain.Finish()), lines(t, told.Finish())); diff != "" {
			t.Fatal(diff)
		}
	})
}
