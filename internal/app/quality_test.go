package app

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
)

// slowRegister takes a while for each question.
type slowRegister struct {
	takes time.Duration
	asked int
	err   error
}

func (s *slowRegister) Outcomes(ctx context.Context, _ string, _ int) ([]tocsin.Outcome, error) {
	s.asked++
	select {
	case <-ctx.Done():
	case <-time.After(s.takes):
	}
	return nil, errors.Join(s.err, ctx.Err())
}

func (s *slowRegister) Findings(context.Context, string, time.Time, int) ([]tocsin.Finding, error) {
	return nil, nil
}

// The page of rules asks for the ninety days before now, so that no two questions are about the same moment; what took
// long to find is given again, and nobody but the first waits for it.
func TestQualityOfASlowRegister(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowRegister{takes: time.Minute}
		q := running(t, s)
		ask := func(after time.Duration, wantAsked int, wantWait time.Duration) {
			t.Helper()
			time.Sleep(after)
			begun := time.Now()
			v, err := q.of(t.Context(), "", begun.AddDate(0, 0, -90))
			if synctest.Wait(); err != nil || v.Since.IsZero() || s.asked != wantAsked || time.Since(begun) != wantWait {
				t.Errorf("%v (%v) after %v, the register was asked %d times, want %v and %d", v.Since, err, time.Since(begun), s.asked, wantWait, wantAsked)
			}
		}
		ask(time.Second, 1, 59*time.Second) // it was begun at the start
		ask(19*time.Minute, 1, 0)
		ask(2*time.Minute, 2, qualityPatience)
		ask(2*time.Minute, 2, 0)
	})
}

// Whoever cannot wait is told that it is being worked out, and what is known is for who asks then.
func TestQualityIsBeingWorkedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowRegister{takes: time.Minute}
		q := running(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := q.of(ctx, "a", time.Now().AddDate(0, 0, -7)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		time.Sleep(2 * time.Minute) // the question of the start was first
		if v, err := q.of(t.Context(), "a", time.Now().AddDate(0, 0, -7)); err != nil || v.Since.IsZero() || s.asked != 2 {
			t.Errorf("%v (%v), the register was asked %d times", v.Since, err, s.asked)
		}
	})
}

// A daemon that stops does not leave anybody waiting.
func TestQualityWhileTheDaemonStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQualities(&slowRegister{takes: time.Hour}, time.Now)
		ctx, cancel := context.WithCancel(t.Context())
		var running, asking sync.WaitGroup
		running.Go(func() { _ = q.run(ctx) })
		synctest.Wait()
		for _, tenant := range []string{"", "a", "b"} {
			asking.Go(func() {
				if _, err := q.of(t.Context(), tenant, time.Now().AddDate(0, 0, -90)); !errors.Is(err, context.Canceled) {
					t.Errorf("%s: %v", tenant, err)
				}
			})
		}
		synctest.Wait()
		cancel()
		running.Wait()
		asking.Wait()
	})
}

// A register that is away is told, and asked again by the next question.
func TestQualityOfARegisterAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &slowRegister{err: errors.New("away")}
		q := running(t, s)
		if _, err := q.of(t.Context(), "", time.Now().AddDate(0, 0, -90)); !errors.Is(err, s.err) {
			t.Errorf("%v", err)
		}
		synctest.Wait()
		s.err = nil
		if v, err := q.of(t.Context(), "", time.Now().AddDate(0, 0, -90)); err != nil || v.Since.IsZero() {
			t.Errorf("%v (%v)", v.Since, err)
		}
	})
}

// Where nothing runs beside the questions, whoever asks works it out.
func TestQualityWithoutADaemon(t *testing.T) {
	s := &slowRegister{}
	if v, err := newQualities(s, time.Now).of(t.Context(), "", time.Now()); err != nil || v.Since.IsZero() || s.asked != 1 {
		t.Errorf("%v (%v), the register was asked %d times", v.Since, err, s.asked)
	}
}

func running(t *testing.T, s *slowRegister) *qualities {
	q := newQualities(s, time.Now)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- q.run(ctx) }()
	synctest.Wait() // it is begun
	t.Cleanup(func() {
		if cancel(); <-ended != nil {
			t.Error("run ended with an error")
		}
	})
	return q
}
