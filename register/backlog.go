package register

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"tocsin"
)

// Waiting is what the daily backlog is taken of, and kept in: every store of package sinks.
type Waiting interface {
	Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error)
	PutBacklog(ctx context.Context, all []tocsin.Backlog) error
	Backlogs(ctx context.Context, tenant, from, to string) ([]tocsin.Backlog, error)
}

// A Backlogger takes the backlog once a day (UTC). Several may do so over one store, and one anew after a restart: the first
// of a day stands, with all tenants and priorities of its moment and no others. The day that has passed is never taken: what waited then cannot be told from what is known now.
type Backlogger struct {
	Store Waiting

	mu   sync.Mutex
	last string // day that was taken
}

// Take takes the backlog of the day, unless that was done.
func (b *Backlogger) Take(ctx context.Context, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	day := now.UTC().Format(time.DateOnly)
	if b.last == day {
		return nil
	}
	if taken, err := b.taken(ctx, now); err != nil || taken {
		return err
	}
	q := tocsin.Query{Limit: 500, Status: tocsin.WorkStages()}
	count := NewBacklogCount(now)
	for {
		page, err := b.Store.Incidents(ctx, q)
		if err != nil {
			return fmt.Errorf("backlog: %w", err)
		}
		for n := range page.Items {
			count.Add(&page.Items[n])
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			break
		}
	}
	if err := b.Store.PutBacklog(ctx, count.All()); err != nil {
		return fmt.Errorf("backlog: %w", err)
	}
	b.last = day
	return nil
}

// taken reports whether the backlog of all tenants and priorities together is there, which is written last.
func (b *Backlogger) taken(ctx context.Context, now time.Time) (bool, error) {
	day := now.UTC()
	there, err := b.Store.Backlogs(ctx, "", day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly))
	if err != nil {
		return false, fmt.Errorf("backlog: %w", err)
	}
	done := slices.ContainsFunc(there, func(t tocsin.Backlog) bool { return t.Priority == "" })
	if done {
		b.last = day.Format(time.DateOnly)
	}
	return done, nil
}

// A BacklogCount adds up what waits at one moment.
type BacklogCount struct {
	at    time.Time
	count backlogCount
}

// NewBacklogCount begins to count at a moment.
func NewBacklogCount(at time.Time) *BacklogCount {
	return &BacklogCount{at, backlogCount{{}: nil}}
}

// Add counts an incident as it was at that moment, if it waits.
func (b *BacklogCount) Add(i *tocsin.Incident) {
	if slices.Contains(tocsin.WorkStages(), i.Status) {
		b.count.add(i, b.at)
	}
}

// All is the backlog of the moment's day: of all tenants and of each, for all priorities and for each that waits.
func (b *BacklogCount) All() []tocsin.Backlog {
	return b.count.all(b.at.UTC().Format(time.DateOnly), b.at)
}

// A waiting is one incident of the backlog.
type waiting struct {
	age  int64
	late bool
}

// A backlogCount is what waits, by tenant and priority; "" is all.
type backlogCount map[[2]string][]waiting

// add counts an incident for its tenant and priority, each and both together. One of old records alone is none.
func (c backlogCount) add(i *tocsin.Incident, now time.Time) {
	declared, ok := i.Timeline["declared"]
	if !ok || i.Backfill || i.CountedAs() != tocsin.CountedIncident {
		return
	}
	w := waiting{age: seconds(declared, now)}
	words := i.Measure().Words
	for _, t := range tocsin.TargetNames() {
		w.late = w.late || words["target_"+t] == "late"
	}
	for _, tenant := range []string{"", i.Tenant} {
		for _, priority := range []string{"", i.Priority} {
			key := [2]string{tenant, priority}
			c[key] = append(c[key], w)
		}
	}
}

func (c backlogCount) all(day string, now time.Time) []tocsin.Backlog {
	var all []tocsin.Backlog
	keys := slices.SortedFunc(maps.Keys(c), func(a, b [2]string) int { return slices.Compare(b[:], a[:]) }) // that of all is the last
	for _, key := range keys {
		waits := c[key]
		b := tocsin.Backlog{Day: day, At: now.UTC(), Tenant: key[0], Priority: key[1], Open: int64(len(waits))}
		var ages []int64
		for _, w := range waits {
			ages = append(ages, w.age)
			if w.late {
				b.Late++
			}
		}
		slices.Sort(ages)
		b.P50, b.P90, b.Oldest = tocsin.NearestRank(ages, 50), tocsin.NearestRank(ages, 90), tocsin.NearestRank(ages, 100)
		all = append(all, b)
	}
	return all
}
