package notify

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Window is a time in which nothing is sent: once, or on certain days. What it holds is sent behind it, one by one or
// as one summary.
type Window struct {
	Name       string
	From, To   time.Time     // once
	Begin, End time.Duration // each day, since midnight on the wall; an end before the beginning is on the next day
	Days       []string      // on which it begins; empty: all
	Zone       *time.Location
	Routes     []string // empty: all
	Except     []string // priorities that it does not hold
	Then       string   // send or summary
}

// holds reports until when the window holds a notice of a route and a priority, if it does at that time.
func (w Window) holds(route, priority string, now time.Time) (time.Time, bool) {
	if len(w.Routes) > 0 && !slices.Contains(w.Routes, route) || slices.Contains(w.Except, priority) {
		return time.Time{}, false
	}
	if !w.From.IsZero() {
		return w.To, !now.Before(w.From) && now.Before(w.To)
	}
	y, m, d := now.In(w.Zone).Date()
	for _, day := range []int{d - 1, d} { // one that began yesterday may go on
		at := func(since time.Duration, days int) time.Time {
			return time.Date(y, m, day+days, int(since/time.Hour), int(since%time.Hour/time.Minute), 0, 0, w.Zone)
		}
		begin, end := at(w.Begin, 0), at(w.End, 0)
		if w.End <= w.Begin {
			end = at(w.End, 1)
		}
		weekday := weekdays()[(int(time.Date(y, m, day, 12, 0, 0, 0, time.UTC).Weekday())+6)%7]
		if (len(w.Days) == 0 || slices.Contains(w.Days, weekday)) && !now.Before(begin) && now.Before(end) {
			return end, true
		}
	}
	return time.Time{}, false
}

func weekdays() []string { return []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

var hoursForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$`)

// dayHours reads 22:00-06:00.
func dayHours(text string) (begin, end time.Duration, err error) {
	if !hoursForm.MatchString(text) {
		return 0, 0, errors.New("they are from and to on a 24-hour clock")
	}
	since := func(text string) time.Duration {
		h, m, _ := strings.Cut(text, ":")
		hours, _ := strconv.Atoi(h)
		minutes, _ := strconv.Atoi(m)
		return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	}
	from, to, _ := strings.Cut(text, "-")
	return since(from), since(to), nil
}
