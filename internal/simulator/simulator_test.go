package simulator_test

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"tocsin/internal/simulator"
)

// play runs one scene.
func play(t *testing.T, kit *simulator.Kit, s simulator.Scene) (v simulator.Verdict) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var err error
		if v, err = simulator.Play(context.Background(), kit, s); err != nil {
			t.Fatal(err)
		}
	})
	return v
}

func kit(t testing.TB) *simulator.Kit {
	t.Helper()
	k, err := simulator.NewKit()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func report(t *testing.T, s simulator.Scene, v simulator.Verdict) {
	if len(v.Wrong) > 0 {
		t.Errorf("SEED=%d: %d daemons, %d and %d partitions, %d records, faults %+v, %.2f of requests fail, crash %.3f\n%s",
			s.Seed, s.Daemons, s.Inputs, s.Matches, len(s.Records), s.Faults, s.Fail, s.Crash, strings.Join(v.Wrong, "\n"))
	}
}

// Whatever goes wrong, in the end the store holds what a replay of the records gives: nothing is missing, doubled or
// different, no offset went back, and every log's chain holds. SEED=n runs one scene, SEEDS=n so many.
func TestScenes(t *testing.T) {
	from, n := uint64(1), uint64(2000)
	switch {
	case os.Getenv("SEED") != "":
		from, n = number(t, "SEED"), 1
	case os.Getenv("SEEDS") != "":
		n = number(t, "SEEDS")
	case os.Getenv("TOCSIN_LONG") != "":
		n = 20_000
	case testing.Short():
		n = 100
	}
	k := kit(t)
	defer debug.SetGCPercent(debug.SetGCPercent(1000)) // a scene leaves much behind and keeps little
	var next, failed atomic.Uint64
	var mu sync.Mutex
	var sum simulator.Verdict
	var workers sync.WaitGroup
	t.Run("scenes", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			workers.Go(func() {
				for i := next.Add(1) - 1; i < n && failed.Load() < 4; i = next.Add(1) - 1 {
					s := simulator.NewScene(from + i)
					v := play(t, k, s)
					mu.Lock()
					report(t, s, v)
					if len(v.Wrong) > 0 {
						failed.Add(1)
					}
					sum.Alerts, sum.Events, sum.Entries, sum.Requests, sum.Lives = sum.Alerts+v.Alerts, sum.Events+v.Events, sum.Entries+v.Entries, sum.Requests+v.Requests, sum.Lives+v.Lives
					sum.Took += v.Took
					mu.Unlock()
				}
			})
		}
		workers.Wait()
	})
	t.Logf("%d scenes of %v in all: %d alerts, %d events, %d log entries, %d requests, %d lives of daemons", n, sum.Took, sum.Alerts, sum.Events, sum.Entries, sum.Requests, sum.Lives)
}

// Scenes that once went wrong, by what was wrong.
func TestScenesOfThePast(t *testing.T) {
	k := kit(t)
	for seed, what := range map[uint64]string{
		5:    "a new owner's first marker took back what its forerunner had accepted: the end of history was never said",
		1287: "what the first marker of all let go was told as live, in the order of arrival",
		1416: "the same, where nothing else went wrong",
		238:  "an engine was saved that had said what could not be written: its events were lost",
		231:  "a partition whose records waited for the store counted its waiting as silence and declared its end",
		326:  "the same, for records that had come meanwhile",
	} {
		s := simulator.NewScene(seed)
		if v := play(t, k, s); len(v.Wrong) > 0 {
			t.Log(what)
			report(t, s, v)
		}
	}
}

func number(t *testing.T, name string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(os.Getenv(name), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
