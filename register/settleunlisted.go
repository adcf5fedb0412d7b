package register

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin"
)

// An unlister names incidents that have a log and are in no list; every store of package sinks does.
type unlister interface {
	Unlisted(ctx context.Context, since time.Time, limit int) ([]string, error)
}

// unlistedLately is how far before its last look [Register.Settle] looks for logs that were begun and are in no list: the
// clocks of daemons differ, and an index lags.
const unlistedLately = time.Hour

// settleUnlisted stores the projection of incidents that have none, as a crash came behind the first entry of the log: what
// a person reported, and whatever else founds an incident.
func (r *Register) settleUnlisted(ctx context.Context) (done int, err error) {
	store, ok := r.store.(unlister)
	if !ok {
		return 0, nil
	}
	var since time.Time
	r.watch.mu.Lock()
	if last := r.watch.last; !last.IsZero() {
		since = last.Add(-unlistedLately)
	}
	r.watch.mu.Unlock()
	for {
		const page = 500
		ids, err := store.Unlisted(ctx, since, page)
		if err != nil {
			return done, err
		}
		before := done
		for _, id := range ids {
			listed, err := r.list(ctx, id)
			if err != nil {
				return done, fmt.Errorf("incident %s: %w", id, err)
			}
			if listed {
				done++
			}
		}
		if len(ids) < page || done == before {
			return done, nil
		}
	}
}

// list stores the projection of an incident that has none. It reports whether it was still missing once whoever writes to
// the log in this process was done. A log that is not intact stays as it is: `verify` tells of it, and the others go on.
func (r *Register) list(ctx context.Context, id string) (bool, error) {
	err := r.peek(ctx, id, func(*state) {})
	if err == nil {
		_, err = r.store.Incident(ctx, id)
		if err == nil || !errors.Is(err, tocsin.ErrNotFound) {
			return false, err
		}
		_, _, err = r.write(ctx, id, "", func(view) (*tocsin.LogEntry, error) { return nil, nil })
	}
	if errors.Is(err, ErrIntegrity) || errors.Is(err, errLog) {
		r.log.ErrorContext(ctx, "an incident is in no list, and its log is not intact", "incident", id, "err", err)
		return false, nil
	}
	if err == nil {
		r.log.WarnContext(ctx, "finished what was cut short", "incident", id)
	}
	return err == nil, err
}
