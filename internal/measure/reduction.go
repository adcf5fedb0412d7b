package measure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tocsin"
)

// reduction puts beside the incidents of each month how many events and alerts there were. What no incident has a word of
// cannot be told by words.
func (t *Trend) reduction(ctx context.Context, s Store, q tocsin.TallyQuery) error {
	t.Interval, t.Cohort, t.Zone = "month", "declared", "UTC"
	for name, words := range t.Where {
		if name != "counted_as" && len(words) > 0 {
			return fmt.Errorf("reduction is of all alerts, not of those by %s: %w", name, tocsin.ErrQuery)
		}
	}
	if t.By != "" {
		return fmt.Errorf("reduction is told of all together, not by %s: %w", t.By, tocsin.ErrQuery)
	}
	t.From, t.To = monthOf(t.From), monthOf(t.To.Add(-time.Second)).AddDate(0, 1, 0) // whole months
	q.From, q.To, q.Interval, q.Zone, q.Cohort, q.By = t.From, t.To, t.Interval, time.UTC, t.Cohort, nil
	spans, err := q.Spans()
	if err != nil {
		return err
	}
	volumes, err := s.Volumes(ctx, q.Tenant, t.From.Format(volumeMonth), t.To.Format(volumeMonth))
	if err != nil {
		return err
	}
	found, err := s.Tallies(ctx, q)
	if err != nil {
		return err
	}
	whole := reduced(t.From, 0, 0, 0)
	for _, span := range spans {
		v := tocsin.Volume{}
		if n := slices.IndexFunc(volumes, func(v tocsin.Volume) bool { return v.Month == span.At.Format(volumeMonth) }); n >= 0 {
			v = volumes[n]
		}
		incidents := int64(0)
		for _, one := range found {
			if one.At.Equal(span.At) {
				incidents += one.N
			}
		}
		t.All.Points = append(t.All.Points, reduced(span.At, v.Alerts, v.Events, incidents))
		whole = reduced(t.From, whole.Counts["alerts"]+v.Alerts, whole.Counts["events"]+v.Events, whole.Counts["incidents"]+incidents)
	}
	t.All.Whole = whole
	return nil
}

// volumeMonth is how [tocsin.Volume] names a month.
const volumeMonth = "2006.01"

func monthOf(at time.Time) time.Time {
	y, m, _ := at.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

// reduced is the point of a month. Events that people reported have no alert, so the parts may be above 1.
func reduced(at time.Time, alerts, events, incidents int64) Point {
	p := Point{At: at, N: alerts, Counts: map[string]int64{"alerts": alerts, "events": events, "incidents": incidents}}
	if alerts > 0 {
		p.Shares = map[string]float64{"events": float64(events) / float64(alerts), "incidents": float64(incidents) / float64(alerts)}
	}
	return p
}
