package register

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
)

// timers is the actor of what time alone brought about.
var timers = tocsin.Actor{Kind: "system", ID: "timers"}

// Timers records, for each open incident, the targets that were due by now and are undecided: open and late, counted
// now and not at closure. The entry takes effect at the due time, and its command id comes from the target, so that
// several daemons may call it. It returns how many it recorded.
func (r *Register) Timers(ctx context.Context, now time.Time) (int, error) {
	q := tocsin.Query{Limit: 500}
	for _, s := range tocsin.Stages() {
		if s.IsOpen() {
			q.Status = append(q.Status, s)
		}
	}
	late := 0
	for {
		page, err := r.store.Incidents(ctx, q)
		if err != nil {
			return late, fmt.Errorf("open incidents: %w", err)
		}
		for _, i := range page.Items {
			n, err := r.pass(ctx, i, now)
			late += n
			if err != nil {
				return late, err
			}
		}
		if page.Cursor == "" {
			return late, nil
		}
		q.Cursor = page.Cursor
	}
}

// pass records what is late of one incident, in the order in which it became so.
func (r *Register) pass(ctx context.Context, i tocsin.Incident, now time.Time) (int, error) {
	names := slices.SortedFunc(maps.Keys(i.Targets), func(a, b string) int {
		if c := i.Targets[a].Due.Compare(i.Targets[b].Due); c != 0 {
			return c
		}
		return slices.Compare([]byte(a), []byte(b))
	})
	late := 0
	for _, name := range names {
		t := i.Targets[name]
		if t.Met != nil || !now.After(t.Due) {
			continue
		}
		command := fmt.Sprintf("timer:%s:%d", name, t.Due.UnixNano())
		_, done, err := r.write(ctx, i.ID, command, func(v view) (*tocsin.LogEntry, error) {
			is, ok := v.incident.Targets[name]
			if !ok || is.Met != nil || !is.Due.Equal(t.Due) || !v.incident.Status.IsOpen() {
				return nil, nil
			}
			data, err := pack(passed{Target: name, Due: t.Due})
			return &tocsin.LogEntry{
				Tenant: v.incident.Tenant, Action: tocsin.ActTimer, By: timers, Effective: t.Due, Data: data,
				Text: "due and not done: " + name,
			}, err
		})
		if err != nil {
			return late, err
		}
		if done {
			late++
		}
	}
	return late, nil
}
