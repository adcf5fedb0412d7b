package measure

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"tocsin"
)

// A FactStore is a store that tells what was written: every store of package sinks.
type FactStore interface {
	Store
	MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error)
}

// MaxFacts is how many incidents [Facts] hold unless they are told otherwise: some 200 MB.
const MaxFacts = 1_000_000

const (
	factsPage  = 5000             // incidents that are read at a time when all are
	factsNews  = 1000             // and of what was written since
	factsPages = 5                // of news that an answer waits for
	factsEvery = 10 * time.Second // so often are the news read though nobody asks
	factsFills = 3                // of all, before it counts as failed
	factsPause = time.Minute      // between a reading of all that failed and the next
	factsRest  = time.Hour        // and where it cannot but fail
)

// Facts answer what statistics ask from memory: what they need of each incident stands in columns, which follow the
// store. Before each answer they take in what was written since the last, so that an answer is as new as the store's
// own. While they are not filled, and where there is more than they may hold, the store answers by itself, slower and
// the same. [Facts.Run] fills them.
type Facts struct {
	store FactStore
	limit int
	log   *slog.Logger
	wake  chan struct{}

	reading chan struct{} // taken by who reads the store: one at a time
	mu      sync.RWMutex  // of the columns
	held    *columns      // nil: not filled
	mark    string

	answers [2]atomic.Int64 // by the store, from memory
}

// NewFacts returns facts of a store; limit 0 is [MaxFacts].
func NewFacts(s FactStore, limit int, log *slog.Logger) *Facts {
	if limit == 0 {
		limit = MaxFacts
	}
	return &Facts{store: s, limit: limit, log: log, wake: make(chan struct{}, 1), reading: make(chan struct{}, 1)}
}

// Backlogs are the store's.
func (f *Facts) Backlogs(ctx context.Context, tenant, from, to string) ([]tocsin.Backlog, error) {
	return f.store.Backlogs(ctx, tenant, from, to)
}

// Volumes are the store's.
func (f *Facts) Volumes(ctx context.Context, tenant, from, to string) ([]tocsin.Volume, error) {
	return f.store.Volumes(ctx, tenant, from, to)
}

// Tallies counts incidents that are alike; see [Store].
func (f *Facts) Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	if err := f.follow(ctx); err != nil {
		return nil, err
	}
	if all, held, err := f.tallies(q); held {
		f.answers[1].Add(1)
		return all, err
	}
	f.answers[0].Add(1)
	return f.store.Tallies(ctx, q)
}

func (f *Facts) tallies(q tocsin.TallyQuery) (all []tocsin.Tally, held bool, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if f.held == nil {
		return nil, false, nil
	}
	all, err = f.held.tallies(q)
	return all, true, err
}

// alone waits until nobody else reads the store.
func (f *Facts) alone(ctx context.Context) (done func(), err error) {
	select {
	case f.reading <- struct{}{}:
		return func() { <-f.reading }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// follow takes in what was written since the last time. Where that is too much to wait for, or no continuation of what
// is held, the columns are given up until all was read again.
func (f *Facts) follow(ctx context.Context) error {
	done, err := f.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	if f.held == nil {
		return nil
	}
	for range factsPages {
		news, err := f.store.MeasuresSince(ctx, f.mark, factsNews)
		if errors.Is(err, errors.ErrUnsupported) || err == nil && news.Anew {
			break
		}
		if err != nil {
			return err
		}
		f.mu.Lock()
		err = f.take(f.held, &news)
		f.mu.Unlock()
		if err != nil {
			break
		}
		if f.mark = news.Next; !news.More {
			if news.Total >= 0 && news.Total != int64(len(f.held.row)) {
				break // some were deleted, or one was overtaken
			}
			return nil
		}
	}
	f.give(nil, "")
	select {
	case f.wake <- struct{}{}:
	default:
	}
	return nil
}

func (f *Facts) take(into *columns, news *tocsin.Measures) error {
	for n := range news.All {
		if err := into.put(&news.All[n]); err != nil {
			return err
		}
	}
	for _, id := range news.Gone {
		into.remove(id)
	}
	return nil
}

func (f *Facts) give(c *columns, mark string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held, f.mark = c, mark
}

// Run fills the columns, and again whenever they were given up, until ctx is done.
func (f *Facts) Run(ctx context.Context) error {
	for ctx.Err() == nil {
		pause, wake := f.once(ctx), f.wake
		if pause > factsEvery {
			wake = nil // who reads all of it again and again helps nobody
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(pause):
		}
	}
	return nil
}

// once fills or follows, and says how long to pause then.
func (f *Facts) once(ctx context.Context) time.Duration {
	if f.Held().Filled {
		ctx, cancel := context.WithTimeout(ctx, factsEvery) // those who ask do not wait longer for it
		defer cancel()
		if err := f.follow(ctx); err != nil {
			f.log.DebugContext(ctx, "statistics do not follow the store", "error", err) // those who ask are told
		}
		return factsEvery
	}
	err := f.Fill(ctx)
	if err == nil || ctx.Err() != nil {
		return factsEvery
	}
	f.log.WarnContext(ctx, "incidents cannot be held in memory: statistics are answered by the store", "error", err)
	if errors.Is(err, errFull) || errors.Is(err, errors.ErrUnsupported) {
		return factsRest
	}
	return factsPause
}

// Fill reads all incidents.
func (f *Facts) Fill(ctx context.Context) error {
	done, err := f.alone(ctx)
	if err != nil {
		return err
	}
	defer done()
	c, mark := newColumns(f.limit), ""
	for range factsFills {
		var total int64
		if mark, total, err = f.readAll(ctx, c, mark); err != nil {
			return err
		}
		if total < 0 || total == int64(len(c.row)) {
			f.give(c, mark)
			return nil
		}
	}
	return fmt.Errorf("%d incidents are told, and there are more or less", len(c.row))
}

// readAll reads from a mark on until there is no more.
func (f *Facts) readAll(ctx context.Context, into *columns, mark string) (next string, total int64, err error) {
	for {
		news, err := f.store.MeasuresSince(ctx, mark, factsPage)
		if err != nil {
			return mark, 0, err
		}
		if news.Anew {
			into.clear()
		}
		if err := f.take(into, &news); err != nil {
			return mark, 0, err
		}
		if mark = news.Next; !news.More {
			return mark, news.Total, nil
		}
	}
}

// Holding is what is held in memory, and who answered.
type Holding struct {
	Filled           bool
	Incidents, Bytes int64
	ByStore, ByFacts int64 // answers
}

// Held tells what is held.
func (f *Facts) Held() Holding {
	f.mu.RLock()
	defer f.mu.RUnlock()
	h := Holding{ByStore: f.answers[0].Load(), ByFacts: f.answers[1].Load()}
	if f.held != nil {
		h.Filled, h.Incidents, h.Bytes = true, int64(len(f.held.row)), f.held.bytes()
	}
	return h
}
