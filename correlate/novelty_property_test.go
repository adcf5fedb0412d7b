package correlate

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// drawNovelty is a scene of kind novelty: minutes instead of seconds, a few hosts and rules, small bars.
func drawNovelty(t *rapid.T) scene {
	s := scene{plan: plan{
		id: "r", kind: kindNovelty, shape: "s", groupBy: []string{"organization.id"}, ref: &tocsin.RuleRef{ID: "r", Version: "1.0.0"},
		span: int64(time.Hour), decay: int64(15 * time.Minute), quiet: int64(rapid.SampledFrom([]time.Duration{20 * time.Minute, time.Hour}).Draw(t, "quiet")),
		maxOpen: int64(rapid.SampledFrom([]time.Duration{time.Hour, 24 * time.Hour}).Draw(t, "max open")),
	}}
	s.plan.novel = novelPlan{
		above: 2000, most: 14_000, risk: rapid.Int64Range(1, 30).Draw(t, "risk") * 1000, pairs: rapid.IntRange(1, 3).Draw(t, "pairs"), rules: 2,
		coldRisk: rapid.Int64Range(4, 40).Draw(t, "cold risk") * 1000, tactics: 2, coldSet: 2, member: 1000, newcomer: 2000, chain: 4000, strong: 6000,
		within: int64(rapid.SampledFrom([]time.Duration{time.Second, 2 * time.Hour, 8 * time.Hour}).Draw(t, "within")), lookBack: int64(72 * time.Hour), session: 2000,
		learn: int64(rapid.SampledFrom([]time.Duration{0, time.Hour, 12 * time.Hour}).Draw(t, "learn")), forget: int64(24 * time.Hour), idle: s.plan.quiet,
	}
	s.disorder = time.Duration(rapid.IntRange(0, 40).Draw(t, "disorder")) * unit
	s.lateness = time.Hour
	hours := rapid.SampledFrom([]int{1, 6, 60}).Draw(t, "hours")
	for i := range rapid.IntRange(1, 60).Draw(t, "alerts") {
		m := drawMatch(t, i, 30)
		m.Alert.Time = m.Alert.Time.Add(time.Duration(rapid.IntRange(0, hours*6).Draw(t, "span")) * 10 * time.Minute)
		m.Alert.Received = m.Alert.Time
		m.Values = []tocsin.Value{
			tocsin.StringValue(rapid.SampledFrom([]string{"h1", "h1", "h2", "h3"}).Draw(t, "host")), tocsin.NullValue(),
			tocsin.StringValue(fmt.Sprint("rule ", rapid.IntRange(1, 6).Draw(t, "rule"))), tocsin.NullValue(), tocsin.IntValue(100), tocsin.NullValue(),
		}
		if rapid.Bool().Draw(t, "tactic") {
			m.Values[3] = tocsin.ListValue(tocsin.StringValue(rapid.SampledFrom([]string{"impact", "execution", "discovery"}).Draw(t, "which")))
		}
		if rapid.IntRange(0, 3).Draw(t, "linked") == 0 {
			m.Values[5] = tocsin.ListValue(tocsin.StringValue(rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2"}).Draw(t, "link")))
		}
		s.alerts = append(s.alerts, m)
	}
	slices.SortStableFunc(s.alerts, compareAlerts)
	return s
}

// drawPrompt is a log in which no alert comes later than the disorder.
func drawPrompt(t *rapid.T, s scene, partitions int, label string) []tocsin.LogRecord {
	s.lateness = 0
	log := drawLog(t, s, partitions, label)
	for i := range log {
		if log[i].Marker != nil {
			log[i].Marker.Lateness = time.Hour
		}
	}
	return log
}

// fates are the last words of events, without what may differ with the order of arrival.
func fates(events []tocsin.Event) map[string]tocsin.Event {
	out := map[string]tocsin.Event{}
	for _, ev := range events {
		ev.Evidence, ev.Detected, ev.Completeness, ev.Backfill, ev.Recorded = tocsin.Evidence{}, time.Time{}, tocsin.Completeness{}, false, false
		if ev.Novelty != nil {
			for i := range ev.Novelty.Earlier {
				ev.Novelty.Earlier[i].Alerts = nil
			}
		}
		out[ev.ID] = ev
	}
	return out
}

// Any order of arrival within the disorder, over any number of partitions, gives the same events, explanations included.
func TestNoveltyIsAFunctionOfTheAlerts(t *testing.T) {
	t.Parallel()
	checkRounds(t, 25, func(t *rapid.T) {
		s := drawNovelty(t)
		play := func(label string) map[string]tocsin.Event {
			e := newEngine(Config{}, planSet{hash: "set", plans: []plan{s.plan}})
			events := run(e, drawPrompt(t, s, rapid.IntRange(1, 8).Draw(t, label+" partitions"), label))
			events = append(events, e.Finish()...)
			if e.Open() != 0 {
				t.Fatalf("%d events are open at the end", e.Open())
			}
			return fates(events)
		}
		if diff := cmp.Diff(play("first"), play("second")); diff != "" {
			t.Fatalf("two orders of arrival (-first +second):\n%s\n%s", diff, describe(s))
		}
	})
}

// A snapshot, restored at any point, is no restart.
func TestNoveltySurvivesARestart(t *testing.T) {
	t.Parallel()
	checkRounds(t, 25, func(t *rapid.T) {
		s := drawNovelty(t)
		if rapid.IntRange(0, 3).Draw(t, "limited") == 0 {
			s.plan.maxKeys = rapid.IntRange(1, 4).Draw(t, "limit")
		}
		log := drawLog(t, s, rapid.IntRange(1, 3).Draw(t, "partitions"), "log")
		cut := rapid.IntRange(0, len(log)).Draw(t, "cut")
		cfg := Config{AllEvidence: rapid.Bool().Draw(t, "all"), MaxHeld: rapid.SampledFrom([]int{0, 0, 4}).Draw(t, "held")}
		set := planSet{hash: "set", plans: []plan{s.plan}}
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
			tuned := planSet{hash: "next", plans: []plan{s.plan}}
			tuned.plans[0].shape = rapid.SampledFrom([]string{"s", "other"}).Draw(t, "shape")
			tuned.plans[0].novel.risk *= 2
			if diff := cmp.Diff(lines(t, reload(a, tuned)), lines(t, reload(b, tuned))); diff != "" {
				t.Fatalf("a reload after a restart (-without +with):\n%s\n%s", diff, describe(s))
			}
		}
		if diff := cmp.Diff(lines(t, run(a, log[cut:])), lines(t, run(b, log[cut:]))); diff != "" {
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

// What an event says of how rare a pair was is what the formula on the page gives for the alerts before it, read plainly.
func TestRarityIsAsWritten(t *testing.T) {
	t.Parallel()
	checkRounds(t, 25, func(t *rapid.T) {
		s := drawNovelty(t)
		for i := range s.alerts { // of equal times the content decides, which the reference knows nothing of
			s.alerts[i].Alert.Time = s.alerts[i].Alert.Time.Add(time.Duration(i) * time.Microsecond)
		}
		e := newEngine(Config{}, planSet{hash: "set", plans: []plan{s.plan}})
		events := append(run(e, drawPrompt(t, s, 1, "log")), e.Finish()...)
		for _, ev := range events {
			for _, m := range ev.Novelty.Members {
				want, fired, observed := rarityOf(s, ev, m)
				if math.Abs(want-m.Rarity) > 0.002 || fired != m.Fired || observed != m.Observed {
					t.Fatalf("%s on %s at %v: rarity %v of %d in %d, want %v of %d in %d\n%s", m.Rule, m.Host, m.At.Sub(epoch), m.Rarity, m.Fired,
						m.Observed, want, fired, observed, describe(s))
				}
			}
		}
	})
}

// rarityOf is how rare a pair is when it begins to fire in a span: read off all alerts before, of the epoch at hand and
// the one before it.
func rarityOf(s scene, ev tocsin.Event, m tocsin.NoveltyMember) (bits float64, fired, observed int64) {
	span := bucketOf(nanos(m.At))
	since := (floor(nanos(m.At), s.plan.novel.forget) - 1) * (s.plan.novel.forget / bucketSpan)
	type at struct {
		host, rule string
		span       int64
	}
	spans, first, newest := map[at]bool{}, map[string]int64{}, map[string]int64{}
	for _, a := range s.alerts {
		b := bucketOf(nanos(a.Alert.Time))
		host, rule := a.Values[0].Text(), a.Values[2].Text()
		if a.Tenant != ev.Tenant || a.Key[0].Text() != ev.Group[0].Value.Text() || b > span || b == span && !a.Alert.Time.Before(m.At) && host != m.Host {
			continue
		}
		if a.Alert.Time.After(m.At) {
			continue
		}
		epoch := floor(b*bucketSpan, s.plan.novel.forget)
		if last, known := newest[host]; !known || last < epoch-1 { // it was forgotten meanwhile
			first[host] = b
		}
		newest[host] = epoch
		if b >= since {
			spans[at{host, rule, b}] = b < span || host != m.Host || rule != m.Rule
		}
	}
	var fleet, total float64
	for host, b := range first {
		if newest[host] < floor(nanos(m.At), s.plan.novel.forget)-1 {
			continue
		}
		total += float64(span - max(b, since))
	}
	for k, before := range spans {
		if k.rule == m.Rule && before {
			fleet++
			if k.host == m.Host {
				fired++
			}
		}
	}
	observed = span - max(first[m.Host], since)
	total = max(total, 1)
	p := (float64(fired) + 10*fleet/total) / (float64(observed) + 10)
	if p == 0 {
		return 14, fired, observed
	}
	return min(max(-math.Log2(p), 0), 14), fired, observed
}
