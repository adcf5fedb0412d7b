package measure

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
)

// beside is how far behind and before the asked time it is looked for days on which the backlog was taken: a day between
// two of these on which it was not is missing.
const beside = 31

// backlog reads what was taken day by day. A day on which nothing was taken has no point and is told as missing.
func (t *Trend) backlog(ctx context.Context, s Store, tenant string) error {
	t.Interval, t.Cohort, t.Zone = "day", "", "UTC"
	for name := range t.Where {
		if name != "counted_as" && name != "priority" {
			return fmt.Errorf("backlog was taken by priority alone, not by %s: %w", name, tocsin.ErrQuery)
		}
	}
	from, to := t.From.UTC(), t.To.UTC()
	if to.Hour()+to.Minute()+to.Second() > 0 { // the day that has begun is of it
		to = to.AddDate(0, 0, 1)
	}
	first, end := from.Format(time.DateOnly), to.Format(time.DateOnly)
	around, err := s.Backlogs(ctx, "", from.AddDate(0, 0, -beside).Format(time.DateOnly), to.AddDate(0, 0, beside).Format(time.DateOnly))
	if err != nil {
		return err
	}
	if t.Missing, err = missing(around, first, end); err != nil {
		return err
	}
	days := slices.DeleteFunc(around, func(b tocsin.Backlog) bool { return b.Day < first || b.Day >= end })
	taken := days
	if tenant != "" { // a day on which nothing of the tenant waited has no document of it
		if taken, err = s.Backlogs(ctx, tenant, first, end); err != nil {
			return err
		}
	}
	taken = withZeros(taken, days, tenant)
	by, err := backlogPoints(taken)
	if err != nil {
		return err
	}
	t.All = backlogSeries("", by[""])
	delete(by, "")
	if t.By != "" {
		for _, key := range sortedKeys(by) {
			if only := t.Where["priority"]; len(only) == 0 || slices.Contains(only, key) {
				t.Series = append(t.Series, backlogSeries(key, by[key]))
			}
		}
	}
	return nil
}

// backlogPoints are the points of each priority, "" for all.
func backlogPoints(taken []tocsin.Backlog) (map[string][]Point, error) {
	by := map[string][]Point{}
	for _, b := range taken {
		at, err := time.Parse(time.DateOnly, b.Day)
		if err != nil {
			return nil, fmt.Errorf("backlog of day %.20q: %w", b.Day, err)
		}
		p := Point{At: at, N: b.Open, Counts: map[string]int64{"late": b.Late, "oldest_s": b.Oldest}}
		if b.Open > 0 {
			p.P50, p.P90 = &b.P50, &b.P90
		}
		by[b.Priority] = append(by[b.Priority], p)
	}
	return by, nil
}

// missing are the days from first on and before end of which there is nothing, between two of which there is something.
func missing(taken []tocsin.Backlog, first, end string) (days []time.Time, err error) {
	var last time.Time
	for _, b := range taken { // ordered by day
		at, err := time.Parse(time.DateOnly, b.Day)
		if err != nil {
			return nil, fmt.Errorf("backlog of day %.20q: %w", b.Day, err)
		}
		for day := last.AddDate(0, 0, 1); !last.IsZero() && day.Before(at); day = day.AddDate(0, 0, 1) {
			if text := day.Format(time.DateOnly); text >= first && text < end {
				days = append(days, day)
			}
		}
		last = at
	}
	return days, nil
}

// backlogSeries has the newest point as the whole: what waited on different days cannot be added up.
func backlogSeries(key string, points []Point) Series {
	s := Series{Key: key, Points: points}
	if s.Points == nil {
		s.Points = []Point{}
	}
	if len(points) > 0 {
		s.Whole = points[len(points)-1]
	}
	return s
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// withZeros adds the days on which the backlog was taken and nothing of a priority waited.
func withZeros(taken, days []tocsin.Backlog, tenant string) []tocsin.Backlog {
	priorities, there := map[string]bool{"": true}, map[[2]string]bool{}
	for _, b := range taken {
		priorities[b.Priority], there[[2]string{b.Day, b.Priority}] = true, true
	}
	for _, d := range days {
		if d.Priority != "" {
			continue
		}
		for _, priority := range sortedKeys(priorities) {
			if !there[[2]string{d.Day, priority}] {
				taken = append(taken, tocsin.Backlog{Day: d.Day, At: d.At, Tenant: tenant, Priority: priority})
			}
		}
	}
	slices.SortStableFunc(taken, func(a, b tocsin.Backlog) int { return cmp.Compare(a.Day, b.Day) })
	return taken
}
