package file

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tocsin/ingest"
)

const (
	forgetAfter = 24 * time.Hour   // after a file is gone, what is known of it
	copyWait    = 10 * time.Second // for a file that begins as another one to become its whole copy
)

// begin opens a file that was found and not followed yet.
func (f *Follower) begin(ctx context.Context, id, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	t := &tailed{id: id, file: file, encoding: encoding(f.o.Encoding), state: state{Path: path, Name: filepath.Base(path)}}
	if _, err := t.look(f.o.Now()); err != nil {
		_ = file.Close()
		return err
	}
	if packed(file) {
		f.ignored[id] = true
		f.o.Metrics.rotated(f.o.Source, "packed")
		return file.Close()
	}
	known, before := f.states[id]
	switch {
	case before && known.fits(file, t.size):
		t.state = *known
		t.Path, t.Gone = path, time.Time{}
	case before: // it was truncated, or its inode is another file's now, while nobody looked
		f.rest(ctx, id, *known)
		t.state = *known
		t.Path = path
		t.anew()
	case f.copied(t):
		return file.Close() // not yet
	case f.first && f.o.FromEnd:
		t.Offset = lastLine(file, t.size, encodingOf(headOf(file), t.encoding))
		if t.Offset > 0 {
			t.First = "end"
		}
		f.open[id] = t
		return f.keep(ctx, t, nil)
	}
	if t.encoding = encodingOf(headOf(file), t.encoding); !before {
		f.between(id, path)
		f.o.Metrics.rotated(f.o.Source, "new")
	}
	f.open[id], f.states[id] = t, &t.state
	return nil
}

// between looks for files that had a path and lost it again without being seen there: between the file that was known
// by it and the one that is new. They stand beside it under a longer name, and were written since the first was read.
func (f *Follower) between(id, path string) {
	var since time.Time
	for other, s := range f.states {
		if other != id && s.Path == path && s.Seen.After(since) {
			since = s.Seen
		}
	}
	if since.IsZero() {
		return
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, e := range entries {
		longer := filepath.Join(filepath.Dir(path), e.Name())
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || longer == path || !strings.HasPrefix(longer, path) || info.ModTime().Before(since.Add(-clockGrain)) {
			continue
		}
		other := identity(longer, info)
		if f.states[other] != nil || f.open[other] != nil || f.ignored[other] {
			continue
		}
		file, err := os.Open(longer)
		if err != nil {
			continue
		}
		t := &tailed{id: other, file: file, state: state{Path: longer, Name: filepath.Base(path)}, lost: f.o.Now()}
		if _, err := t.look(f.o.Now()); err != nil || packed(file) || f.known(file, t.size) {
			_ = file.Close() // of a copy what was truncated has the rest read
			continue
		}
		f.open[other], f.states[other] = t, &t.state
		f.o.Metrics.rotated(f.o.Source, "renamed")
	}
}

// known reports whether what a file holds was read in another one.
func (f *Follower) known(file *os.File, size int64) bool {
	for _, s := range f.states {
		if s.was(file, size) {
			return true
		}
	}
	return false
}

// clockGrain is by how much the times of files may lie behind the clock.
const clockGrain = 2 * time.Second

func headOf(f *os.File) []byte {
	b := make([]byte, 2)
	n, _ := f.ReadAt(b, 0)
	return b[:n]
}

// copied looks whether a new file is the copy of one that was read: it goes on where that one stood. One that may yet
// become a whole copy has to wait; wait says so.
func (f *Follower) copied(t *tailed) (wait bool) {
	for id, s := range f.states {
		if id == t.id || s.Offset < printBytes {
			continue
		}
		if s.fits(t.file, t.size) {
			path := t.Path
			t.state = *s
			t.Path, t.Gone = path, time.Time{}
			delete(f.copies, t.id)
			return false
		}
		wait = wait || s.begins(t.file, t.size)
	}
	since, waits := f.copies[t.id]
	switch {
	case wait && !waits:
		f.copies[t.id] = f.o.Now()
	case wait && f.o.Now().Sub(since) >= copyWait:
		wait = false
	}
	if !wait {
		delete(f.copies, t.id)
	}
	return wait
}

// rest finds what was written to a file after it was last read and before it was truncated: in a copy beside it, which
// is then read to its end.
func (f *Follower) rest(ctx context.Context, id string, old state) {
	if old.Offset == 0 {
		return
	}
	entries, err := os.ReadDir(filepath.Dir(old.Path))
	if err != nil {
		return
	}
	for _, e := range entries {
		path := filepath.Join(filepath.Dir(old.Path), e.Name())
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() < old.Offset {
			continue
		}
		other := identity(path, info)
		if o := f.open[other]; o != nil && o.Offset >= old.Offset && o.First == old.First {
			return // it is being read
		} else if other == id || o != nil {
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		if !old.fits(file, info.Size()) {
			_ = file.Close()
			continue
		}
		t := &tailed{id: other, file: file, encoding: encodingOf(headOf(file), encoding(f.o.Encoding)), state: old, copy: true, lost: f.o.Now()}
		t.Path = path
		_, _ = t.look(f.o.Now())
		if s := f.states[other]; s != nil && s.Offset >= old.Offset && s.fits(file, info.Size()) {
			t.state = *s // it was read already
		}
		f.open[other] = t
		return
	}
	f.o.Metrics.rotated(f.o.Source, "lost")
	f.o.Log.WarnContext(ctx, "what was written to a file before it was truncated may be lost: no copy of it was found",
		"source", f.o.Source, "path", old.Path, "read", old.Offset)
}

// missing opens the files that were renamed out of the patterns while nobody looked, to read the rest of them.
func (f *Follower) missing() {
	there := map[string]bool{}
	for _, pattern := range f.o.Paths {
		paths, _ := filepath.Glob(pattern) // told of by scan
		for _, path := range paths {
			if info, err := os.Stat(path); err == nil {
				there[identity(path, info)] = true
			}
		}
	}
	for id, s := range f.states {
		if there[id] || !s.Gone.IsZero() {
			continue
		}
		if path, file := f.elsewhere(id, s); file != nil {
			t := &tailed{id: id, file: file, encoding: encodingOf(headOf(file), encoding(f.o.Encoding)), state: *s, lost: f.o.Now()}
			t.Path = path
			f.open[id] = t
			continue
		}
		f.o.Metrics.rotated(f.o.Source, "lost")
		f.o.Log.Warn("a file is not there any more; what was written to it after it was read last is lost", "source", f.o.Source, "path", s.Path, "read", s.Offset)
		s.Gone = f.o.Now().UTC()
	}
}

// elsewhere finds a file under another name in the folder where it was.
func (f *Follower) elsewhere(id string, s *state) (string, *os.File) {
	entries, err := os.ReadDir(filepath.Dir(s.Path))
	if err != nil {
		return "", nil
	}
	for _, e := range entries {
		path := filepath.Join(filepath.Dir(s.Path), e.Name())
		info, err := e.Info()
		if err != nil || identity(path, info) != id {
			continue
		}
		file, err := os.Open(path)
		if err != nil {
			return "", nil
		}
		if s.fits(file, info.Size()) {
			return path, file
		}
		_ = file.Close()
	}
	return "", nil
}

// forget drops what is known of files that are gone for long.
func (f *Follower) forget(ctx context.Context) {
	for id, s := range f.states {
		if s.Gone.IsZero() || f.open[id] != nil || f.o.Now().Sub(s.Gone) < forgetAfter {
			continue
		}
		if info, err := os.Stat(s.Path); err == nil && identity(s.Path, info) == id {
			continue // an old one that stays where the patterns find it
		}
		if _, err := f.o.Journal.AppendAt(ctx, nil, ingest.Cursor{Source: f.o.Source, Name: id}); err == nil {
			delete(f.states, id)
		}
	}
}

// tell puts what is open into the metrics.
func (f *Follower) tell() {
	var behind int64
	for _, t := range f.open {
		behind += max(0, t.size-t.Offset)
	}
	f.o.Metrics.follows(f.o.Source, len(f.open), behind)
}
