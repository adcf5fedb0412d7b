package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin"
)

// feedPoked turns the new entries of the incidents that were named into notices. An incident stays named for a while, as
// the entry may be written by a transaction that is not over yet.
func (d *Courier) feedPoked(ctx context.Context) error {
	d.mu.Lock()
	poked := d.poked
	d.poked = map[string]time.Time{}
	d.mu.Unlock()
	var ids []string
	for id := range poked {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	if err := d.know(ctx, ids); err != nil {
		d.again(poked, ids)
		return err
	}
	for n, id := range ids {
		wrote, err := d.tell(ctx, id)
		if err != nil {
			d.again(poked, ids[n:])
			return err
		}
		if !wrote && d.Now().Sub(poked[id]) < 10*time.Second {
			d.again(poked, ids[n:n+1])
		}
	}
	return nil
}

// again keeps incidents named.
func (d *Courier) again(poked map[string]time.Time, ids []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		if _, ok := d.poked[id]; !ok {
			d.poked[id] = poked[id]
		}
	}
}

// Feed looks at all incidents on which work goes on, and with ended at those that ended not long ago, and turns their new
// log entries into notices. What is in the log becomes a notice, whoever wrote it and whatever was killed meanwhile.
func (d *Courier) Feed(ctx context.Context, ended bool) error {
	if err := d.beginning(ctx); err != nil {
		return err
	}
	open := []tocsin.Status{tocsin.Resolved}
	for _, s := range tocsin.Stages() {
		if s.IsOpen() {
			open = append(open, s)
		}
	}
	if err := d.look(ctx, tocsin.Query{Status: open, Limit: 500}, time.Time{}); err != nil {
		return err
	}
	over := tocsin.Query{Status: []tocsin.Status{tocsin.ClosedIncident, tocsin.Rejected, tocsin.MergedIncident}, Sort: "updated", Limit: 50}
	since := d.Now().Add(-48 * time.Hour)
	if ended {
		over.Limit, since = 500, d.Now().Add(-30*24*time.Hour)
	}
	return d.look(ctx, over, since)
}

// look tells of the incidents of a query that have entries which are not told; those older than since end it.
func (d *Courier) look(ctx context.Context, q tocsin.Query, since time.Time) error {
	for {
		page, err := d.Register.Incidents(ctx, q)
		if err != nil {
			return fmt.Errorf("incidents: %w", err)
		}
		var ids []string
		for _, i := range page.Items {
			ids = append(ids, i.ID)
		}
		if err := d.know(ctx, ids); err != nil {
			return err
		}
		for _, i := range page.Items {
			if d.told[i.ID] >= i.Revision {
				continue
			}
			if _, err := d.tell(ctx, i.ID); err != nil {
				return err
			}
		}
		if n := len(page.Items); page.Cursor == "" || !since.IsZero() && (n == 0 || page.Items[n-1].StatusSince.Before(since)) {
			return nil
		}
		q.Cursor = page.Cursor
	}
}

// know reads how far the logs of incidents are told, where the courier does not know it.
func (d *Courier) know(ctx context.Context, ids []string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, ok := d.told[id]; return ok })
	if len(ids) == 0 {
		return nil
	}
	told, err := d.Outbox.Told(ctx, ids)
	if err != nil {
		return fmt.Errorf("told: %w", err)
	}
	for _, id := range ids {
		d.told[id] = told[id]
	}
	return nil
}

// begins names the document that says when notices began: entries recorded before are not told, so that a register that
// is there when routes are made tells nobody of its past.
const begins = "begin"

func (d *Courier) beginning(ctx context.Context) error {
	if !d.begin.IsZero() {
		return nil
	}
	told, err := d.Outbox.Told(ctx, []string{begins})
	if err != nil {
		return fmt.Errorf("told: %w", err)
	}
	at, ok := told[begins]
	if !ok {
		at = d.made.UnixNano() // not now: what is written while the daemon starts is told
		if err := d.Outbox.PutTold(ctx, begins, at); err != nil {
			return fmt.Errorf("told: %w", err)
		}
	}
	d.begin = time.Unix(0, at)
	return nil
}

// before is how many earlier entries are read, to see what was told a moment ago.
const before = 50

// tell makes the notices of an incident's new entries, and notes how far it came: the notices first, under derived ids,
// so that a kill between the two repeats them into the same ones.
func (d *Courier) tell(ctx context.Context, id string) (wrote bool, err error) {
	if err := d.beginning(ctx); err != nil {
		return false, err
	}
	from := d.told[id] + 1
	entries, err := d.Register.Entries(ctx, id, from)
	if err == nil && len(entries) > 0 && from > 1 {
		entries, err = d.Register.Entries(ctx, id, max(1, from-before))
	}
	if err != nil {
		return false, fmt.Errorf("log of incident %s: %w", id, err)
	}
	if len(entries) == 0 {
		return false, nil
	}
	i, err := d.Register.Incident(ctx, id)
	if errors.Is(err, tocsin.ErrNotFound) {
		return false, nil // its projection comes
	}
	if err != nil {
		return false, fmt.Errorf("incident %s: %w", id, err)
	}
	now := d.Now()
	for n := range entries {
		if e := &entries[n]; e.Seq >= from && !e.Recorded.Before(d.begin) && !(i.Backfill && e.By.Kind != "person" && e.By.Kind != "token") {
			due := d.behind(now.Add(time.Duration(n-len(entries)) * time.Microsecond))
			if err := d.entry(ctx, &i, e, entries[:n], due); err != nil {
				return false, err
			}
		}
	}
	last := entries[len(entries)-1].Seq
	if err := d.Outbox.PutTold(ctx, id, last); err != nil {
		return false, fmt.Errorf("told: %w", err)
	}
	d.told[id] = last
	return true, nil
}

// behind is when the notice that is made next is due: at a time, or behind the one before, so that they wait in the order in
// which they were made. Where the clock was set back by more than a moment, that is not waited for.
func (d *Courier) behind(at time.Time) time.Time {
	if next := d.last.Add(1); next.After(at) && next.Sub(at) < time.Second {
		at = next
	}
	d.last = at
	return at
}

// entry makes the notices of one entry: one for each receiver, by the first route that leads to it.
func (d *Courier) entry(ctx context.Context, i *tocsin.Incident, e *tocsin.LogEntry, earlier []tocsin.LogEntry, now time.Time) error {
	tell, done := told(e), map[string]bool{}
	for _, r := range d.going.Load().config.Routes {
		if !r.Matches(i, e, tell) {
			continue
		}
		for _, receiver := range r.To {
			if done[receiver] {
				continue
			}
			done[receiver] = true
			n := tocsin.Notice{
				ID: tocsin.NoticeID(i.ID, e.Seq, receiver, 0), Tenant: i.Tenant, Receiver: receiver, Route: r.Name, Incident: i.ID, Number: i.Number,
				Seq: e.Seq, Action: e.Action, State: tocsin.NoticeWaiting, Created: now, Due: now, Version: 1,
			}
			if again(e, earlier, r.Dedup) {
				n.State, n.Reason = tocsin.NoticeDropped, "duplicate"
			}
			if err := d.create(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// again reports whether the same was done, to the same end, a moment ago.
func again(e *tocsin.LogEntry, earlier []tocsin.LogEntry, within time.Duration) bool {
	return within > 0 && slices.ContainsFunc(earlier, func(was tocsin.LogEntry) bool {
		return was.Action == e.Action && was.To == e.To && e.Recorded.Sub(was.Recorded) < within && (grows(e.Action) || saysTheSame(&was, e))
	})
}

// grows reports whether an action is one of those that events bring about over and over, each with other counts.
func grows(a tocsin.Action) bool {
	return a == tocsin.ActAttach || a == tocsin.ActRevise || a == tocsin.ActLate || a == tocsin.ActRecur
}

// saysTheSame reports whether two entries are about the same: another clock, another team or another text is news.
func saysTheSame(was, e *tocsin.LogEntry) bool {
	return was.Text == e.Text && was.Reason == e.Reason && bytes.Equal(was.Data, e.Data)
}

// create stores a notice that may be there already.
func (d *Courier) create(ctx context.Context, n tocsin.Notice) error {
	switch err := d.Outbox.PutNotice(ctx, n); {
	case errors.Is(err, tocsin.ErrConflict):
		return nil
	case err != nil:
		return fmt.Errorf("notice %s: %w", n.ID, err)
	}
	d.metrics.notices.WithLabelValues(n.Receiver, "created").Inc()
	if n.State == tocsin.NoticeDropped {
		d.metrics.dropped.WithLabelValues(n.Reason).Inc()
	}
	return nil
}
