package tocsin

import (
	"slices"
	"time"
)

// The habit of a source is known by the pauses of its last weeks, once it was watched for a day.
const (
	habitDays  = 28             // four of each weekday
	habitAge   = 24 * time.Hour // a night among them, before a silence is told
	habitHeard = 100            // pauses, before a silence is told: the second-longest of few says little
	habitLeast = 5 * time.Minute
)

// A Habit is what is known of when a source is heard of: how long it is used to pause, and whether it is silent now. It is
// a value without a clock: the same hearings make the same habit.
type Habit struct {
	Source string     `json:"source"`
	First  time.Time  `json:"first"`          // when it was first heard of
	Last   time.Time  `json:"last,omitzero"`  // when it was last heard of
	Heard  int64      `json:"heard"`          // pauses that were measured
	Days   []HabitDay `json:"days,omitempty"` // the last 28 that it was heard on, oldest first
	// Silent is when it was found silent; zero while it is not.
	Silent time.Time `json:"silent,omitzero"`
	// Allowed is what was allowed of it when it was found silent.
	Allowed time.Duration `json:"allowed,omitempty"`
	Told    bool          `json:"told,omitempty"` // the alert of it is in the input
}

// A HabitDay is the two longest pauses that ended on one day.
type HabitDay struct {
	Day     int64         `json:"day"` // since 1970, in UTC
	Longest time.Duration `json:"longest"`
	Second  time.Duration `json:"second"`
}

// Hear takes note that the source was heard of, and reports whether it was silent before. A pause in which nobody
// listened, that is one that spans since, is nobody's habit.
func (h *Habit) Hear(at, since time.Time) (woke bool) {
	if h.First.IsZero() {
		h.First, h.Last = at, at
		return h.wake()
	}
	pause := at.Sub(h.Last)
	if pause <= 0 {
		return false
	}
	if !h.Last.Before(since) || at.Before(since) {
		h.pause(at, pause)
	}
	h.Last = at
	return h.wake()
}

func (h *Habit) wake() bool {
	woke := !h.Silent.IsZero()
	h.Silent, h.Allowed, h.Told = time.Time{}, 0, false
	return woke
}

func (h *Habit) pause(at time.Time, pause time.Duration) {
	const seconds = 24 * 60 * 60
	day := at.Unix() / seconds
	h.Heard++
	if n := len(h.Days); n == 0 || h.Days[n-1].Day < day {
		h.Days = append(h.Days, HabitDay{Day: day})
		h.Days = slices.DeleteFunc(h.Days, func(d HabitDay) bool { return d.Day <= day-habitDays })
	}
	switch d := &h.Days[len(h.Days)-1]; {
	case pause > d.Longest:
		d.Longest, d.Second = pause, d.Longest
	case pause > d.Second:
		d.Second = pause
	}
}

// Usual is the second-longest pause of the source's last 28 days: one outage does not make a habit. It is zero while too
// little is known.
func (h *Habit) Usual() time.Duration {
	if h.Heard < habitHeard || h.Last.Sub(h.First) < habitAge {
		return 0
	}
	var longest, second time.Duration
	for _, d := range h.Days {
		second = max(second, min(longest, d.Longest), d.Second)
		longest = max(longest, d.Longest)
	}
	return second
}

// Judge reports whether the source has become silent: it was not heard of for longer than limit or, where that is zero,
// for longer than half as long again as it is used to pause, but five minutes at least. Before since nobody listened.
func (h *Habit) Judge(now, since time.Time, limit time.Duration) bool {
	if !h.Silent.IsZero() {
		return false
	}
	if limit == 0 {
		usual := h.Usual()
		if usual == 0 {
			return false
		}
		limit = max(usual+usual/2, habitLeast)
	}
	heard := h.Last
	if heard.Before(since) {
		heard = since
	}
	if now.Sub(heard) <= limit {
		return false
	}
	h.Silent, h.Allowed = now, limit
	return true
}
