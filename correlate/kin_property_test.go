package correlate

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// What rules with the same group fields keep together shows nowhere: each of them says what it says alone, and with a
// restart at any point.
func TestKinIsAMatterOfSpeed(t *testing.T) {
	t.Parallel()
	met, drawn, lent := 0, 0, [3]int{}
	checkRounds(t, 8, func(t *rapid.T) {
		drawn++
		plans := drawKin(t)
		log := drawKinLog(t, plans)
		cfg := Config{Lateness: 20 * unit, MaxHeld: rapid.SampledFrom([]int{0, 0, 0, 40}).Draw(t, "held"), AllEvidence: rapid.IntRange(0, 5).Draw(t, "all") == 0}
		together := newEngine(cfg, planSet{hash: "set", plans: plans})
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		said := run(together, log[:cut])
		met += kinsOf(together)
		lentOf(together, &lent)
		saved := together.Snapshot()
		restored, err := restore(cfg, planSet{hash: "set", plans: plans}, saved)
		if err != nil {
			t.Fatal(err)
		}
		again := run(restored, log[cut:])
		rest := run(together, log[cut:])
		lentOf(together, &lent)
		if diff := cmp.Diff(lines(t, rest), lines(t, again)); diff != "" {
			t.Fatalf("after a restart (-without +with):\n%s", diff)
		}
		if !bytes.Equal(together.Snapshot(), restored.Snapshot()) {
			t.Fatal("snapshots differ after a restart")
		}
		audit(t, together)
		said = append(append(said, rest...), together.Finish()...)
		for i := range plans {
			if diff := cmp.Diff(lines(t, ofRule(alone(cfg, plans[i], log), plans[i].id)), lines(t, ofRule(said, plans[i].id))); diff != "" {
				t.Fatalf("%s (-alone +together):\n%s", plans[i].id, diff)
			}
		}
	})
	t.Logf("windows, beginnings and ends of evidence in the log of a kin: %v", lent)
	if met == 0 && drawn > 50 {
		t.Error("no state left anything together with its kin: the property says nothing")
	}
	if slices.Contains(lent[:], 0) && drawn > 500 { // few logs are long enough for the ends
		t.Errorf("%d windows and the beginnings of %d events and the ends of %d were read in the log of a kin: the property says nothing", lent[0], lent[1], lent[2])
	}
}

// lentOf counts the windows and the ends of evidence that are parts of a kin's log.
func lentOf(e *Engine, n *[3]int) {
	count := func(i int, h *held) {
		if h.lent {
			n[i]++
		}
	}
	for _, tk := range e.tracks {
		for st := range tk.states.all() {
			count(0, &st.held)
			for _, b := range st.bursts {
				for _, ev := range b.events {
					count(1, &ev.head)
					count(2, &ev.tail)
				}
			}
		}
	}
}

// kinsOf is how many states lag behind their kin.
func kinsOf(e *Engine) (n int) {
	for _, tk := range e.tracks {
		for st := range tk.states.all() {
			if st.kin != nil && st.kin.berth(st).first > 0 {
				n++
			}
		}
	}
	return n
}

func alone(cfg Config, p plan, log []tocsin.LogRecord) []tocsin.Event {
	e := newEngine(cfg, planSet{hash: "set", plans: []plan{p}})
	var own []tocsin.LogRecord
	for _, r := range log {
		if r.Match == nil || r.Match.Rule == p.id {
			own = append(own, r)
		}
	}
	return append(run(e, own), e.Finish()...)
}

func ofRule(all []tocsin.Event, id string) (own []tocsin.Event) {
	for _, ev := range all {
		if ev.Rule.ID == id {
			own = append(own, ev)
		}
	}
	return own
}

func drawKin(t *rapid.T) []plan {
	plans := make([]plan, rapid.IntRange(2, 4).Draw(t, "rules"))
	for i := range plans {
		id := fmt.Sprintf("r%d", i)
		plans[i] = plan{
			id: id, shape: "s", groupBy: []string{"source.ip"}, ref: &tocsin.RuleRef{ID: id, Version: "1.0.0"},
			kind:    rapid.SampledFrom([]string{"count", "count", "count", "match", "distinct"}).Draw(t, "kind"),
			span:    int64(unit) * rapid.Int64Range(5, 40).Draw(t, "span"),
			quiet:   int64(unit) * rapid.SampledFrom([]int64{0, 0, 3, 60}).Draw(t, "quiet"),
			atLeast: rapid.IntRange(1, 30).Draw(t, "at_least"),
			maxOpen: int64(unit) * rapid.SampledFrom([]int64{50, 86400}).Draw(t, "max_open"),
			maxKeys: rapid.SampledFrom([]int{0, 0, 0, 1}).Draw(t, "max_keys"),
		}
	}
	return plans
}

// drawKinLog draws alerts that mostly come in order and mostly match all rules, with the same entities; of some logs so many
// without anything odd that evidence is full.
func drawKinLog(t *rapid.T, plans []plan) []tocsin.LogRecord {
	var log []tocsin.LogRecord
	now := epoch
	n, steps, odds, keys := rapid.IntRange(20, 250).Draw(t, "alerts"), []int64{0, 1, 1, 1, 1, 2, 2, 2, 3, 50}, 39, []string{"k1", "k1", "k1", "k2"}
	if rapid.IntRange(0, 9).Draw(t, "long") == 0 {
		n, steps, odds, keys = rapid.IntRange(150, 500).Draw(t, "alerts"), []int64{1, 1, 2}, 999, keys[:1]
	}
	for i := range n {
		now = now.Add(time.Duration(rapid.SampledFrom(steps).Draw(t, "step")) * unit / 2)
		at := now
		odd := rapid.IntRange(0, odds).Draw(t, "odd")
		if odd == 0 {
			at = at.Add(-unit * time.Duration(rapid.IntRange(0, 45).Draw(t, "late")))
		}
		m := tocsin.Match{
			Set: "set", Tenant: "default", Key: []tocsin.Value{tocsin.StringValue(rapid.SampledFrom(keys).Draw(t, "key"))},
			Conditions: 1, Values: []tocsin.Value{tocsin.StringValue(fmt.Sprint(i % 7))},
			Entities: []tocsin.Entity{{Field: "user.name", Value: fmt.Sprint("u", rapid.IntRange(0, 3).Draw(t, "user")), Role: "victim"}},
			Alert: tocsin.AlertRef{
				ID: tocsin.Hash("alert", fmt.Sprint(i)), Source: "src", Time: at, Received: at, Digest: sha256.Sum256(fmt.Append(nil, i)),
				Ref: tocsin.Ref{Topic: "alerts", Offset: int64(i)},
			},
		}
		index := 0
		for j := range plans {
			if odd < 4 && odd == j {
				continue // does not match
			}
			one := m
			if one.Rule, one.Index = plans[j].id, index; odd == 5 && j > 0 {
				one.Absent = []string{"host.name"}
			}
			index++
			log = append(log, tocsin.LogRecord{Match: &one})
			if odd == 6 { // a second delivery
				log = append(log, tocsin.LogRecord{Match: &one})
			}
		}
		if i%5 == 4 || i == n-1 { // at the end, all have heard of the same time
			log = append(log, tocsin.LogRecord{Marker: &tocsin.Marker{
				SourcePartition: tocsin.SourcePartition{Source: "src"}, Offset: int64(i + 1), Greatest: now, Disorder: 4 * unit, Lateness: 20 * unit,
			}})
		}
	}
	return log
}
