package correlate

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"tocsin"
)

// benchMatches makes n matches over so many keys, a millisecond apart in event time, in a fixed pseudo-random order
// of keys.
func benchMatches(n, keys int) []tocsin.Match {
	ms := make([]tocsin.Match, n)
	names := make([][]tocsin.Value, keys)
	for i := range names {
		names[i] = []tocsin.Value{tocsin.StringValue("10.0." + strconv.Itoa(i))}
	}
	seed := uint64(88172645463325252)
	entities := []tocsin.Entity{{Field: "source.ip", Value: "192.0.2.1", Role: "attacker"}}
	for i := range ms {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		at := epoch.Add(time.Duration(i) * time.Millisecond)
		ms[i] = tocsin.Match{
			Rule: "r", Set: "set", Tenant: "default", Key: names[seed%uint64(keys)], Entities: entities, Conditions: 1,
			Values: []tocsin.Value{tocsin.StringValue("u" + strconv.FormatUint(seed>>40%50, 10))},
			Alert: tocsin.AlertRef{
				ID: tocsin.Hash(strconv.Itoa(i)), Source: "src", Time: at, Received: at,
				Digest: sha256.Sum256([]byte(strconv.Itoa(i))),
				Ref:    tocsin.Ref{Topic: "alerts", Offset: int64(i)},
			},
		}
	}
	return ms
}

// BenchmarkStep is the cost of one match: 10 in 60 s over so many keys, one match a millisecond, a marker a second,
// lateness 10 minutes. It reports matches per second, and the bytes of live heap for each key at the end.
func BenchmarkStep(b *testing.B) {
	for _, kind := range []string{"match", "count", "distinct", "set", "leaky", leakyDistinct, "sequence", "risk", "first_seen"} {
		for _, keys := range []int{1, 1_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("%s/keys=%d", kind, keys), func(b *testing.B) { benchStep(b, kind, keys) })
		}
	}
}

// BenchmarkFold is the cost of one match of a kind that the watermark settles, in order and with one alert in a hundred up to
// 20 s late, of a second of disorder, by keys and span.
func BenchmarkFold(b *testing.B) {
	for _, kind := range []string{"absence", "pattern", "silence", "spike", "measure"} {
		for _, keys := range []int{1, 1_000, 100_000} {
			for _, span := range []time.Duration{10 * time.Second, 5 * time.Minute} {
				for _, late := range []bool{false, true} {
					b.Run(fmt.Sprintf("%s/keys=%d/span=%v/late=%v", kind, keys, span, late), func(b *testing.B) {
						benchFold(b, kind, keys, span, late)
					})
				}
			}
		}
	}
}

func benchFold(b *testing.B, kind string, keys int, span time.Duration, late bool) {
	const n = 1 << 18
	ms := benchMatches(n, keys)
	p := plan{
		id: "r", shape: "s", kind: kind, groupBy: []string{"source.ip"}, span: int64(span), atLeast: 10, ratio: 1000, baseline: 6,
		memory: int64(time.Hour), ref: &tocsin.RuleRef{ID: "r"}, maxKeys: 2 * keys, maxBytes: 1 << 40,
	}
	if kind == "pattern" {
		p.kind, p.sequenceEnds = "sequence", sequenceEnds{until: 4}
		p.steps = []step{{atLeast: 9}, {atLeast: 1, absent: 2}}
	}
	if kind == "measure" {
		p.gauge = gauge{of: "average", bounds: [maxBounds]bound{{"gt", amount{1, 0}}}}
	}
	for i := range ms {
		if i%10 == 9 {
			ms[i].Conditions = 2
		}
		if kind == "measure" {
			ms[i].Values = []tocsin.Value{tocsin.IntValue(int64(i % 1000))}
		}
		if j := i + 20_000; late && i%100 == 50 && j < n {
			ms[i], ms[j] = ms[j], ms[i]
		}
	}
	var e *Engine
	greatest := time.Time{}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if i%n == 0 {
			b.StopTimer()
			e, greatest = newEngine(Config{}, planSet{hash: "set", plans: []plan{p}}), time.Time{}
			b.StartTimer()
		}
		m := &ms[i%n]
		if m.Alert.Time.After(greatest) {
			greatest = m.Alert.Time
		}
		e.Step(*m)
		if i%1000 == 0 {
			e.Mark(tocsin.Marker{
				SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: greatest, Disorder: time.Second, Lateness: 10 * time.Minute,
			})
		}
	}
}

func benchStep(b *testing.B, kind string, keys int) {
	const n = 1 << 20
	ms := benchMatches(n, keys)
	p := plan{
		id: "r", shape: "s", kind: kind, groupBy: []string{"source.ip"}, span: int64(time.Minute), atLeast: 10,
		ref: &tocsin.RuleRef{ID: "r"}, maxKeys: 2 * keys, maxBytes: 1 << 40,
	}
	switch kind {
	case "set":
		p.atLeast = 3
	case "leaky", leakyDistinct:
		p.leak = int64(6 * time.Second)
	case "sequence":
		p.steps, p.atLeast = []step{{atLeast: 9}, {atLeast: 1, within: int64(30 * time.Second)}}, 2
	}
	for i := range ms {
		if i%10 == 9 {
			ms[i].Conditions = 2
		}
		if kind == "set" && i%10 == 4 {
			ms[i].Conditions = 4
		}
	}
	var e *Engine
	before := heap()
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; b.Loop(); i++ {
		if i%n == 0 {
			b.StopTimer()
			e = newEngine(Config{}, planSet{hash: "set", plans: []plan{p}})
			b.StartTimer()
		}
		m := &ms[i%n]
		e.Step(*m)
		if i%1000 == 0 {
			e.Mark(tocsin.Marker{
				SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: m.Alert.Time, Disorder: time.Second, Lateness: 10 * time.Minute,
			})
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "matches/s")
	s := e.Stats().Rules[0]
	b.ReportMetric(float64(int64(heap())-int64(before))/float64(max(s.Keys, 1)), "B/key")
	b.ReportMetric(float64(s.Bytes)/float64(max(s.Keys, 1)), "accounted-B/key")
	runtime.KeepAlive(e)
	runtime.KeepAlive(ms)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkDisorder is the cost of one match of a hot key whose alerts come up to 2 s out of order.
func BenchmarkDisorder(b *testing.B) {
	const n = 1 << 18
	ms := benchMatches(n, 1)
	for i := range ms {
		if j := i ^ int(uint64(i)*2654435761>>16&0x7ff); j < n {
			ms[i], ms[j] = ms[j], ms[i]
		}
	}
	p := plan{id: "r", shape: "s", kind: "count", groupBy: []string{"source.ip"}, span: int64(time.Minute), atLeast: 10, ref: &tocsin.RuleRef{ID: "r"}}
	var e *Engine
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%n == 0 {
			e = newEngine(Config{}, planSet{hash: "set", plans: []plan{p}})
		}
		e.Step(ms[i%n])
	}
}

// BenchmarkSnapshot is the cost of saving and restoring 100,000 keys.
func BenchmarkSnapshot(b *testing.B) {
	p := plan{id: "r", shape: "s", kind: "count", groupBy: []string{"source.ip"}, span: int64(time.Minute), atLeast: 10, ref: &tocsin.RuleRef{ID: "r"}}
	set := planSet{hash: "set", plans: []plan{p}}
	e := newEngine(Config{}, set)
	for _, m := range benchMatches(300_000, 100_000) {
		e.Step(m)
	}
	b.Run("save", func(b *testing.B) {
		for b.Loop() {
			b.SetBytes(int64(len(e.Snapshot())))
		}
	})
	data := e.Snapshot()
	b.Run("restore", func(b *testing.B) {
		for b.Loop() {
			if _, err := restore(Config{}, set, data); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
		}
	})
}
