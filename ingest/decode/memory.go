package decode

import (
	"encoding/binary"
	"unsafe"

	"tocsin"
)

// A memory is what the strings and lists of one alert stand in: few large pieces, so that an alert costs few
// allocations, and none where its memory is used again.
type memory struct {
	text   []byte         // the current piece; what is full stays with the strings that point into it
	values []tocsin.Value // likewise
}

// The most that is kept for the next alert: what a hostile record has blown up is given back.
const (
	maxKeptText   = 256 << 10
	maxKeptValues = 4 << 10
)

// reuse forgets all strings and lists that stand in m. They must not be looked at again.
func (m *memory) reuse() {
	m.text, m.values = m.text[:0], m.values[:0]
	if cap(m.text) > maxKeptText {
		m.text = nil
	}
	if cap(m.values) > maxKeptValues {
		m.values = nil
	}
}

// room makes sure that n bytes more fit into the current piece.
func (m *memory) room(n int) {
	if cap(m.text)-len(m.text) < n {
		m.text = make([]byte, 0, max(n, 1024))
	}
}

// string is a copy of text.
func (m *memory) string(text []byte) string {
	m.room(len(text))
	from := len(m.text)
	m.text = append(m.text, text...)
	return m.since(from)
}

// join is a and b in one.
func (m *memory) join(a, b string) string {
	m.room(len(a) + len(b))
	from := len(m.text)
	m.text = append(append(m.text, a...), b...)
	return m.since(from)
}

// lower is a copy of s, which is ASCII, in lower case. It looks at eight bytes at once.
func (m *memory) lower(s string) string {
	m.room(len(s))
	from := len(m.text)
	m.text = append(m.text, s...)
	text := m.text[from:]
	for ; len(text) >= 8; text = text[8:] {
		w := binary.LittleEndian.Uint64(text)
		upper := (w + ones*(0x80-'A')) &^ (w + ones*(0x80-'Z'-1)) & highs
		binary.LittleEndian.PutUint64(text, w|upper>>2)
	}
	for i, c := range text {
		if c-'A' < 26 {
			text[i] = c + 'a' - 'A'
		}
	}
	return m.since(from)
}

// since is what was appended to the current piece from on. Nothing writes to it again but [memory.reuse]'s next user.
func (m *memory) since(from int) string {
	return unsafe.String(unsafe.SliceData(m.text[from:]), len(m.text)-from)
}

// list is a copy of values.
func (m *memory) list(values []tocsin.Value) []tocsin.Value {
	if cap(m.values)-len(m.values) < len(values) {
		m.values = make([]tocsin.Value, 0, max(len(values), 16))
	}
	from := len(m.values)
	m.values = append(m.values, values...)
	return m.values[from:len(m.values):len(m.values)]
}
