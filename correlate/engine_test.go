package correlate

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tocsin"
)

func engineOf(cfg Config, p plan) *Engine {
	p.id, p.shape, p.groupBy, p.ref = "r", "s", []string{"g"}, &tocsin.RuleRef{ID: "r"}
	return newEngine(cfg, planSet{hash: "set", plans: []plan{p}})
}

// Ruling 15: the first and the last hundred alerts by time, whatever the order of arrival; on demand all.
func TestEvidenceNamesBothEnds(t *testing.T) {
	for _, all := range []bool{false, true} {
		e := engineOf(Config{AllEvidence: all}, plan{kind: "match"})
		for i := range 500 {
			e.Step(simple("r", i, (i*263)%500))
		}
		closed := e.Finish()
		ev := closed[len(closed)-1]
		want := 200
		if all {
			want = 500
		}
		if len(ev.Evidence.Alerts) != want || ev.Evidence.Truncated == all {
			t.Fatalf("all=%v: %d alerts, truncated %v", all, len(ev.Evidence.Alerts), ev.Evidence.Truncated)
		}
		for i, ref := range ev.Evidence.Alerts {
			second := i
			if i >= 100 && !all {
				second += 300
			}
			if !ref.Time.Equal(at(second)) {
				t.Fatalf("all=%v: alert %d is of %v, want %v", all, i, ref.Time, at(second))
			}
		}
	}
}

// Ruling 14: an event names the first hundred values of a role, and speaks on each.
func TestEntitiesAreBounded(t *testing.T) {
	e := engineOf(Config{}, plan{kind: "match"})
	said := 0
	for i := range 300 {
		m := simple("r", i, i)
		m.Entities = []tocsin.Entity{{Field: "user.name", Value: fmt.Sprint("u", i), Role: "victim"}}
		for _, ev := range e.Step(m) {
			if ev.Milestone == tocsin.MilestoneEntity {
				said++
			}
		}
	}
	closed := e.Finish()
	ev := closed[len(closed)-1]
	if len(ev.Entities) != 100 || ev.Entities[0].Value != "u0" || ev.Entities[99].Value != "u99" {
		t.Errorf("%d entities, the last %v", len(ev.Entities), ev.Entities[len(ev.Entities)-1])
	}
	if said > 100 {
		t.Errorf("%d emissions for new entities, want at most 100", said)
	}
}

// Invariant 5: one key with more alerts within lateness than are held stays bounded, keeps counting, and says so.
func TestFloodOfOneKey(t *testing.T) {
	e := engineOf(Config{MaxHeld: 100}, plan{kind: "count", span: int64(time.Minute), atLeast: 3})
	for i := range 10_000 {
		e.Step(simple("r", i, i/10))
	}
	e.Step(simple("r", 10_001, 5)) // late, and no longer held: it joins the burst around it
	if held := e.tracks["r"].sorted()[0].held.len(); held > 100 {
		t.Errorf("%d alerts are held", held)
	}
	closed := e.Finish()
	if ev := closed[len(closed)-1]; ev.Count != 10_001 || len(ev.Completeness.Degraded) != 1 || ev.Completeness.Degraded[0] != reasonFlood {
		t.Errorf("count %d, degraded %v", ev.Count, ev.Completeness.Degraded)
	}
}

// Ruling 16: a rule's bytes are bounded; events that opened or closed under it say so.
func TestBytesAreBounded(t *testing.T) {
	const limit = 1 << 20
	e := engineOf(Config{}, plan{kind: "count", span: int64(time.Hour), atLeast: 3, maxBytes: limit})
	for i := range 20_000 {
		m := simple("r", i, i/100)
		m.Key = []tocsin.Value{tocsin.StringValue(fmt.Sprint("k", i))}
		e.Step(m)
		if b := e.tracks["r"].bytes; b > limit {
			t.Fatalf("%d bytes after %d alerts", b, i+1)
		}
	}
	s := e.Stats().Rules[0]
	if s.Evicted == 0 || int(s.Evicted)+s.Keys != 20_000 {
		t.Errorf("%d evicted and %d kept of 20000", s.Evicted, s.Keys)
	}
}

// A rule that is not in force, an exception's match and one of another shape go no further.
func TestStepRefuses(t *testing.T) {
	e := engineOf(Config{}, plan{kind: "match"})
	unknown, hidden, stale := simple("x", 1, 1), simple("r", 2, 2), simple("r", 3, 3)
	hidden.Suppressed = "an exception"
	stale.Key = nil
	for _, m := range []tocsin.Match{unknown, hidden, stale} {
		if out := e.Step(m); len(out) > 0 {
			t.Errorf("%v led to %v", m, out)
		}
	}
	s := e.Stats()
	if r := s.Rules[0]; s.Unknown != 1 || r.Suppressed != 1 || r.Stale != 1 || r.Matches != 0 {
		t.Errorf("%+v", s)
	}
}

// Degrade marks what opens until a time, and no longer.
func TestDegrade(t *testing.T) {
	e := engineOf(Config{}, plan{kind: "match", quiet: int64(time.Second)})
	e.Degrade("restart_without_snapshot", at(10))
	for _, second := range []int{10, 20} {
		ev := e.Step(simple("r", second, second))[0]
		if got, want := len(ev.Completeness.Degraded), map[int]int{10: 1, 20: 0}[second]; got != want {
			t.Errorf("second %d: %v", second, ev.Completeness.Degraded)
		}
	}
}

// A gap marks the events that are open and that it reaches into, and those that open up to a window behind it; not those
// that were over before, nor those of later.
func TestGapMarks(t *testing.T) {
	e := engineOf(Config{}, plan{kind: "count", span: int64(10 * time.Second), quiet: int64(10 * time.Second), atLeast: 2})
	marked := func(second int) bool {
		t.Helper()
		out := append(e.Step(simple("r", second, second)), e.Step(simple("r", second+1, second+1))...)
		if len(out) == 0 {
			t.Fatalf("second %d: no event", second)
		}
		return slices.Contains(out[len(out)-1].Completeness.Degraded, "gap")
	}
	if marked(0) {
		t.Error("before the gap")
	}
	src := tocsin.SourcePartition{Source: "src"}
	e.Mark(tocsin.Marker{SourcePartition: src, Epoch: 1, Greatest: at(1), Gap: &tocsin.Gap{From: at(1), To: at(30)}})
	closed := e.Mark(tocsin.Marker{SourcePartition: src, Epoch: 1, Offset: 1, Greatest: at(31)})
	if len(closed) != 1 || !slices.Contains(closed[0].Completeness.Degraded, "gap") {
		t.Errorf("the event that was open: %+v", closed)
	}
	if !marked(39) {
		t.Error("a window that reaches into the gap")
	}
	if marked(60) {
		t.Error("a window behind the gap")
	}
}

// Times that event-time arithmetic cannot hold are clamped; nothing overflows.
func TestExtremeTimes(t *testing.T) {
	e := engineOf(Config{}, plan{kind: "count", span: int64(200 * 365 * 24 * time.Hour), atLeast: 2})
	for i, year := range []int{1, 1500, 1970, 2500, 9999} {
		m := simple("r", i, 0)
		m.Alert.Time = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		e.Step(m)
	}
	e.Mark(tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)})
	if e.Finish(); e.Open() != 0 || len(e.queue) != 0 {
		t.Errorf("%d open, %d in the queue", e.Open(), len(e.queue))
	}
}
