package register

import (
	"slices"
	"time"
)

// A Calendar says which hours count towards a target. The zero value is Monday to Friday, 08:00 to 18:00 UTC.
type Calendar struct {
	Days     []time.Weekday // working days; empty: Monday to Friday
	From, To time.Duration  // of the day, since midnight; both zero: 8h and 18h
	Location *time.Location // nil: UTC
}

// Due is the moment at which d of working time has passed since start. A d of zero or less is due at start.
func (c Calendar) Due(start time.Time, d time.Duration) time.Time {
	c = c.filled()
	day := start.In(c.Location)
	for d > 0 {
		open, shut := c.hours(day)
		if c.works(day) && day.Before(shut) {
			day = later(day, open)
			if left := shut.Sub(day); d <= left {
				return day.Add(d).UTC()
			} else {
				d -= left
			}
		}
		y, m, n := day.Date()
		day = time.Date(y, m, n+1, 0, 0, 0, 0, c.Location)
	}
	return start.UTC()
}

func (c Calendar) works(day time.Time) bool { return slices.Contains(c.Days, day.Weekday()) }

// hours are the times at which the day's work begins and ends: of the clock on the wall, whatever summer time does.
func (c Calendar) hours(day time.Time) (open, shut time.Time) {
	y, m, n := day.Date()
	at := func(d time.Duration) time.Time {
		return time.Date(y, m, n, int(d/time.Hour), int(d%time.Hour/time.Minute), 0, 0, c.Location)
	}
	return at(c.From), at(c.To)
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
