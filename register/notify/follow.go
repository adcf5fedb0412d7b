package notify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin"
)

// Changes tell which incidents were written, as sinks.Measures says.
type Changes interface {
	MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error)
}

const (
	lookEvery     = 15 * time.Second // for changes; without them at all incidents on which work goes on
	wholeEvery    = 10 * time.Minute // and at those that ended not long ago
	followedEvery = time.Hour        // the same, where changes are followed
	newsAtOnce    = 1000             // changes that one question asks for
)

// A follower is how far the changes of the store are followed.
type follower struct {
	mark  string    // "": they are not
	never bool      // the store cannot tell them
	whole time.Time // when all was looked at last
}

// news turns what was written since the last time into notices: what the store says was changed, and at the beginning,
// now and then, and where it cannot say, what is found by looking at all.
func (d *Courier) news(ctx context.Context, f *follower) error {
	now := d.Now()
	if f.mark != "" {
		goesOn, err := d.follow(ctx, f, d.tellBehind)
		if err != nil {
			return err
		}
		if goesOn && now.Sub(f.whole) < followedEvery && !now.Before(f.whole) {
			return nil
		}
		if !goesOn {
			f.mark = ""
		}
	}
	if f.mark == "" && d.Changes != nil && !f.never { // first the mark, then all: what is written meanwhile is news
		if _, err := d.follow(ctx, f, func(context.Context, []string) error { return nil }); err != nil {
			return err
		}
	}
	ended := f.mark != "" || now.Sub(f.whole) >= wholeEvery || now.Before(f.whole)
	if err := d.Feed(ctx, ended); err != nil {
		f.mark = ""
		return err
	}
	if ended {
		f.whole = now
	}
	return nil
}

// follow hands over which incidents were written since the mark, and moves it. It reports whether nothing can have been
// missed.
func (d *Courier) follow(ctx context.Context, f *follower, do func(context.Context, []string) error) (bool, error) {
	for {
		found, err := d.Changes.MeasuresSince(ctx, f.mark, newsAtOnce)
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			f.mark, f.never = "", true
			return false, nil
		case err != nil:
			return false, fmt.Errorf("changes: %w", err)
		case found.Anew:
			return false, nil
		}
		ids := make([]string, 0, len(found.All))
		for n := range found.All {
			ids = append(ids, found.All[n].Incident)
		}
		if err := do(ctx, ids); err != nil {
			return false, err
		}
		if f.mark = found.Next; !found.More {
			return true, nil
		}
	}
}

// A bulk reads many logs with one request.
type bulk interface {
	Load(ctx context.Context, w tocsin.Wanted) (tocsin.Documents, error)
}

// tellBehind tells of those incidents whose logs go on beyond what was told.
func (d *Courier) tellBehind(ctx context.Context, ids []string) error {
	if err := d.know(ctx, ids); err != nil || len(ids) == 0 {
		return err
	}
	if l, ok := d.Register.(bulk); ok {
		w := tocsin.Wanted{Logs: map[string]int64{}}
		for _, id := range ids {
			w.Logs[id] = d.told[id] + 1
		}
		found, err := l.Load(ctx, w)
		if err != nil {
			return fmt.Errorf("logs of %d incidents: %w", len(ids), err)
		}
		ids = nil
		for n := range found.Entries {
			if id := found.Entries[n].Incident; len(ids) == 0 || ids[len(ids)-1] != id {
				ids = append(ids, id)
			}
		}
	}
	for _, id := range ids {
		if _, err := d.tell(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
