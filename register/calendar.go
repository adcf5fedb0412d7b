package register

import (
	"slices"
	"time"
)

// A Calendar says which hours count towards a target. The zero value is Monday to Friday, 08:00 to 18:00 UTC.
type Calendar struct {
	Days     []time.Weekday // working days; empty: Monday to Friday
	From, To time.Duration  // of the day, since midnight on the wall; both zero: 8h and 18h
	Location *time.Location // nil: UTC
	// Holiday reports days on which nobody works, whatever day of the week they are; nil: none.
	Holiday func(year int, month time.Month, day int) bool
	// Always makes every hour count: the other members say nothing then.
	Always bool
}

// maxDays bounds how far ahead a calendar is followed: ten years of holidays are no calendar.
const maxDays = 3660

// Due is the moment at which d of working time has passed since start. A d of zero or less is due at start.
func (c Calendar) Due(start time.Time, d time.Duration) time.Time {
	if c.Always || d <= 0 {
		return start.Add(max(d, 0)).UTC()
	}
	c = c.filled()
	for n := range maxDays {
		open, shut, works := c.hours(start, n)
		if !works || !start.Before(shut) {
			continue
		}
		open = later(start, open)
		if left := shut.Sub(open); d <= left {
			return open.Add(d).UTC()
		} else {
			d -= left
		}
	}
	return start.Add(maxDays * 24 * time.Hour).UTC()
}

// Between is how much working time lies between two moments; none where the second is not after the first.
func (c Calendar) Between(from, to time.Time) time.Duration {
	if !to.After(from) {
		return 0
	}
	if c.Always {
		return to.Sub(from)
	}
	c = c.filled()
	var sum time.Duration
	for n := range maxDays {
		open, shut, works := c.hours(from, n)
		if !open.Before(to) {
			break
		}
		if !works || !shut.After(from) {
			continue
		}
		open = later(from, open)
		if shut.After(to) {
			shut = to
		}
		sum += max(shut.Sub(open), 0)
	}
	return sum
}

// hours are the times at which work begins and ends on the n-th day after that of start: of the clock on the wall,
// whatever summer time does to the night between. Days are counted by their dates, as not every midnight exists.
func (c Calendar) hours(start time.Time, n int) (open, shut time.Time, works bool) {
	y, m, d := start.In(c.Location).Date()
	y, m, d = time.Date(y, m, d+n, 12, 0, 0, 0, time.UTC).Date()
	at := func(t time.Duration) time.Time {
		return time.Date(y, m, d, int(t/time.Hour), int(t%time.Hour/time.Minute), 0, 0, c.Location)
	}
	weekday := time.Date(y, m, d, 12, 0, 0, 0, time.UTC).Weekday()
	works = slices.Contains(c.Days, weekday) && (c.Holiday == nil || !c.Holiday(y, m, d))
	return at(c.From), at(c.To), works
}

// filled replaces what is not given, and hours that would never end, by the default.
func (c Calendar) filled() Calendar {
	if len(c.Days) == 0 {
		c.Days = []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	}
	if c.From < 0 || c.To > 24*time.Hour || c.To-c.From < time.Minute {
		c.From, c.To = 8*time.Hour, 18*time.Hour
	}
	if c.Location == nil {
		c.Location = time.UTC
	}
	return c
}

// calendar is the one of a name; `24x7`, and any that is not known, is every hour of every day.
func (r *Register) calendar(name string) Calendar {
	if c, ok := r.opts.Calendars[name]; ok && name != "24x7" {
		return c
	}
	return Calendar{Always: name != "business"}
}
