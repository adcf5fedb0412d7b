package sinks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"tocsin"
)

// A Retry repeats what a retry may cure: with growing waits, for as long as the context lives (delivery.md 3.1, 5).
// The zero value waits 100 ms at first and 30 s at most.
type Retry struct {
	Base time.Duration // the first wait, before jitter; 0: 100 ms
	Cap  time.Duration // the longest wait; 0: 30 s
	// Told, if set, is called before each wait: what went wrong in attempt (0, 1, …) and how long the wait is.
	Told func(attempt int, wait time.Duration, err error)
	// Random, if set, replaces the source of jitter: a number in [0, 1).
	Random func() float64
}

// Delay is how long to wait after attempt (0, 1, …): Base doubled attempt times, capped, of which the upper half is
// jitter, so that many that failed together do not come back together.
func (r Retry) Delay(attempt int) time.Duration {
	wait, limit := r.Base, r.Cap
	if wait <= 0 {
		wait = 100 * time.Millisecond
	}
	if limit <= 0 {
		limit = 30 * time.Second
	}
	for range attempt {
		if wait >= limit {
			break
		}
		wait *= 2
	}
	wait = min(wait, limit)
	random := r.Random
	if random == nil {
		random = rand.Float64
	}
	return wait/2 + time.Duration(random()*float64(wait/2))
}

// Do calls op until it succeeds, until its error is one that no retry cures ([ErrPermanent], [ErrTooBig], [ErrQuery],
// [ErrDamaged], [tocsin.ErrConflict], [tocsin.ErrNotFound]), or until ctx ends; the error then wraps ctx's and names op's last.
// [ErrFull] is retried, as room may
// be made, and so is a time limit that op set itself.
func (r Retry) Do(ctx context.Context, op func(context.Context) error) error {
	for attempt := 0; ; attempt++ {
		err := op(ctx)
		if err == nil || !curable(err) || ctx.Err() != nil {
			return err
		}
		if err := r.Pause(ctx, attempt, err); err != nil {
			return err
		}
	}
}

// Pause waits as long as [Retry.Delay] says. It returns nil when the time is over and, when ctx ends first, an error
// that wraps ctx's and names cause.
func (r Retry) Pause(ctx context.Context, attempt int, cause error) error {
	wait := r.Delay(attempt)
	if r.Told != nil {
		r.Told(attempt, wait, cause)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("after %d attempts, the last: %w: %w", attempt+1, cause, ctx.Err())
	}
}

func curable(err error) bool {
	for _, fixed := range []error{
		ErrPermanent, ErrTooBig, ErrQuery, ErrDamaged, tocsin.ErrConflict, tocsin.ErrNotFound,
	} {
		if errors.Is(err, fixed) {
			return false
		}
	}
	return true
}
