package integrity

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/register"
)

// WholeBacklogs tells all that was taken of the backlog; see package sinks.
type WholeBacklogs interface {
	HeldBacklogs(ctx context.Context, each func(b tocsin.Backlog, odd error) error) error
}

// A backlogCheck works out from the logs what waited when the backlog was taken.
type backlogCheck struct {
	taken  map[string]tocsin.Backlog
	times  []time.Time              // when it was taken, ascending
	counts []*register.BacklogCount // what waited then
	near   []int64                  // incidents that changed about then: whether they were counted as before or after is not known
}

// backlogs reads what was taken.
func (v *verification) backlogs(ctx context.Context) error {
	c := &v.backlog
	c.taken = map[string]tocsin.Backlog{}
	err := v.store.HeldBacklogs(ctx, func(b tocsin.Backlog, odd error) error {
		if odd != nil {
			v.fault("%w", odd)
			return nil
		}
		c.taken[b.ID()] = b
		c.times = append(c.times, b.At)
		return nil
	})
	if err != nil {
		return fmt.Errorf("backlog: %w", err)
	}
	slices.SortFunc(c.times, time.Time.Compare)
	c.times = slices.CompactFunc(c.times, time.Time.Equal)
	c.near = make([]int64, len(c.times))
	for _, at := range c.times {
		c.counts = append(c.counts, register.NewBacklogCount(at))
	}
	return nil
}

// A wait is an incident as it was when a backlog was taken.
type wait struct {
	time     int // of the check's
	incident tocsin.Incident
	near     bool
}

// waits are those of an incident's log, which was checked.
func (c *backlogCheck) waits(entries []tocsin.LogEntry) (all []wait) {
	first := entries[0].Recorded.Add(-allowance)
	from, _ := slices.BinarySearchFunc(c.times, first, time.Time.Compare)
	var was tocsin.Incident
	known := 0
	for k := from; k < len(c.times); k++ {
		n, near := asOf(entries, c.times[k])
		if n > known {
			var err error
			if was, err = register.Project(entries[:n]); err != nil {
				return all // it has been projected
			}
			known = n
		}
		waiting := n > 0 && slices.Contains(tocsin.WorkStages(), was.Status)
		if waiting || near {
			all = append(all, wait{k, was, near})
		} else if n == len(entries) {
			return all // it does not wait any more
		}
	}
	return all
}

// asOf is how many entries there were at a moment, and whether one was written about then.
func asOf(entries []tocsin.LogEntry, at time.Time) (n int, near bool) {
	for n < len(entries) && !entries[n].Recorded.After(at) {
		n++
	}
	if n > 0 && entries[n-1].Recorded.After(at.Add(-allowance)) {
		near = true
	}
	return n, near || n < len(entries) && entries[n].Recorded.Before(at.Add(allowance))
}

// add counts what waited.
func (c *backlogCheck) add(all []wait) {
	for n := range all {
		if w := &all[n]; w.near {
			c.near[w.time]++
		} else {
			c.counts[w.time].Add(&w.incident)
		}
	}
}

// compare holds what was taken against what the logs tell.
func (c *backlogCheck) compare(v *verification) {
	switch {
	case len(c.times) == 0:
		return
	case len(v.sum.Faults) > 0:
		v.sum.uncovered("the daily backlog: not all logs are intact that it would be worked out from")
		return
	}
	between := 0
	follows := map[string]tocsin.Backlog{}
	for k, count := range c.counts {
		for _, b := range count.All() {
			if _, there := c.taken[b.ID()]; !there && c.near[k] == 0 {
				v.fault("backlog of %s%s: %s waited, and it is gone", b.Day, whose(&b), tocsin.Counted(b.Open, "incident"))
			}
			if there, ok := c.taken[b.ID()]; ok && there.At.Equal(b.At) {
				follows[b.ID()] = b
			}
		}
	}
	for id, b := range c.taken {
		k, _ := slices.BinarySearchFunc(c.times, b.At, time.Time.Compare)
		want, near := follows[id], c.near[k]
		want.Day, want.At, want.Tenant, want.Priority = b.At.UTC().Format(time.DateOnly), b.At, b.Tenant, b.Priority
		if near > 0 && b.Open >= want.Open && b.Open <= want.Open+near && b.Late <= want.Late+near && b.Day == want.Day {
			between++
		} else if b != want {
			v.fault("backlog of %s%s: it says %s, and the logs tell %s", b.Day, whose(&b), said(&b), said(&want))
		}
	}
	if right := len(c.taken) - between; right > 0 {
		v.sum.Notes = append(v.sum.Notes, figures(right))
	}
	if between > 0 {
		v.sum.uncovered("%s of the daily backlog exactly: incidents changed within a minute of its taking; how many waited was held against what that leaves open", tocsin.Counted(between, "figure"))
	}
	if gaps := c.gaps(); len(gaps) > 0 {
		v.sum.uncovered("%s of which no backlog is there: no daemon ran, or it was removed: %s", tocsin.Counted(len(gaps), "day"), few(gaps))
	}
	v.sum.uncovered("days before the first of the backlog and behind the last: whether there were any does not show")
}

// figures tells of figures that are right.
func figures(n int) string {
	if n == 1 {
		return "1 figure of the daily backlog is what the logs tell"
	}
	return tocsin.Counted(n, "figure") + " of the daily backlog are what the logs tell"
}

// gaps are the days between the first and the last on which it was taken that have none.
func (c *backlogCheck) gaps() (days []string) {
	taken := map[string]bool{}
	for _, b := range c.taken {
		taken[b.Day] = true
	}
	all := slices.Sorted(maps.Keys(taken))
	for n := 1; n < len(all); n++ {
		from, errFrom := time.Parse(time.DateOnly, all[n-1])
		to, errTo := time.Parse(time.DateOnly, all[n])
		if errFrom != nil || errTo != nil {
			continue // it is a fault, which is told
		}
		for day := from.AddDate(0, 0, 1); day.Before(to); day = day.AddDate(0, 0, 1) {
			days = append(days, day.Format(time.DateOnly))
		}
	}
	return days
}

// few are the first of some names.
func few(names []string) string {
	const most = 10
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

func whose(b *tocsin.Backlog) (text string) {
	if b.Tenant != "" {
		text = ", tenant " + b.Tenant
	}
	if b.Priority != "" {
		text += ", priority " + b.Priority
	}
	return text
}

func said(b *tocsin.Backlog) string {
	return fmt.Sprintf("%d open, %d late, half for %d s, nine of ten for %d s, all for %d s at most", b.Open, b.Late, b.P50, b.P90, b.Oldest)
}
