package sinks_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/sinks"
)

func TestRetryOutlastsAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var calls int
		var waits []time.Duration
		retry := sinks.Retry{Told: func(_ int, wait time.Duration, _ error) { waits = append(waits, wait) }}
		err := retry.Do(t.Context(), func(context.Context) error {
			calls++
			if time.Since(begun) < time.Hour {
				return errors.New("connection refused")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if calls < 120 || calls > 260 {
			t.Errorf("an hour took %d calls, want about one every 15 to 30 s", calls)
		}
		for i, wait := range waits {
			if wait > 30*time.Second || (i > 8 && wait < 15*time.Second) {
				t.Errorf("wait %d was %v", i, wait)
			}
		}
	})
}

func TestRetryDelay(t *testing.T) {
	none, all := func() float64 { return 0 }, func() float64 { return 0.999999 }
	for _, c := range []struct {
		attempt   int
		low, high time.Duration
	}{
		{0, 50 * time.Millisecond, 100 * time.Millisecond},
		{3, 400 * time.Millisecond, 800 * time.Millisecond},
		{20, 15 * time.Second, 30 * time.Second},
		{100000, 15 * time.Second, 30 * time.Second},
	} {
		if got := (sinks.Retry{Random: none}).Delay(c.attempt); got != c.low {
			t.Errorf("least wait after attempt %d is %v, want %v", c.attempt, got, c.low)
		}
		if got := (sinks.Retry{Random: all}).Delay(c.attempt); got > c.high || got < c.high-time.Millisecond {
			t.Errorf("greatest wait after attempt %d is %v, want %v", c.attempt, got, c.high)
		}
	}
}

func TestRetryStops(t *testing.T) {
	for _, fixed := range []error{sinks.ErrPermanent, sinks.ErrTooBig, tocsin.ErrConflict, tocsin.ErrNotFound} {
		calls := 0
		err := sinks.Retry{}.Do(t.Context(), func(context.Context) error {
			calls++
			return fmt.Errorf("put: %w", fixed)
		})
		if calls != 1 || !errors.Is(err, fixed) {
			t.Errorf("%v: %d calls, error %v", fixed, calls, err)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := sinks.Retry{}.Do(ctx, func(context.Context) error { return errors.New("refused") })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v, want the context's", err)
		}
	})
}
