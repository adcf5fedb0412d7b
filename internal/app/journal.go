package app

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/pipeline"
	"tocsin/sinks/sqlite"
)

// applied is the name under which the store keeps how far the journal has been applied.
const applied = "pipeline"

// A journal is the embedded log: intakes append to it, the pipeline reads it.
type journal struct {
	store   *sqlite.Store
	wake    chan struct{}
	last    atomic.Int64 // newest row
	applied atomic.Int64 // newest row that was applied
	room    room
}

func openJournal(ctx context.Context, store *sqlite.Store) (*journal, error) {
	next, err := store.Offset(ctx, applied)
	if err != nil {
		return nil, err
	}
	next = max(next, 1)
	waiting, _, err := store.Backlog(ctx, next)
	if err != nil {
		return nil, err
	}
	j := &journal{store: store, wake: make(chan struct{}, 1)}
	j.applied.Store(next - 1)
	j.last.Store(next - 1 + waiting)
	return j, nil
}

// placed takes note of rows that were appended, and wakes the pipeline.
func (j *journal) placed(rows []sqlite.Appended) (known int) {
	for _, p := range rows {
		if p.Known {
			known++
		}
		for {
			last := j.last.Load()
			if p.Offset <= last || j.last.CompareAndSwap(last, p.Offset) {
				break
			}
		}
	}
	select {
	case j.wake <- struct{}{}:
	default:
	}
	return known
}

// append makes records durable, and cursors with them, and wakes the pipeline. It returns how many were there before. The error wraps
// [sinks.ErrFull] where there is no room for them or for what they will lead to.
func (j *journal) append(ctx context.Context, records []ingest.Record, positions []string, cursors ...ingest.Cursor) (known int, err error) {
	release, err := j.room.take(ctx, j.store, j.applied.Load(), records)
	if err != nil {
		return 0, err
	}
	defer release()
	entries := make([]sqlite.JournalEntry, len(records), len(records)+len(cursors))
	for i, r := range records {
		entries[i] = sqlite.JournalEntry{
			Kind: sqlite.JournalRecord, Source: r.Source, Position: positions[i], Received: r.Received, Raw: r.Value,
			Tenant: r.Tenant, Format: r.Format, Fault: r.Fault, Detail: r.Detail, Size: r.Size, Origin: r.Origin,
		}
		if len(r.Beside) > 0 {
			if entries[i].Beside, err = json.Marshal(r.Beside); err != nil {
				return 0, err
			}
		}
	}
	for _, c := range cursors {
		entries = append(entries, sqlite.JournalEntry{Kind: sqlite.JournalCursor, Source: c.Source, Position: c.Name, Raw: c.Value})
	}
	placed, err := j.store.Journal(ctx, entries)
	if err != nil {
		return 0, err
	}
	return j.placed(placed), nil
}

// backlog is how many rows wait to be applied.
func (j *journal) backlog(context.Context) (int64, error) {
	return max(j.last.Load()-j.applied.Load(), 0), nil
}

// Read implements [pipeline.Journal].
func (j *journal) Read(ctx context.Context, after int64, limit int) ([]pipeline.Row, error) {
	entries, err := j.store.ReadJournal(ctx, after+1, limit)
	if err != nil {
		return nil, err
	}
	rows := make([]pipeline.Row, len(entries))
	for i, e := range entries {
		rows[i].Offset = e.Offset
		if e.Kind == sqlite.JournalRecord {
			rows[i].Record = &ingest.Record{
				Source: e.Source, Tenant: e.Tenant, Format: e.Format, Received: e.Received, Value: e.Raw,
				Ref: tocsin.Ref{Topic: "journal", Offset: e.Offset}, Fault: e.Fault, Detail: e.Detail, Size: e.Size,
			}
			if e.Origin != nil {
				rows[i].Record.Ref = *e.Origin
			}
			if len(e.Beside) > 0 {
				if err := json.Unmarshal(e.Beside, &rows[i].Record.Beside); err != nil {
					return nil, fmt.Errorf("journal row %d: %w", e.Offset, err)
				}
			}
			continue
		}
		rows[i].Quiet = &pipeline.Quiet{}
		if err := json.Unmarshal(e.Raw, rows[i].Quiet); err != nil {
			return nil, fmt.Errorf("journal row %d: %w", e.Offset, err)
		}
	}
	return rows, nil
}

// AppendQuiet implements [pipeline.Journal].
func (j *journal) AppendQuiet(ctx context.Context, q pipeline.Quiet) error {
	text, err := json.Marshal(q)
	if err != nil {
		return err
	}
	placed, err := j.store.Journal(ctx, []sqlite.JournalEntry{{Kind: sqlite.JournalTick, Received: q.Tick, Raw: text}})
	if err == nil {
		j.placed(placed)
	}
	return err
}

// trim forgets rows that a restart no longer needs. A day's stay, so that a request repeated with its idempotency key
// is still known.
func (j *journal) trim(ctx context.Context, now time.Time) error {
	snap, err := j.store.LatestSnapshot(ctx, 0)
	if err != nil {
		return err
	}
	_, err = j.store.TrimJournal(ctx, snap.Offset, now.Add(-24*time.Hour))
	return err
}

// A transactor lets the pipeline write within one transaction of the store.
type transactor struct{ *journal }

// InTx implements [pipeline.Transactor].
func (t transactor) InTx(ctx context.Context, f func(pipeline.Outputs) error) error {
	var offset int64
	err := t.store.InTx(ctx, func(tx *sqlite.Store) error {
		offset = 0
		return f(outputs{tx, &offset})
	})
	if err == nil && offset > 0 {
		t.applied.Store(offset)
	}
	return err
}

type outputs struct {
	*sqlite.Store
	applied *int64
}

// SetApplied implements [pipeline.Outputs].
func (o outputs) SetApplied(ctx context.Context, offset int64) error {
	*o.applied = offset
	return o.SetOffset(ctx, applied, offset+1)
}
