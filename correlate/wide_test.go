package correlate

import (
	"strconv"
	"testing"
	"time"

	"tocsin"
)

// BenchmarkWide is the cost of one match of a key whose window holds 1,800 alerts, each with a value of its own, and
// wants 2,000.
func BenchmarkWide(b *testing.B) {
	values := make([][]tocsin.Value, 1<<16)
	for i := range values {
		values[i] = []tocsin.Value{tocsin.StringValue("user-" + strconv.Itoa(i))}
	}
	ms := benchMatches(1<<16, 1)
	for _, kind := range []string{"count", "distinct"} {
		b.Run(kind, func(b *testing.B) {
			p := plan{
				id: "r", shape: "s", kind: kind, groupBy: []string{"source.ip"}, ref: &tocsin.RuleRef{ID: "r"},
				span: int64(1800 * time.Millisecond), atLeast: 2000,
			}
			e := newEngine(Config{}, planSet{hash: "set", plans: []plan{p}})
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				m := ms[i%len(ms)]
				m.Values, m.Alert.Time = values[i%len(values)], epoch.Add(time.Duration(i)*time.Millisecond)
				if e.Step(m); i%1000 == 0 {
					e.Mark(tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: m.Alert.Time, Lateness: time.Minute})
				}
				i++
			}
		})
	}
}

// wideValues is how many values a key must be accounted with: those inside the span up to its newest held alert, where
// that is more than a few.
func wideValues(st *state) int {
	p, all := &st.track.plan, st.held.all()
	shown := map[string]bool{}
	for _, x := range all {
		for _, v := range x.p.values {
			if p.wide() && all[len(all)-1].at-x.at < p.span {
				shown[v] = true
			}
		}
	}
	if n := min(len(shown), p.atLeast); n > p.few {
		return n
	}
	return 0
}
