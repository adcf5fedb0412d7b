package simulator

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"tocsin/ingest/decode"
)

// A world is everything that outlives a daemon. All of it changes under one lock; requests take time outside of it.
type world struct {
	Scene
	begun time.Time
	kit   *Kit

	mu       sync.Mutex
	random   *rand.Rand
	away     map[string]time.Time // until when a server answers nothing: store, log
	crowded  time.Time            // until when the store turns everything away
	logs     map[string][]*log    // by topic
	groups   map[string]*group
	store    *store
	changed  time.Time // when something was written to the store
	broken   []string  // what must never happen and did
	daemons  []*daemon
	requests int
	lent     []*decode.Decoder
}

func (w *world) draw(f func(r *rand.Rand)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f(w.random)
}

func (w *world) float() (x float64) {
	w.draw(func(r *rand.Rand) { x = r.Float64() })
	return x
}

// violated notes what must never happen. The lock is held.
func (w *world) violated(what string) { w.broken = append(w.broken, what) }

// faulty reports whether things may still go wrong by themselves.
func (w *world) faulty() bool { return time.Since(w.begun) < w.FaultsLast }

var (
	errDead  = errors.New("the daemon is dead")
	errAway  = errors.New("connection refused")
	errReset = errors.New("connection reset by peer")
)

// A fate is what becomes of one request.
type fate struct {
	latency  [2]time.Duration // on the way there, on the way back
	lost     [2]bool          // there: it is not applied; back: it is, and nobody learns
	crash    [2]bool          // the daemon ends before, behind
	scramble float64          // how an answer is spoiled; below 0 not at all
}

func (w *world) fate() fate {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.requests++
	r := w.random
	f := fate{scramble: -1}
	for i := range f.latency {
		f.latency[i] = time.Duration(1+r.Int64N(int64(4*time.Millisecond))) + 1
	}
	if !w.faulty() {
		return f
	}
	for i := range f.lost {
		f.lost[i] = r.Float64() < w.Fail/3
		f.crash[i] = r.Float64() < w.Crash/2
	}
	if r.Float64() < w.Fail/3 {
		f.scramble = r.Float64()
	}
	if r.IntN(20) == 0 {
		f.latency[1] += time.Duration(r.Int64N(int64(2 * time.Second)))
	}
	return f
}

// call takes a request to a server: apply is what it does there, under the world's lock.
func (d *daemon) call(ctx context.Context, server string, f fate, apply func()) error {
	if err := d.travel(ctx, f.latency[0]); err != nil {
		return err
	}
	if f.crash[0] {
		d.crash()
		return errDead
	}
	w := d.world
	w.mu.Lock()
	if time.Now().Before(w.away[server]) {
		w.mu.Unlock()
		return errAway
	}
	if f.lost[0] {
		w.mu.Unlock()
		return errReset
	}
	apply()
	w.mu.Unlock()
	if f.crash[1] {
		d.crash()
		return errDead
	}
	if err := d.travel(ctx, f.latency[1]); err != nil {
		return err
	}
	if f.lost[1] {
		return errReset
	}
	return nil
}

// travel takes time, more of it while the daemon stands still.
func (d *daemon) travel(ctx context.Context, latency time.Duration) error {
	timer := time.NewTimer(latency)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	case <-d.dead.Done():
	}
	if err := d.thaw(); err != nil {
		return err
	}
	return ctx.Err()
}

// thaw waits until the daemon does not stand still.
func (d *daemon) thaw() error {
	for {
		d.world.mu.Lock()
		until := d.frozen
		d.world.mu.Unlock()
		pause := time.Until(until)
		if pause <= 0 {
			break
		}
		select {
		case <-time.After(pause):
		case <-d.dead.Done():
		}
		if d.dead.Err() != nil {
			break
		}
	}
	if d.dead.Err() != nil {
		return errDead
	}
	return nil
}
