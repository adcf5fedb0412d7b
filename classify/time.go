package classify

import (
	"cmp"
	"maps"
	"slices"
	"time"
	_ "time/tzdata" // a calendar's zone is known wherever the daemon runs
)

// A Calendar says which hours count towards a target.
type Calendar struct {
	Name     string
	Zone     *time.Location
	Days     []time.Weekday
	From, To time.Duration // of the day, since midnight on the wall
	Holidays []Holiday
}

// A Holiday is a day on which nobody works: of one year, or of every year where Year is 0.
type Holiday struct {
	Year  int
	Month time.Month
	Day   int
}

// A Step of an escalation chain says who is told of a target that is not met, and when.
type Step struct {
	Offset     time.Duration // from the due time; negative: before it
	Tell       []string      // roles, teams or persons: words that the routes of notifications know
	Priorities []string      // empty: all
}

// Calendars are the scale's by their names. `24x7`, every hour of every day, is none of them; `business` always is one.
func (s *Scales) Calendars() map[string]Calendar {
	out := map[string]Calendar{"business": {
		Name: "business", Zone: time.UTC, Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: 8 * time.Hour, To: 18 * time.Hour,
	}}
	for name, c := range s.calendars {
		c.Days, c.Holidays = slices.Clone(c.Days), slices.Clone(c.Holidays)
		out[name] = c
	}
	return out
}

// HoldStops are the targets whose time does not run while an incident is on hold.
func (s *Scales) HoldStops() []string { return slices.Clone(s.stops) }

// Escalation is the chain of each target, and under `clock` that of regulatory clocks, the earliest step first.
func (s *Scales) Escalation() map[string][]Step {
	out := maps.Clone(s.escalation)
	for name, steps := range out {
		out[name] = slices.Clone(steps)
	}
	return out
}

// TargetNames are the targets that a chain may be for, `clock` standing for the regulatory ones.
func TargetNames() []string {
	return []string{"assess", "acknowledge", "contain", "resolve", "confirm", "clock"}
}

// stoppable are the targets that a hold may stop: what waits for somebody outside.
func stoppable() []string { return []string{"assess", "acknowledge", "contain", "resolve"} }

// weekdays are the words for the days, Monday first.
func weekdays() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

// weekday is the day of a word of [weekdays].
func weekday(word string) time.Weekday {
	return time.Weekday((slices.Index(weekdays(), word) + 1) % 7)
}

// inOrder sorts the steps of a chain by when they come.
func inOrder(steps []Step) {
	slices.SortStableFunc(steps, func(a, b Step) int { return cmp.Compare(a.Offset, b.Offset) })
}
