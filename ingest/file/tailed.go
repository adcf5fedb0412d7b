package file

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"tocsin/ingest"
)

// A tailed is one file that is open and followed.
type tailed struct {
	state
	id       string
	file     *os.File
	encoding encoding
	size     int64     // when it was looked at last
	modified time.Time // likewise
	lost     time.Time // when it was first not found under any path; zero: it is there
	grown    time.Time // when it last had something to read
	scanned  int64     // bytes behind the offset in which no line ends
	copy     bool      // read to its end and no further: the rest of a file that was truncated
}

// chunk is how much of a file is looked at in one go.
const chunk = 1 << 20

// batch reads whole lines up to a batch's worth. more says that there may be more at once; final takes a last line
// without an end too.
func (t *tailed) batch(o *FollowOptions, w *window, final bool) (records []ingest.Record, more bool, err error) {
	b, fresh, err := w.from(t)
	if err != nil {
		return nil, false, err
	}
	if t.Offset == 0 {
		t.encoding = encodingOf(b, encoding(o.Encoding))
	}
	begin, made := t.Offset, t.maker(o, b)
	for len(made.records) < o.Batch {
		line, taken, ok := t.encoding.cut(b)
		if !ok {
			if fresh || t.Offset > begin {
				break
			}
			if b, fresh, err = w.read(t); err != nil {
				return nil, false, err
			}
			continue
		}
		made.add(t, line, taken)
		b = b[taken:]
	}
	w.keep(t, b)
	switch {
	case t.Offset > begin:
		return made.records, t.Offset < t.size, nil
	case int64(len(b)) < t.size-t.Offset: // a line longer than a chunk
		return t.long(o, final)
	case final && len(b) > 0:
		made.add(t, b, len(b))
		w.keep(t, nil)
		return made.records, false, nil
	}
	return nil, false, nil
}

// long takes a line that is longer than a chunk, which is never less than a record may have: it keeps its size alone.
func (t *tailed) long(o *FollowOptions, final bool) ([]ingest.Record, bool, error) {
	b := make([]byte, chunk)
	for {
		n, err := t.file.ReadAt(b, t.Offset+t.scanned)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		_, taken, ok := t.encoding.cut(b[:n])
		if !ok && n < len(b) && !final { // it has not ended yet
			t.scanned += int64(n - n%2)
			return nil, false, nil
		}
		if !ok && n == len(b) {
			t.scanned += int64(n)
			continue
		}
		if !ok {
			taken = n
		}
		if t.Offset == 0 {
			t.First = "long"
		}
		size := t.scanned + int64(taken)
		r := t.maker(o, nil).record(t)
		r.Fault, r.Size, r.Detail = "too_big", size, fmt.Sprintf("a line of %d bytes, of which %d are allowed", size, o.MaxRecord)
		t.Offset, t.scanned = t.Offset+size, 0
		return []ingest.Record{r}, t.Offset < t.size, nil
	}
}

// look takes note of the file's size and reports whether something has changed.
func (t *tailed) look(now time.Time) (changed bool, err error) {
	info, err := t.file.Stat()
	if err != nil {
		return false, err
	}
	changed = info.Size() != t.size || !info.ModTime().Equal(t.modified)
	t.size, t.modified = info.Size(), info.ModTime()
	if changed {
		t.grown = now
	}
	return changed, nil
}

// anew begins the file from its start: it was truncated, or another took its place.
func (t *tailed) anew() {
	lives := t.Past
	if t.Offset > 0 {
		lives = append(lives, past{Offset: t.Offset, Head: t.Head, Tail: t.Tail})
	}
	t.state = state{Path: t.Path, Name: filepath.Base(t.Path), Generation: t.Generation + 1, Past: lives[max(0, len(lives)-maxPast):]}
	t.scanned = 0
}
