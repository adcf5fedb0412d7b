package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// JournalKind says what an entry of the journal is.
type JournalKind string

// The kinds of entry.
const (
	JournalRecord JournalKind = "record" // a raw record of a source
	JournalTick   JournalKind = "tick"   // event time has reached Received
	JournalSet    JournalKind = "set"    // from here on the rule set whose hash is Raw is in force
	JournalCursor JournalKind = "cursor" // no row: Raw is kept as the cursor Position of Source, nil forgets it
)

// A JournalEntry is one row of the journal, the one-partition log of a daemon without Kafka (delivery.md 3.3, 1).
type JournalEntry struct {
	Offset   int64           `json:"-"` // the row, from 1 on; given by the store
	Kind     JournalKind     `json:"-"`
	Source   string          `json:"-"`
	Position string          `json:"-"` // where in its source it stood: the same one twice is one entry; "" is never the same
	Received time.Time       `json:"-"`
	Raw      []byte          `json:"-"` // the original bytes
	Tenant   string          `json:"tenant,omitempty"`
	Format   string          `json:"format,omitempty"`
	Fault    string          `json:"fault,omitempty"` // why there are no bytes
	Detail   string          `json:"detail,omitempty"`
	Size     int64           `json:"size,omitempty"`   // bytes that a faulty record claims
	Origin   *tocsin.Ref     `json:"origin,omitempty"` // where a record stood that was sent again
	Beside   json.RawMessage `json:"beside,omitempty"` // what came with it and is no part of it
}

// Appended says where an entry stands.
type Appended struct {
	Offset int64
	Known  bool // it came before: nothing was written
}

// request is one caller's entries, waiting for a commit.
type request struct {
	entries []JournalEntry
	placed  []Appended
	err     error
	done    chan struct{}
}

// Journal appends entries in their order and returns where they stand. When it returns without an error they are on
// disk; callers at the same time share one commit. The error wraps [sinks.ErrFull] where the file is nine tenths
// full, or the disk is; then nothing of this call is stored. If ctx ends first the entries may be stored or not.
func (s *Store) Journal(ctx context.Context, entries []JournalEntry) ([]Appended, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	r := &request{entries: entries, done: make(chan struct{})}
	if s.tx != nil {
		s.commit(ctx, []*request{r})
		return r.placed, r.err
	}
	s.queue.mu.Lock()
	s.queue.waiting = append(s.queue.waiting, r)
	if !s.queue.busy {
		s.queue.busy = true
		s.queue.wg.Go(s.drain)
	}
	s.queue.mu.Unlock()
	select {
	case <-r.done:
		return r.placed, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("journal: %w", ctx.Err())
	}
}

// drain commits what waits, all of it at once, until nothing does.
func (s *Store) drain() {
	for {
		s.queue.mu.Lock()
		batch := s.queue.waiting
		s.queue.waiting = nil
		s.queue.busy = len(batch) > 0
		s.queue.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		s.commit(context.Background(), batch)
		for _, r := range batch {
			close(r.done)
		}
	}
}

// commit writes the requests in one transaction; those that do not fit any more are refused one by one.
func (s *Store) commit(ctx context.Context, batch []*request) {
	err := s.InTx(ctx, func(tx *Store) error {
		room, err := tx.room(ctx)
		if err != nil {
			return err
		}
		w, err := tx.writer(ctx)
		if err != nil {
			return err
		}
		defer w.close()
		for _, r := range batch {
			size := r.size()
			if room -= size; room < 0 {
				room += size
				r.err = fmt.Errorf("journal: no room for %d bytes: %w", size, sinks.ErrFull)
				continue
			}
			if r.placed, err = w.append(ctx, r.entries); err != nil {
				return err
			}
		}
		return nil
	})
	for _, r := range batch {
		if err != nil {
			r.placed, r.err = nil, err
		}
	}
}

// size is about how many bytes the entries take in the file.
func (r *request) size() int64 {
	var n int64
	for i := range r.entries {
		n += int64(len(r.entries[i].Raw)) + 256
	}
	return n
}

// room is how many bytes the journal may still take.
func (s *Store) room(ctx context.Context) (int64, error) {
	used, limit, err := s.Size(ctx)
	if limit <= 0 {
		return 1 << 62, err
	}
	return limit/10*9 - used, err
}

// A journalWriter appends within one transaction.
type journalWriter struct {
	store        *Store
	insert, find *sql.Stmt
	total        int64 // bytes ever written
}

// writer prepares to append. A known position is found before the insert, as a conflict would use up an offset.
func (s *Store) writer(ctx context.Context) (*journalWriter, error) {
	w := &journalWriter{store: s}
	err := s.tx.QueryRowContext(ctx, `SELECT total FROM journal ORDER BY id DESC LIMIT 1`).Scan(&w.total)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, translate("journal", err)
	}
	if w.insert, err = s.tx.PrepareContext(ctx, `INSERT INTO journal (source, position, kind, received, total, meta, raw)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT EXISTS (SELECT 1 FROM journal WHERE source = ?1 AND position = ?2) RETURNING id`); err != nil {
		return nil, translate("journal", err)
	}
	if w.find, err = s.tx.PrepareContext(ctx, `SELECT id FROM journal WHERE source = ? AND position = ?`); err != nil {
		return nil, translate("journal", err)
	}
	return w, nil
}

func (w *journalWriter) close() {
	_ = w.insert.Close() // the transaction closes them too
	_ = w.find.Close()
}

func (w *journalWriter) append(ctx context.Context, entries []JournalEntry) ([]Appended, error) {
	placed := make([]Appended, len(entries))
	for i := range entries {
		e := &entries[i]
		if e.Kind == JournalCursor {
			if err := w.cursor(ctx, e); err != nil {
				return nil, err
			}
			continue
		}
		meta, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("journal: %w", err)
		}
		position := sql.NullString{String: e.Position, Valid: e.Position != ""}
		total := w.total + int64(len(e.Raw))
		err = w.insert.QueryRowContext(ctx, e.Source, position, string(e.Kind), sinks.Nanos(e.Received), total, string(meta), blob(e.Raw)).Scan(&placed[i].Offset)
		switch {
		case err == nil:
			w.total = total
		case errors.Is(err, sql.ErrNoRows):
			placed[i].Known = true
			err = w.find.QueryRowContext(ctx, e.Source, position).Scan(&placed[i].Offset)
		}
		if err != nil {
			return nil, translate("journal", err)
		}
	}
	return placed, nil
}

// readBytes is about how many bytes of raw records one call of [Store.ReadJournal] returns at most.
const readBytes = 8 << 20

// ReadJournal returns entries from an offset on, in order: at most limit, and about 8 MiB, but one at least. None:
// the journal ends before the offset.
func (s *Store) ReadJournal(ctx context.Context, offset int64, limit int) ([]JournalEntry, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT id, source, coalesce(position, ''), kind, received, meta, raw FROM journal WHERE id >= ? ORDER BY id LIMIT ?`, offset, limit)
	if err != nil {
		return nil, translate("journal", err)
	}
	defer rows.Close()
	var entries []JournalEntry
	for size := 0; size < readBytes && rows.Next(); {
		var e JournalEntry
		var kind string
		var received int64
		if err := rows.Scan(&e.Offset, &e.Source, &e.Position, &kind, &received, into(&e), &e.Raw); err != nil {
			return nil, translate("journal", err)
		}
		e.Kind = JournalKind(kind)
		if received != sinks.Nanos(time.Time{}) {
			e.Received = time.Unix(0, received).UTC()
		}
		size += len(e.Raw)
		entries = append(entries, e)
	}
	return entries, translate("journal", rows.Err())
}

// Backlog returns how many entries stand from an offset on, and how many bytes of raw records they hold.
func (s *Store) Backlog(ctx context.Context, offset int64) (count, bytes int64, err error) {
	var first, last, from, to sql.NullInt64
	err = s.reader().QueryRowContext(ctx, `SELECT (SELECT min(id) FROM journal WHERE id >= ?1), (SELECT max(id) FROM journal),
		(SELECT total - length(raw) FROM journal WHERE id >= ?1 ORDER BY id LIMIT 1), (SELECT total FROM journal ORDER BY id DESC LIMIT 1)`, offset).
		Scan(&first, &last, &from, &to)
	if err != nil || !first.Valid {
		return 0, 0, translate("journal", err)
	}
	return last.Int64 - first.Int64 + 1, to.Int64 - from.Int64, nil
}

// TrimJournal deletes the entries that stand below an offset and were received before a time, and returns how many.
// The last entry always stays: offsets are never given twice. It is many short transactions.
func (s *Store) TrimJournal(ctx context.Context, below int64, before time.Time) (int64, error) {
	var deleted int64
	for {
		n, err := s.exec(ctx, "journal", `DELETE FROM journal WHERE id IN
			(SELECT id FROM journal WHERE id < ?1 AND id < (SELECT max(id) FROM journal) AND received < ?2 ORDER BY id LIMIT 2000)`, below, sinks.Nanos(before))
		if deleted += n; err != nil || n == 0 {
			return deleted, err
		}
	}
}

// SetOffset records, under a name, the next offset of the journal to read. Inside [Store.InTx] it shares the
// transaction with what was made of the entries before it.
func (s *Store) SetOffset(ctx context.Context, name string, next int64) error {
	_, err := s.exec(ctx, "offset", `INSERT INTO offsets (name, next) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next = excluded.next`, name, next)
	return err
}

// Offset returns what [Store.SetOffset] recorded last under a name; 0 for nothing.
func (s *Store) Offset(ctx context.Context, name string) (next int64, err error) {
	err = s.reader().QueryRowContext(ctx, `SELECT coalesce(max(next), 0) FROM offsets WHERE name = ?`, name).Scan(&next)
	return next, translate("offset", err)
}
