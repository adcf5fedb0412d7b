package correlate

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"tocsin"
)

// noveltyPlan is the shipped rule's.
func noveltyPlan() plan {
	return plan{
		id: "r", kind: kindNovelty, shape: "s", ref: &tocsin.RuleRef{ID: "r", Version: "1.0.0"}, span: int64(time.Hour),
		decay: int64(15 * time.Minute), quiet: int64(time.Hour), maxKeys: 2_000_000, maxBytes: 1 << 30,
		novel: novelPlan{
			above: 6000, most: 14_000, risk: 60_000, coldRisk: 45_000, pairs: 4, rules: 3, tactics: 3, coldSet: 4, member: 1000, newcomer: 3000,
			chain: 12_000, strong: 30_000, within: daySpan, lookBack: 3 * daySpan, session: 12_000, learn: daySpan, forget: 14 * daySpan, idle: int64(time.Hour),
		},
	}
}

// A noveltyStream gives matches: host and rule by number, at so many a second.
type noveltyStream struct {
	hosts, rules []tocsin.Value
	rate         int
	n            int
}

func newNoveltyStream(hosts, rules, rate int) *noveltyStream {
	s := &noveltyStream{rate: rate}
	for i := range hosts {
		s.hosts = append(s.hosts, tocsin.StringValue(fmt.Sprintf("host-%05d.example.com", i)))
	}
	for i := range rules {
		s.rules = append(s.rules, tocsin.StringValue(fmt.Sprintf("A rule of some sensor with number %d", i)))
	}
	return s
}

func (s *noveltyStream) next() tocsin.Match {
	pair := s.n * 7919 % (len(s.hosts) * len(s.rules))
	at := epoch.Add(time.Duration(s.n) * time.Second / time.Duration(s.rate))
	m := tocsin.Match{
		Rule: "r", Set: "set", Tenant: "default", Conditions: 1,
		Values: []tocsin.Value{
			s.hosts[pair%len(s.hosts)], tocsin.NullValue(), s.rules[pair/len(s.hosts)], tocsin.NullValue(), tocsin.IntValue(100), tocsin.NullValue(),
		},
		Alert: tocsin.AlertRef{ID: fmt.Sprintf("%032x", s.n), Source: "src", Time: at, Received: at, Digest: tocsin.Digest{31: byte(s.n), 30: byte(s.n >> 8), 29: byte(s.n >> 16), 28: byte(s.n >> 24)}, Ref: tocsin.Ref{Topic: "t", Offset: int64(s.n)}},
	}
	s.n++
	return m
}

func (s *noveltyStream) mark(at time.Time) tocsin.Marker {
	part := tocsin.SourcePartition{Source: "src"}
	return tocsin.Marker{SourcePartition: part, Greatest: at, Disorder: 2 * time.Minute, Lateness: time.Hour, Listed: []tocsin.SourcePartition{part}}
}

// A million pairs of a rule and a host take less than 256 MiB, and what the rule is accounted with is about what they take.
func TestAMillionPairsFit(t *testing.T) {
	pairs, hosts := 100_000, 1000
	if os.Getenv("TOCSIN_TEST_LONG") != "" {
		pairs, hosts = 1_000_000, 10_000
	}
	if testing.Short() {
		pairs, hosts = 20_000, 200
	}
	s := newNoveltyStream(hosts, 100, 5000)
	e := newEngine(Config{}, planSet{hash: "set", plans: []plan{noveltyPlan()}})
	before := heapBytes()
	for i := range pairs {
		m := s.next()
		e.Step(m)
		if i%1000 == 999 {
			e.Mark(s.mark(m.Alert.Time.Add(2 * time.Minute))) // nothing waits
		}
	}
	e.Mark(s.mark(epoch.Add(time.Hour)))
	took := heapBytes() - before
	stats := e.Stats().Rules[0]
	t.Logf("%d pairs take %d MiB, %d bytes each; the rule is accounted with %d MiB", stats.Values, took>>20, took/int64(pairs), stats.Bytes>>20)
	if stats.Values != pairs || took > int64(pairs)*(256<<20)/1_000_000 {
		t.Errorf("%d pairs take %d MiB", stats.Values, took>>20)
	}
	if ratio := float64(stats.Bytes) / float64(took); ratio < 0.8 || ratio > 1.4 { // a table is between half and nearly full
		t.Errorf("the rule is accounted with %d bytes and takes %d", stats.Bytes, took)
	}
	runtime.KeepAlive(e)
}

func heapBytes() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkNovelty is the cost of one alert of 50,000 pairs, 500 alerts of each an hour, markers and the waiting for the watermark included.
func BenchmarkNovelty(b *testing.B) {
	s := newNoveltyStream(1000, 50, 7000)
	e := newEngine(Config{}, planSet{hash: "set", plans: []plan{noveltyPlan()}})
	b.ReportAllocs()
	events := 0
	for i := 0; b.Loop(); i++ {
		m := s.next()
		events += len(e.Step(m))
		if i%500 == 499 {
			events += len(e.Mark(s.mark(m.Alert.Time)))
		}
	}
	b.ReportMetric(float64(events), "events")
}
