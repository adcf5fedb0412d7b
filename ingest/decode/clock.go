package decode

import (
	"slices"
	"time"

	"tocsin"
	"tocsin/ingest"
)

// ahead is how far before both its neighbours a record without a receive time must be to count as future (engine.md,
// ruling 2).
const ahead = 24 * time.Hour

// A Clock settles the times of alerts that came without a receive time, as those of a file do (engine.md, ruling 2).
// It is fed the alerts of one file in their order. The zero Clock is ready; it is for one goroutine.
type Clock struct {
	// Keep leaves a record that is ahead of its neighbours its own time, with the mark: where each record is looked at for
	// itself, the others of its file may be of other days and places.
	Keep bool

	greatest time.Time // of the times accepted so far
	last     time.Time // the last accepted time
	dated    time.Time // of the file's last record with a year
}

// Until tells the clock the time of the file's last record that has a year, where its reader has looked ahead: times
// without one are then reckoned from it, not from what came before them. It is called before the first Settle.
func (c *Clock) Until(last time.Time) {
	if !yearless(last) {
		c.dated = last
	}
}

// Settle gives a its final time. next is the time of the record that follows in the same file, as decoded; zero where
// there is none.
//
//   - More than 24 h ahead of both the greatest time accepted before and next, it is marked future and takes the last
//     accepted time. The first alert has next alone beside it, and takes that; the last one is accepted as it is.
//   - Without any time it takes the last accepted one, else next; it is marked no_timestamp already.
//   - Without a year it takes the year that puts it at or before the greatest accepted time, or next where that is
//     later; it is marked no_year already.
//
// Settle returns a rejection where nothing gives the alert a time. An alert with a receive time is left as it is.
func (c *Clock) Settle(a *tocsin.Alert, next time.Time) *tocsin.Rejection {
	if yearless(next) {
		next = time.Time{}
	}
	switch {
	case !a.Received.IsZero():
	case a.Time.IsZero():
		if a.Time = c.last; a.Time.IsZero() {
			a.Time = next
		}
		if a.Time.IsZero() {
			return reject(a, "no_timestamp", "the record has no time and none is known for its file; --received gives one")
		}
		return nil
	case yearless(a.Time):
		bound := c.greatest
		if next.After(bound) {
			bound = next
		}
		if c.dated.After(bound) {
			bound = c.dated
		}
		if bound.IsZero() {
			return reject(a, "no_year", "the record's time has no year and no record before it has one; --received gives one")
		}
		a.Time = inYear(a.Time, bound)
	case c.future(a.Time, next):
		if !slices.Contains(a.Marks, markFuture) {
			a.Marks = append(slices.Clone(a.Marks), markFuture)
		}
		if c.Keep {
			return nil
		}
		if a.Time = c.last; a.Time.IsZero() {
			a.Time = next
		}
		return nil
	}
	c.last = a.Time
	if a.Time.After(c.greatest) {
		c.greatest = a.Time
	}
	return nil
}

// future reports whether t is too far ahead of what stands around it.
func (c *Clock) future(t, next time.Time) bool {
	if next.IsZero() || t.Sub(next) <= ahead {
		return false
	}
	return c.greatest.IsZero() || t.Sub(c.greatest) > ahead
}

// reject makes the rejection of an alert that was decoded.
func reject(a *tocsin.Alert, reason, detail string) *tocsin.Rejection {
	return Reject(ingest.Record{Source: a.Source, Tenant: a.Tenant, Ref: a.Ref, Received: a.Received, Value: a.Raw}, reason, detail)
}
