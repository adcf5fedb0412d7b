package tocsin_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

var monday = time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)

// hourly is a source that was heard of each quarter of an hour for some days, and not at all from 0 to 4 at night.
func hourly(days int) *tocsin.Habit {
	h := &tocsin.Habit{Source: "firewall"}
	for day := range days {
		for quarter := 16; quarter < 96; quarter++ {
			h.Hear(monday.AddDate(0, 0, day).Add(time.Duration(quarter)*15*time.Minute), monday)
		}
	}
	return h
}

func TestHabit(t *testing.T) {
	tests := []struct {
		name    string
		habit   func() *tocsin.Habit
		after   time.Duration // of silence
		since   time.Time
		limit   time.Duration
		usual   time.Duration
		silent  bool
		allowed time.Duration
	}{
		{name: "within its habit", habit: func() *tocsin.Habit { return hourly(5) }, after: 6 * time.Hour, usual: 4*time.Hour + 15*time.Minute},
		{
			name: "beyond it", habit: func() *tocsin.Habit { return hourly(5) }, after: 7 * time.Hour, usual: 4*time.Hour + 15*time.Minute,
			silent: true, allowed: 6*time.Hour + 22*time.Minute + 30*time.Second,
		},
		{name: "one night is no habit", habit: func() *tocsin.Habit { return hourly(2) }, after: time.Hour, usual: 15 * time.Minute, silent: true, allowed: 22*time.Minute + 30*time.Second},
		{name: "watched for less than a day", habit: func() *tocsin.Habit { return hourly(1) }, after: 100 * time.Hour},
		{name: "a limit of its own needs no habit", habit: func() *tocsin.Habit { return hourly(1) }, after: 2 * time.Hour, limit: time.Hour, silent: true, allowed: time.Hour},
		{name: "nobody listened", habit: func() *tocsin.Habit { return hourly(5) }, after: 6*time.Hour + 30*time.Minute, since: monday.AddDate(0, 0, 5), usual: 4*time.Hour + 15*time.Minute},
		{
			name: "never less than five minutes", after: 6 * time.Minute, usual: time.Minute, silent: true, allowed: 5 * time.Minute,
			habit: func() *tocsin.Habit {
				h := &tocsin.Habit{}
				for n := range 25 * 60 {
					h.Hear(monday.Add(time.Duration(n)*time.Minute), monday)
				}
				return h
			},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := test.habit()
			if got := h.Usual(); got != test.usual {
				t.Errorf("usual pause %v, want %v", got, test.usual)
			}
			if got := h.Judge(h.Last.Add(test.after), test.since, test.limit); got != test.silent {
				t.Fatalf("silent %v, want %v", got, test.silent)
			}
			if h.Allowed != test.allowed {
				t.Errorf("allowed %v, want %v", h.Allowed, test.allowed)
			}
			if test.silent && h.Judge(h.Silent.Add(time.Hour), test.since, test.limit) {
				t.Error("the same silence was found twice")
			}
			if woke := h.Hear(h.Last.Add(1000*time.Hour), test.since); woke != test.silent || !h.Silent.IsZero() {
				t.Errorf("woke %v, silent since %v", woke, h.Silent)
			}
		})
	}
}

// A pause in which the listener was down is nobody's habit, one before or behind it is.
func TestHabitOutage(t *testing.T) {
	h := hourly(3)
	before := h.Usual()
	restarted := h.Last.Add(50 * time.Hour)
	h.Hear(restarted.Add(time.Hour), restarted)
	restarted = restarted.Add(80 * time.Hour)
	h.Hear(restarted.Add(time.Hour), restarted)
	if got := h.Usual(); got != before {
		t.Errorf("usual pause %v after two outages, want %v", got, before)
	}
}

// Whatever a source does, its habit is bounded, reads back as it was written, and is a pause that it made.
func TestHabitBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := &tocsin.Habit{}
		at := monday
		var longest time.Duration
		for range rapid.IntRange(0, 300).Draw(t, "hearings") {
			pause := time.Duration(rapid.Int64Range(-int64(time.Hour), int64(48*time.Hour)).Draw(t, "pause"))
			at = at.Add(pause)
			h.Hear(at, time.Time{})
			longest = max(longest, pause)
		}
		if len(h.Days) > 28 {
			t.Fatalf("%d days", len(h.Days))
		}
		if h.Usual() > longest+time.Hour*300 {
			t.Fatalf("usual pause %v, longest %v", h.Usual(), longest)
		}
		text, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		var back tocsin.Habit
		if err := json.Unmarshal(text, &back); err != nil || back.Usual() != h.Usual() {
			t.Fatalf("%v: %v, want %v", err, back.Usual(), h.Usual())
		}
	})
}
