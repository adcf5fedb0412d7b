package correlate

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// Section 3 (b): snapshot and restore at any point is no restart, byte for byte; emissions and the next snapshots.
func TestRestoreIsNoRestart(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		s := drawScene(t)
		if rapid.IntRange(0, 3).Draw(t, "limited") == 0 {
			s.plan.maxKeys = 1
		}
		log := drawLog(t, s, rapid.IntRange(1, 3).Draw(t, "partitions"), "log")
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		cfg, set := Config{MaxHeld: rapid.SampledFrom([]int{0, 0, 4}).Draw(t, "held")}, planSet{hash: "set", plans: []plan{s.plan}}
		a := newEngine(cfg, set)
		run(a, log[:cut])
		saved := a.Snapshot()
		b, err := restore(cfg, set, saved)
		if err != nil {
			t.Fatal(err)
		}
		if again := b.Snapshot(); !bytes.Equal(saved, again) {
			t.Fatalf("the restored engine's snapshot differs: %d and %d bytes\n%s", len(saved), len(again), describe(s))
		}
		if rapid.IntRange(0, 4).Draw(t, "reload") == 0 {
			tuned := set
			tuned.hash, tuned.plans = "next", []plan{s.plan}
			tuned.plans[0].shape = rapid.SampledFrom([]string{"s", "other"}).Draw(t, "shape")
			if s.plan.kind == "leaky" { // its capacity is part of the shape
				tuned.plans[0].quiet += int64(unit)
			} else {
				tuned.plans[0].atLeast++
			}
			if diff := cmp.Diff(lines(t, reload(a, tuned)), lines(t, reload(b, tuned))); diff != "" {
				t.Fatalf("a reload after a restart (-without +with):\n%s\n%s", diff, describe(s))
			}
		}
		want, got := run(a, log[cut:]), run(b, log[cut:])
		if diff := cmp.Diff(lines(t, want), lines(t, got)); diff != "" {
			t.Fatalf("after a restart (-without +with):\n%s\n%s", diff, describe(s))
		}
		if !bytes.Equal(a.Snapshot(), b.Snapshot()) {
			t.Fatal("snapshots differ at the end")
		}
		if diff := cmp.Diff(lines(t, a.Finish()), lines(t, b.Finish())); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(a.Stats(), b.Stats()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A daemon that is brought up to date goes on where the version before stood.
func TestRestoreReadsTheFormatBefore(t *testing.T) {
	plans := planSet{hash: "set", plans: []plan{{
		id: "r", shape: "s", kind: "count", groupBy: []string{"source.ip"}, ref: &tocsin.RuleRef{ID: "r"}, span: int64(time.Hour), atLeast: 3,
	}}}
	matches := benchMatches(3, 1)
	a := newEngine(Config{}, plans)
	for _, m := range matches[:2] {
		a.Step(m)
	}
	for format := oldestFormat; format <= SnapshotFormat; format++ {
		b, err := restore(Config{}, plans, a.snapshot(format))
		if err != nil {
			t.Fatalf("format %d: %v", format, err)
		}
		if events := b.Step(matches[2]); len(events) != 1 || events[0].Count != 3 {
			t.Errorf("format %d: the third alert led to %+v", format, events)
		}
	}
}

func reload(e *Engine, set planSet) []tocsin.Event {
	e.begin()
	e.use(set)
	return e.out
}

// lines are events as JSON, one each.
func lines(t interface{ Fatal(...any) }, events []tocsin.Event) []string {
	var out []string
	for _, ev := range events {
		data, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(data))
	}
	return out
}

func TestRestoreRefusesDamage(t *testing.T) {
	e := newEngine(Config{}, planSet{})
	good := e.Snapshot()
	for name, data := range map[string][]byte{
		"nothing":         nil,
		"another version": append([]byte(magic+"\x99"), good[len(magic)+1:]...),
		"a flipped bit":   append(append([]byte{}, good[:len(good)-1]...), good[len(good)-1]^1),
		"cut short":       good[:len(good)-3],
	} {
		if _, err := restore(Config{}, planSet{}, data); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%s: got %v, want ErrSnapshot", name, err)
		}
	}
}

// FuzzRestore: whatever the bytes are, there is an engine that works or an error, never a panic. The checksum is made to
// fit, so that the layout itself is tried.
func FuzzRestore(f *testing.F) {
	plans := planSet{hash: "set", plans: []plan{
		{id: "r", shape: "s", kind: "count", span: 60e9, atLeast: 2, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "r"}},
		{id: "l", shape: "s", kind: "leaky", leak: 60e9, atLeast: 3, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "l"}},
		{
			id: "q", shape: "s", kind: "sequence", span: 60e9, atLeast: 2, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "q"},
			steps: []step{{atLeast: 2}, {atLeast: 1, within: 30e9}},
		},
		{id: "a", shape: "s", kind: "absence", span: 20e9, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "a"}},
		{
			id: "p", shape: "s", kind: "sequence", span: 60e9, atLeast: 2, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "p"},
			steps: []step{{atLeast: 2, value: 1}, {atLeast: 1, within: 30e9, absent: 4}}, sequenceEnds: sequenceEnds{until: 8, trail: 16, trailing: 5e9},
		},
		{id: "s", shape: "s", kind: "silence", span: 5e9, memory: 60e9, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "s"}},
		{id: "k", shape: "s", kind: "spike", span: 5e9, baseline: 3, ratio: 1, atLeast: 1, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "k"}},
		{id: "m", shape: "s", kind: "measure", span: 5e9, gauge: gauge{of: "sum", bounds: [2]bound{{"gt", amount{0, 5}}}}, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "m"}},
		{id: "d", shape: "s", kind: "distinct", span: 60e9, quiet: 5e9, atLeast: 2, groupBy: []string{"g"}, ref: &tocsin.RuleRef{ID: "d"}},
	}}
	e := newEngine(Config{}, plans)
	f.Add(e.Snapshot()[len(magic)+1:])
	for i := range 6 {
		e.Step(simple("r", i, i*7))
		e.Step(simple("d", i, i*7))
		e.Step(simple("l", i, i*7))
		for _, id := range []string{"a", "p", "s", "k", "m"} {
			m := simple(id, i, i*7)
			m.Conditions = uint64(1 + i%3)
			e.Step(m)
		}
		e.Mark(tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: epoch.Add(time.Duration(i*7) * time.Second), Lateness: 20 * time.Second})
		q := simple("q", i, i*7)
		q.Conditions = uint64(1 + i%3)
		e.Step(q)
		f.Add(e.Snapshot()[len(magic)+1:])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			t.Skip("larger than a fuzz input should be")
		}
		whole := append([]byte(magic+string(rune(SnapshotFormat))), data...)
		sum := sha256.Sum256(whole)
		e, err := restore(Config{}, plans, append(whole, sum[:16]...))
		if err != nil {
			return
		}
		e.Step(simple("r", 50, 20))
		e.Step(simple("d", 51, 21))
		e.Step(simple("l", 52, 22))
		e.Step(simple("q", 53, 23))
		for i, id := range []string{"a", "p", "s", "k"} {
			e.Step(simple(id, 54+i, 24+i))
		}
		e.Mark(tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: epoch.AddDate(1, 0, 0)})
		e.Finish()
		e.Snapshot()
	})
}
