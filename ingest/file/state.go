package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"
)

// A state is how far one followed file has been read, and by what it is known again.
type state struct {
	Path       string    `json:"path"`   // where it was seen last
	Name       string    `json:"name"`   // what it was called at first: its alerts are of this file
	Offset     int64     `json:"offset"` // of the first byte that is not read, always the beginning of a line
	Line       int64     `json:"line"`   // ordinal of the next record
	Generation int       `json:"generation"`
	First      string    `json:"first,omitempty"`   // of its first line
	Head       string    `json:"head,omitempty"`    // of its first bytes, up to printBytes
	Tail       string    `json:"tail,omitempty"`    // of the last bytes that were read
	Past       []past    `json:"past,omitempty"`    // of its lives before it was truncated, the last ones
	Seen       time.Time `json:"seen,omitzero"`     // when this was noted
	Gone       time.Time `json:"gone,omitzero"`     // when all of it was read and it was closed
	Modified   time.Time `json:"modified,omitzero"` // as of then
}

// A past is what had been read of a file when it was truncated.
type past struct {
	Offset int64  `json:"offset"`
	Head   string `json:"head"`
	Tail   string `json:"tail"`
}

const maxPast = 4

// was reports whether f holds what was read of the file now or in a life before.
func (s *state) was(f io.ReaderAt, size int64) bool {
	if s.Offset > 0 && s.fits(f, size) {
		return true
	}
	for _, p := range s.Past {
		if old := (state{Offset: p.Offset, Head: p.Head, Tail: p.Tail}); old.fits(f, size) {
			return true
		}
	}
	return false
}

// printBytes is how much of a file's beginning, and of what stands before the offset, is compared.
const printBytes = 1024

func (s *state) json() []byte {
	text, _ := json.Marshal(s) // a state marshals
	return text
}

// print notes by what the file is known again.
func (s *state) print(f io.ReaderAt) error {
	var err error
	if s.Head, err = digest(f, 0, s.Offset); err == nil {
		s.Tail, err = digest(f, max(0, s.Offset-printBytes), s.Offset)
	}
	return err
}

// fits reports whether f still holds what was read of it, where that was read.
func (s *state) fits(f io.ReaderAt, size int64) bool {
	if size < s.Offset {
		return false
	}
	head, err := digest(f, 0, s.Offset)
	if err != nil || head != s.Head {
		return false
	}
	tail, err := digest(f, max(0, s.Offset-printBytes), s.Offset)
	return err == nil && tail == s.Tail
}

// begins reports whether a file that is shorter than what was read begins as this one: a copy that is being made.
func (s *state) begins(f io.ReaderAt, size int64) bool {
	if size < printBytes || s.Offset < printBytes || size >= s.Offset {
		return false
	}
	head, err := digest(f, 0, s.Offset)
	return err == nil && head == s.Head
}

// digest is the hash of the bytes from an offset to another, printBytes at most; "" of none.
func digest(f io.ReaderAt, from, to int64) (string, error) {
	n := min(to-from, printBytes)
	if n <= 0 {
		return "", nil
	}
	b := make([]byte, n)
	if _, err := f.ReadAt(b, from); err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}

// incarnation tells apart the lives of a file: renamed it goes on, truncated it begins anew.
func (s *state) incarnation(id string) string {
	return fmt.Sprintf("%s:%d:%s", id, s.Generation, s.First)
}

// packed reports whether a file is compressed: an old one that was packed away.
func packed(f io.ReaderAt) bool {
	b := make([]byte, 4)
	n, _ := f.ReadAt(b, 0)
	b = b[:n]
	for _, magic := range []string{"\x1f\x8b", "\x28\xb5\x2f\xfd", "BZh", "\xfd7zX"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}

// lastLine is the offset behind the last line's end within the last part of a file, or its size.
func lastLine(f *os.File, size int64, e encoding) int64 {
	const part = 1 << 20
	from := max(0, size-part)
	from -= from % 2
	b := make([]byte, size-from)
	n, _ := f.ReadAt(b, from)
	end := int64(0)
	for b = b[:n]; ; {
		_, taken, ok := e.cut(b)
		if !ok {
			break
		}
		b, end = b[taken:], end+int64(taken)
	}
	if end == 0 && from > 0 {
		return size
	}
	return from + end
}
