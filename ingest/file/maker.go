package file

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"tocsin"
	"tocsin/ingest"
)

// A window is the piece of a file that was read last, so that a piece in which several batches stand is read once. It is
// good for one look at a file: what stands there may change after that.
type window struct {
	memory []byte
	rest   []byte // of the piece
	of     *tailed
	at     int64 // where rest stands
}

// from is what stands at a file's offset, as far as it was read; fresh says that it was read just now.
func (w *window) from(t *tailed) (b []byte, fresh bool, err error) {
	if w.of == t && w.at == t.Offset && len(w.rest) > 0 {
		return w.rest, false, nil
	}
	return w.read(t)
}

// read reads a chunk at a file's offset.
func (w *window) read(t *tailed) (b []byte, fresh bool, err error) {
	n := int(min(chunk, max(0, t.size-t.Offset)))
	if cap(w.memory) < n {
		w.memory = make([]byte, n)
	}
	n, err = t.file.ReadAt(w.memory[:n], t.Offset)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	return w.memory[:n], true, nil
}

// keep notes what is left behind a file's offset.
func (w *window) keep(t *tailed, rest []byte) { w.of, w.at, w.rest = t, t.Offset, rest }

// forget gives the piece up.
func (w *window) forget() { w.of, w.rest = nil, nil }

// A maker makes the records of one batch. What they share is there once, and their bytes stand in few pieces of memory.
type maker struct {
	o        *FollowOptions
	records  []ingest.Record
	received time.Time
	beside   []ingest.Beside
	refs     []tocsin.Ref
	text     []byte
	life     string // incarnation of the file
	first    string // that it was made of
}

// maker begins a batch of the lines of b, or of one that stands nowhere.
func (t *tailed) maker(o *FollowOptions, b []byte) *maker {
	const looked = 256 << 10 // bytes in which the lines are counted
	lines := min(1+bytes.Count(b[:min(len(b), looked)], []byte{'\n'}), o.Batch)
	return &maker{
		o: o, received: o.Now().UTC(), beside: []ingest.Beside{{Field: "log.file.path", Texts: []string{t.Path}}},
		records: make([]ingest.Record, 0, lines), refs: make([]tocsin.Ref, 0, lines), life: t.incarnation(t.id), first: t.First,
	}
}

// add takes a line.
func (m *maker) add(t *tailed, line []byte, taken int) {
	if t.Offset == 0 {
		sum := sha256.Sum256(line[:min(len(line), printBytes)])
		t.First = hex.EncodeToString(sum[:8])
	}
	t.Offset, t.scanned = t.Offset+int64(taken), 0
	text, own := t.encoding.text(line)
	if len(bytes.TrimSpace(text)) == 0 {
		return
	}
	r := m.record(t)
	if r.Size = int64(len(text)); r.Size > m.o.MaxRecord {
		r.Fault, r.Detail = "too_big", fmt.Sprintf("a line of %d bytes, of which %d are allowed", r.Size, m.o.MaxRecord)
	} else if r.Value = text; !own {
		r.Value = m.copy(text)
	}
	m.records = append(m.records, r)
}

// copy is text in memory that lasts, of which a batch has few pieces.
func (m *maker) copy(text []byte) []byte {
	const piece = 64 << 10
	if cap(m.text)-len(m.text) < len(text) {
		m.text = make([]byte, 0, min(len(text)*max(1, cap(m.records)-len(m.records)), max(piece, len(text))))
	}
	from := len(m.text)
	m.text = append(m.text, text...)
	return m.text[from:len(m.text):len(m.text)]
}

// record is the next record, of no bytes yet.
func (m *maker) record(t *tailed) ingest.Record {
	if t.First != m.first {
		m.life, m.first = t.incarnation(t.id), t.First
	}
	if len(m.refs) == cap(m.refs) {
		m.refs = make([]tocsin.Ref, 0, 64)
	}
	m.refs = append(m.refs, tocsin.Ref{File: t.Name, Line: t.Line, Incarnation: m.life})
	t.Line++
	return ingest.Record{
		Source: m.o.Source, Tenant: m.o.Tenant, Format: m.o.Format, Received: m.received,
		Origin: &m.refs[len(m.refs)-1], Beside: m.beside,
	}
}
