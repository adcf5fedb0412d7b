package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"tocsin/ingest"
	"tocsin/sinks"
	"tocsin/sinks/sqlite"
)

// A room keeps space in the store for records and what they will lead to: what was taken must not find the store full
// when it is processed. The zero value has looked at nothing yet.
type room struct {
	mu       sync.Mutex
	left     int64     // bytes that may still be taken, as of looked, less what was taken since
	promised int64     // bytes of the appends under way
	looked   time.Time // by the clock
}

// lookEvery is how old the knowledge of what is left may become: the register writes too.
const lookEvery = 5 * time.Second

// outcome is about how much of the file the alerts of so many records take: each is stored as a document and as its
// original bytes, in pages that are not filled to the last byte.
func outcome(count, bytes int64) int64 { return count<<10 + 5*bytes }

// take keeps room for records that are about to be appended. The caller calls release when they are. The error wraps
// [sinks.ErrFull] where there is none.
func (r *room) take(ctx context.Context, st *sqlite.Store, applied int64, records []ingest.Record) (release func(), err error) {
	count, bytes := int64(len(records)), int64(0)
	for i := range records {
		bytes += int64(len(records[i].Value))
	}
	need := bytes + count<<8 + outcome(count, bytes)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left < need || time.Since(r.looked) > lookEvery {
		if err := r.look(ctx, st, applied); err != nil {
			return nil, err
		}
	}
	if r.left < need {
		return nil, fmt.Errorf("no room for what %d bytes of records lead to: %w", bytes, sinks.ErrFull)
	}
	r.left -= need
	r.promised += need
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.promised -= need
	}, nil
}

// look asks the store what is in use and what waits to be processed.
func (r *room) look(ctx context.Context, st *sqlite.Store, applied int64) error {
	used, limit, err := st.Size(ctx)
	if err != nil {
		return err
	}
	waiting, bytes, err := st.Backlog(ctx, applied+1)
	if err != nil {
		return err
	}
	r.looked = time.Now()
	if r.left = 1 << 62; limit > 0 {
		r.left = limit/10*9 - used - outcome(waiting, bytes) - r.promised
	}
	return nil
}
