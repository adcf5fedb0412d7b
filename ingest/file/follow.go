package file

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"tocsin/ingest"
)

// FollowOptions configure a [Follower]. Journal and Paths must be there; a zero field takes its default.
type FollowOptions struct {
	Source    string
	Tenant    string
	Format    string
	Paths     []string      // patterns of filepath.Match
	FromEnd   bool          // files that are there when the source is read for the first time are read from their end
	Encoding  string        // utf-8 (default), utf-16le, utf-16be or latin-1
	MaxRecord int64         // bytes of a line; default 1 MiB, at most that
	Batch     int           // lines of a batch; default 1,000
	Every     time.Duration // between two looks; default 500 ms
	Linger    time.Duration // how long a file that was renamed away and says nothing more is kept open; default 1 m
	MaxFiles  int           // open at once; default 500. More wait
	Journal   ingest.ResumableJournal
	Metrics   *Metrics
	Log       *slog.Logger
	Now       func() time.Time
}

// A Follower reads files as they grow and rotate. How far each was read becomes durable with the records, so that a
// restart goes on at the very line. A file is known by what it is (device and inode) and by what was read of it:
//   - renamed, it is read to its end, also where that happened while nobody looked;
//   - truncated, it begins anew, and the rest of what was there before is read from the copy that rotation made;
//   - packed, it is left alone.
type Follower struct {
	o       FollowOptions
	states  map[string]*state    // by identity; of files that are open too
	open    map[string]*tailed   // by identity
	ignored map[string]bool      // identities of packed files
	copies  map[string]time.Time // identities of files that begin as one that was read further, and since when
	first   bool
	window  window // on the file being read
}

// NewFollower makes a follower; [Follower.Run] reads.
func NewFollower(o FollowOptions) *Follower {
	o.Tenant, o.MaxRecord, o.Batch = cmp.Or(o.Tenant, "default"), cmp.Or(o.MaxRecord, chunk), cmp.Or(o.Batch, 1000)
	o.MaxRecord = min(o.MaxRecord, chunk)
	o.Every, o.Linger, o.MaxFiles = cmp.Or(o.Every, 500*time.Millisecond), cmp.Or(o.Linger, time.Minute), cmp.Or(o.MaxFiles, 500)
	if o.Metrics == nil {
		o.Metrics = unregistered()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Follower{o: o, states: map[string]*state{}, open: map[string]*tailed{}, ignored: map[string]bool{}, copies: map[string]time.Time{}}
}

// Run follows until ctx is done. The error is one of the journal's cursors: what happens to files is logged and counted.
func (f *Follower) Run(ctx context.Context) error {
	defer f.close()
	if err := f.load(ctx); err != nil {
		return err
	}
	for {
		more, err := f.round(ctx)
		f.first = false
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			f.o.Log.WarnContext(ctx, "files are not read to their end", "source", f.o.Source, "err", err)
		}
		if more && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(f.o.Every):
		}
	}
}

// load takes up what was read before.
func (f *Follower) load(ctx context.Context) error {
	kept, err := f.o.Journal.Cursors(ctx, f.o.Source)
	if err != nil {
		return fmt.Errorf("how far %s was read: %w", f.o.Source, err)
	}
	if f.first = len(kept) == 0; f.first { // from now on nothing is skipped
		if _, err := f.o.Journal.AppendAt(ctx, nil, ingest.Cursor{Source: f.o.Source, Value: []byte("{}")}); err != nil && ctx.Err() == nil {
			return fmt.Errorf("how far %s was read: %w", f.o.Source, err)
		}
	}
	delete(kept, "")
	for id, text := range kept {
		s := &state{}
		if err := json.Unmarshal(text, s); err != nil {
			return fmt.Errorf("how far %s was read: %w", f.o.Source, err)
		}
		f.states[id] = s
	}
	f.missing()
	return nil
}

func (f *Follower) close() {
	for _, t := range f.open {
		_ = t.file.Close()
	}
}

// round reads what is open, then looks for files; so what a copy or a successor repeats is known when it is met.
func (f *Follower) round(ctx context.Context) (more bool, err error) {
	more, err = f.readAll(ctx)
	if err := f.scan(ctx); err != nil {
		return more, err
	}
	again, e := f.readAll(ctx)
	f.forget(ctx)
	f.tell()
	return again, errors.Join(err, e)
}

// readAll reads each open file, ten batches at most so that none keeps the others waiting.
func (f *Follower) readAll(ctx context.Context) (more bool, err error) {
	var errs []error
	for _, t := range f.sorted() {
		again, err := f.read(ctx, t)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", t.Path, err))
			f.shut(t)
		}
		more = more || again
	}
	return more, errors.Join(errs...)
}

// sorted are the open files, those that are gone and copies first: what was written earlier is read earlier.
func (f *Follower) sorted() []*tailed {
	var all []*tailed
	for _, t := range f.open {
		all = append(all, t)
	}
	rank := func(t *tailed) int {
		if t.copy || !t.lost.IsZero() {
			return 0
		}
		return 1
	}
	slices.SortFunc(all, func(a, b *tailed) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Path, b.Path), cmp.Compare(a.id, b.id))
	})
	return all
}

func (f *Follower) read(ctx context.Context, t *tailed) (more bool, err error) {
	now := f.o.Now()
	changed, err := t.look(now)
	if err != nil {
		return false, err
	}
	if changed && !t.state.fits(t.file, t.size) {
		f.o.Metrics.rotated(f.o.Source, "truncated")
		f.rest(ctx, t.id, t.state)
		t.anew()
	}
	final := t.copy || !t.lost.IsZero() && now.Sub(t.lost) >= f.o.Linger && now.Sub(t.grown) >= f.o.Linger
	f.window.forget()
	for range 10 {
		before := t.state
		records, again, err := t.batch(&f.o, &f.window, final)
		if err == nil && len(records) > 0 {
			err = f.keep(ctx, t, records)
		} else if err == nil && t.Offset > before.Offset { // blank lines
			err = t.print(t.file)
		}
		if err != nil {
			t.state = before
			return false, err
		}
		if more = again; !more {
			break
		}
	}
	settled := t.Offset == t.size && now.Sub(t.grown) >= idleAfter // an old one: it is opened again when it changes
	if (final || settled) && !more {
		t.Gone, t.Modified = now.UTC(), t.modified
		err := f.keep(ctx, t, nil)
		f.shut(t)
		return false, err
	}
	return more, nil
}

// idleAfter is how long a file that was read to its end and does not grow is kept open.
const idleAfter = 10 * time.Minute

// keep makes records durable with the state of their file.
func (f *Follower) keep(ctx context.Context, t *tailed, records []ingest.Record) error {
	if err := t.print(t.file); err != nil {
		return err
	}
	f.states[t.id], t.Seen = &t.state, f.o.Now().UTC()
	at := ingest.Cursor{Source: f.o.Source, Name: t.id, Value: t.json()}
	patience := ingest.Patience{Refused: func(error) { f.o.Metrics.waited(f.o.Source) }}
	if _, err := patience.Deliver(ctx, func(ctx context.Context) (ingest.Result, error) { return f.o.Journal.AppendAt(ctx, records, at) }); err != nil {
		return err
	}
	f.o.Metrics.took(f.o.Source, records)
	return nil
}

func (f *Follower) shut(t *tailed) {
	_ = t.file.Close() // it was only read
	left := t.state
	f.states[t.id] = &left
	delete(f.open, t.id)
}

// scan looks for the files of the patterns, opens those that are new, and notes those that are gone.
func (f *Follower) scan(ctx context.Context) error {
	found := map[string]bool{}
	for _, pattern := range f.o.Paths {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			return fmt.Errorf("pattern %s: %w", pattern, err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() {
				continue // gone since, or no file
			}
			id := identity(path, info)
			if t := f.open[id]; t != nil {
				found[id] = true
				if !t.copy {
					t.lost = time.Time{}
				}
				t.Path = path
				continue
			}
			s := f.states[id]
			unchanged := s != nil && !s.Gone.IsZero() && s.Offset == info.Size() && s.Modified.Equal(info.ModTime())
			if found[id] || f.ignored[id] || unchanged || len(f.open) >= f.o.MaxFiles {
				continue
			}
			found[id] = true
			if err := f.begin(ctx, id, path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				f.o.Log.WarnContext(ctx, "a file cannot be read", "source", f.o.Source, "path", path, "err", err)
			}
		}
	}
	for id, t := range f.open {
		if !found[id] && t.lost.IsZero() {
			t.lost = f.o.Now()
			if !t.copy {
				f.o.Metrics.rotated(f.o.Source, "renamed")
			}
		}
	}
	return nil
}
