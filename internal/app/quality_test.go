package app

import (
	"context"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
)

// slowRegister takes a minute for each question.
type slowRegister struct {
	register.Assessed
	now   time.Time
	asked int
}

func (s *slowRegister) Incidents(context.Context, tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	s.asked++
	s.now = s.now.Add(time.Minute)
	return tocsin.Page[tocsin.Incident]{}, nil
}

func (s *slowRegister) Verdicts(context.Context, tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error) {
	return tocsin.Page[tocsin.Verdict]{}, nil
}

// TestQualityIsRememberedAsTimeGoesOn: the page of rules asks for the ninety days before now, so that no two questions
// are about the same moment; what took long to find must still be given again.
func TestQualityIsRememberedAsTimeGoesOn(t *testing.T) {
	s := &slowRegister{now: time.Date(2026, 11, 29, 17, 0, 0, 0, time.UTC)}
	q := qualities{store: s, now: func() time.Time { return s.now }}
	ask := func(after time.Duration, want int) {
		t.Helper()
		s.now = s.now.Add(after)
		if _, err := q.of(t.Context(), "", s.now.AddDate(0, 0, -90)); err != nil || s.asked != want {
			t.Errorf("the register was asked %d times, want %d: %v", s.asked, want, err)
		}
	}
	ask(0, 1)
	ask(7*time.Minute+11*time.Second, 1)
	ask(9*time.Minute, 1)
	ask(5*time.Minute, 2)
}
