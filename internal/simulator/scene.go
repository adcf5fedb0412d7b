package simulator

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Scene is what happens: it follows from its seed.
type Scene struct {
	Seed       uint64
	Daemons    int
	Inputs     int // partitions of the input
	Matches    int // partitions of the matches log
	Records    []Produced
	Faults     []Fault
	Fail       float64 // how likely one request goes wrong by itself
	Crash      float64 // how likely a daemon ends at one request, while faults last
	Snapshots  time.Duration
	FaultsLast time.Duration
}

// A Produced record comes to a partition of the input at a time after the start.
type Produced struct {
	After     time.Duration
	Partition int
	Value     []byte
}

// A Fault happens at a time after the start, and lasts.
type Fault struct {
	After, Lasting time.Duration
	Kind           string // crash, stop, freeze, rebalance, store away, store crowded, log away
	Daemon         int
}

// faultKinds are the kinds of fault; freeze is the likeliest, as it makes zombies.
var faultKinds = []string{"crash", "stop", "freeze", "freeze", "rebalance", "store away", "store crowded", "log away"} //nolint:gochecknoglobals // a constant table

// NewScene draws a scene.
func NewScene(seed uint64) Scene {
	r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // a simulation wants numbers that come back
	s := Scene{
		Seed: seed, Daemons: 1 + r.IntN(3), Inputs: 1 + r.IntN(3), Matches: 1 + r.IntN(3), FaultsLast: 12 * time.Second,
		Fail: []float64{0, 0.02, 0.1, 0.2}[r.IntN(4)], Crash: []float64{0, 0, 0.001, 0.004}[r.IntN(4)],
		Snapshots: []time.Duration{2 * time.Second, 5 * time.Second, 10 * time.Second}[r.IntN(3)],
	}
	s.Records = records(r, s.Inputs)
	for range r.IntN(5) {
		s.Faults = append(s.Faults, Fault{
			After: time.Duration(r.Int64N(int64(s.FaultsLast))), Lasting: time.Duration(r.Int64N(int64(8 * time.Second))),
			Kind: faultKinds[r.IntN(len(faultKinds))], Daemon: r.IntN(s.Daemons),
		})
	}
	return s
}

// records are alerts of a few addresses and hosts, some of them sent again, some no alerts at all, a minute out of order
// at most.
func records(r *rand.Rand, partitions int) []Produced {
	spread := []time.Duration{0, 2 * time.Second, 5 * time.Second}[r.IntN(3)]
	start := time.Date(1999, 12, 30, 8, 0, 0, 0, time.UTC) // a bubble begins at the start of 2000
	at := start
	var out []Produced
	var seens []time.Time
	for range 6 + r.IntN(12) {
		at = at.Add(time.Duration(r.Int64N(int64(25 * time.Second))))
		if r.IntN(12) == 0 {
			at = at.Add(10 * time.Minute)
		}
		seen := at.Add(-time.Duration(r.Int64N(int64(time.Minute))))
		again := r.IntN(10) == 0 && len(out) > 0 && at.Sub(seens[len(out)-1]) < disorder // sent again, before it is late
		p := Produced{Partition: r.IntN(partitions), Value: alert(r, seen)}
		switch {
		case r.IntN(20) == 0:
			p.Value = []byte("{broken")
		case again:
			p.Value, seen = out[len(out)-1].Value, seens[len(out)-1]
		}
		out, seens = append(out, p), append(seens, seen)
	}
	for i := range out {
		out[i].After = spread * time.Duration(i) / time.Duration(len(out))
	}
	return out
}

func alert(r *rand.Rand, at time.Time) []byte {
	action := []string{"logon-failed", "logon-failed", "logon-failed", "logged-in", "scan", "malware"}[r.IntN(6)]
	return fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","action":%q},"source":{"ip":"203.0.113.%d"},"destination":{"port":%d},"user":{"name":"u%d"}}`,
		at.Format(time.RFC3339Nano), action, 1+r.IntN(3), 20+r.IntN(5), r.IntN(2))
}
