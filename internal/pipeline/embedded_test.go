package pipeline_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/internal/pipeline"
	"tocsin/internal/replay"
)

// run lets the daemon work until nothing moves any more, for some of the clock's time, and ends it.
func run(t *testing.T, p *pipeline.Embedded, lasting time.Duration) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	time.Sleep(lasting) // virtual
	cancel()
	if err := <-done; err != nil {
		t.Errorf("the pipeline ended with %v", err)
	}
}

func (w *world) only(t *testing.T) (tocsin.Incident, tocsin.Event) {
	t.Helper()
	incidents, err := replay.All(t.Context(), w)
	if err != nil || len(incidents) != 1 {
		t.Fatalf("%d incidents, %v", len(incidents), err)
	}
	e, err := w.Event(t.Context(), incidents[0].Events[0])
	if err != nil {
		t.Fatal(err)
	}
	return incidents[0], e
}

// A minute of outage, in virtual time: every write is repeated, the engine is stepped once.
func TestOutageLosesAndDoublesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, health := newWorld(), &pipeline.Health{}
		back := time.Now().Add(time.Minute)
		var degraded bool
		w.fail = func(int) error {
			degraded = degraded || health.Report().Status == "degraded"
			if time.Now().Before(back) {
				return errAway
			}
			return nil
		}
		p := w.daemon(t, health)
		w.append(failure("203.0.113.7", 0), failure("203.0.113.7", 10), failure("203.0.113.7", 20), failure("203.0.113.7", 30))
		run(t, p, 3*time.Minute)
		i, e := w.only(t)
		if e.Count != 4 && e.Count != 3 {
			t.Errorf("the event has %d alerts", e.Count)
		}
		if entries, err := w.Entries(t.Context(), i.ID, 1); err != nil || len(entries) != int(i.Revision) {
			t.Errorf("%d entries at revision %d, %v", len(entries), i.Revision, err)
		}
		if !degraded || health.Report().Status != "ok" {
			t.Errorf("degraded %v, after it %s", degraded, health.Report().Status)
		}
	})
}

// The same journal gives the same event whether the daemon was ended after every record or never.
func TestRestartAfterEveryRecord(t *testing.T) {
	lines := [][]byte{failure("203.0.113.7", 0), failure("198.51.100.1", 5), failure("203.0.113.7", 10), failure("203.0.113.7", 20), failure("203.0.113.7", 25)}
	synctest.Test(t, func(t *testing.T) {
		whole, cut := newWorld(), newWorld()
		whole.append(lines...)
		run(t, whole.daemon(t, nil), time.Second)
		for _, line := range lines {
			cut.append(line)
			run(t, cut.daemon(t, nil), time.Second)
		}
		_, a := whole.only(t)
		_, b := cut.only(t)
		if a.ID != b.ID || a.Count != b.Count || a.Revision != b.Revision || a.Digest != b.Digest {
			t.Errorf("without a restart %+v\nwith restarts %+v", a, b)
		}
	})
}

// Ended while what it has found is being written, whether or not that arrived, a daemon finds it again: an engine that has
// said something must not be saved before that is stored.
func TestEndedInMidWrite(t *testing.T) {
	lines := [][]byte{failure("203.0.113.7", 0), failure("203.0.113.7", 10), failure("203.0.113.7", 20), failure("203.0.113.7", 25)}
	for n := range 4 {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld()
			ctx, cancel := context.WithCancel(t.Context())
			w.undo, w.undone = n+2, cancel // the first one reads the snapshot
			p := w.daemon(t, nil)
			w.append(lines...)
			if err := p.Run(ctx); err != nil {
				t.Fatal(err)
			}
			run(t, w.daemon(t, nil), time.Second)
			if _, e := w.only(t); e.Count < 3 {
				t.Errorf("ended at write %d: the event has %d alerts", n, e.Count)
			}
		})
	}
}

// When nothing comes any more, the clock tells through the journal that the burst is over.
func TestIdleSourceClosesEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.append(failure("203.0.113.7", 0), failure("203.0.113.7", 10), failure("203.0.113.7", 20), failure("203.0.113.7", 30))
		run(t, w.daemon(t, nil), 5*time.Minute+2*time.Hour)
		_, e := w.only(t)
		if e.Activity != tocsin.Closed || e.Count != 4 {
			t.Errorf("the event is %s with %d alerts", e.Activity, e.Count)
		}
	})
}

// After a restart at which nothing comes, event time goes on as fast as the clock and no faster.
func TestTicksKeepPaceAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, health := newWorld(), &pipeline.Health{}
		w.append(failure("203.0.113.7", 0), failure("203.0.113.7", 10), failure("203.0.113.7", 20))
		run(t, w.daemon(t, nil), time.Second)
		run(t, w.daemon(t, health), 2*time.Minute) // the event stays open for a minute more
		newest := time.Date(2026, 3, 1, 8, 0, 20, 0, time.UTC)
		from, to := newest.Add(-20*time.Second), newest.Add(5*time.Second)
		if got := health.Report().Watermark(); got.Before(from) || got.After(to) {
			t.Errorf("the watermark is %s, want %s to %s", got, from, to)
		}
	})
}

// What cannot become an alert is kept with its reason, and the stream goes on.
func TestBadRecordsAreData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.append([]byte("{broken"), failure("203.0.113.7", 0), []byte(strings.Repeat("[", 10_000)), failure("203.0.113.7", 1), failure("203.0.113.7", 2))
		run(t, w.daemon(t, nil), time.Second)
		if _, e := w.only(t); e.Count != 3 {
			t.Errorf("the event has %d alerts", e.Count)
		}
		if w.done() != 5 {
			t.Errorf("applied up to %d", w.done())
		}
	})
}
