package notify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"tocsin"
)

// sortedEvery is how often notices are compared with the receivers that there are, beside each change of them.
const sortedEvery = time.Hour

// removed is why a notice is not delivered.
const removed = "its receiver was removed from the file of routes"

// Sort ends the notices of receivers that the configuration has no more, and lets those of receivers that it has again
// wait once more: until they are pruned, nothing of them is lost.
func (d *Courier) Sort(ctx context.Context) error {
	p := d.going.Load()
	if err := d.end(ctx, p); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(p.lines)) {
		if err := d.revive(ctx, name); err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
	}
	return nil
}

// end goes through all that waits, the latest first. A notice that ends is due now, in the order in which it was.
func (d *Courier) end(ctx context.Context, p *plan) error {
	now, ended := d.Now(), 0
	q := tocsin.NoticeQuery{State: tocsin.NoticeWaiting, Newest: true, Limit: atMost}
	for {
		page, err := d.Outbox.Notices(ctx, q)
		if err != nil {
			return err
		}
		for _, n := range page {
			if p.lines[n.Receiver] != nil {
				continue
			}
			n.State, n.Due, n.Held = tocsin.NoticeUndelivered, now.Add(-time.Duration(ended)*time.Microsecond), ""
			n.Reason = plain(removed+also(n.Reason), 500)
			if err := d.change(ctx, n); err != nil {
				return err
			}
			d.metrics.notices.WithLabelValues(n.Receiver, "undelivered").Inc()
			ended++
		}
		if len(page) < atMost {
			break
		}
		q.Until = page[len(page)-1].Due.Add(-1)
	}
	if ended > 0 {
		d.log.WarnContext(ctx, "notices ended undelivered, as their receivers were removed", "notices", ended)
	}
	return nil
}

// also is the last error of a notice, behind another reason.
func also(reason string) string {
	if reason == "" {
		return ""
	}
	return "; before: " + reason
}

// revive lets the undelivered notices of a receiver wait again, in their order.
func (d *Courier) revive(ctx context.Context, receiver string) error {
	for last := ""; ; {
		page, err := d.Outbox.Notices(ctx, tocsin.NoticeQuery{Receiver: receiver, State: tocsin.NoticeUndelivered, Limit: atMost})
		if err != nil || len(page) == 0 || page[0].ID == last { // a listing may still show what was changed
			return err
		}
		for _, n := range page {
			n.State, n.Reason, n.Attempts = tocsin.NoticeWaiting, "", 0
			if err := d.change(ctx, n); err != nil {
				return err
			}
			d.metrics.notices.WithLabelValues(receiver, "revived").Inc()
		}
		last = page[0].ID
	}
}

// atMost is how many notices one question asks for.
const atMost = 500

// goneLines are the receivers that are there no more, with how many notices they did not get.
func (d *Courier) goneLines(ctx context.Context, lines map[string]*wire) ([]Line, error) {
	page, err := d.Outbox.Notices(ctx, tocsin.NoticeQuery{State: tocsin.NoticeUndelivered, Newest: true, Limit: atMost})
	if err != nil {
		return nil, err
	}
	count := map[string]int{}
	for _, n := range page {
		if lines[n.Receiver] == nil {
			count[n.Receiver]++
		}
	}
	var all []Line
	for _, name := range slices.Sorted(maps.Keys(count)) {
		all = append(all, Line{Receiver: name, Removed: true, Undelivered: count[name]})
	}
	return all, nil
}
