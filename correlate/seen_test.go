package correlate

import (
	"encoding/binary"
	"runtime"
	"testing"
	"time"

	"tocsin"
)

// A million values that are settled take 16 bytes each beside the table's own overhead, in all at most 24.
func TestSightingsAreSmall(t *testing.T) {
	const values = 1_000_000
	before := heap()
	s := newSightings()
	for i := range int64(values) {
		s.see(uint64(i)*0x9e3779b97f4a7c15, i, int64(time.Hour), i+1, values)
	}
	took := float64(heap()-before) / values
	t.Logf("%.1f B a value, accounted %.1f", took, float64(s.bytes())/values)
	if took > 24 || s.n != values {
		t.Errorf("%d values of %.1f B", s.n, took)
	}
	runtime.KeepAlive(s)
}

// BenchmarkFirstSeen is the cost of one match of a value that is known, among a million.
func BenchmarkFirstSeen(b *testing.B) {
	p := plan{
		id: "r", shape: "s", kind: "first_seen", groupBy: []string{"host.name"}, ref: &tocsin.RuleRef{ID: "r"},
		history: int64(14 * 24 * time.Hour), learn: int64(time.Hour), maxKeys: 1 << 21,
	}
	e := newEngine(Config{}, planSet{hash: "set", plans: []plan{p}})
	m := benchMatches(1, 1)[0]
	value := func(n int) []tocsin.Value {
		var buf [8]byte
		binary.BigEndian.PutUint64(buf[:], uint64(n))
		return []tocsin.Value{tocsin.StringValue(string(buf[:]))}
	}
	values := make([][]tocsin.Value, 1_000_000)
	for i := range values {
		values[i] = value(i)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m.Values, m.Alert.Time = values[i%len(values)], epoch.Add(time.Duration(i)*time.Millisecond)
		if e.Step(m); i%1000 == 0 {
			e.Mark(tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: m.Alert.Time, Lateness: time.Minute})
		}
		i++
	}
}
