package file

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// An encoding is how the text of a followed file is written.
type encoding string

// The encodings. A file that begins with a byte order mark of UTF-16 is that, whatever is said of it.
const (
	utf8Text encoding = "utf-8"
	utf16LE  encoding = "utf-16le"
	utf16BE  encoding = "utf-16be"
	latin1   encoding = "latin-1"
)

// encodingOf is the encoding that a file's first bytes give away, else the one that is said.
func encodingOf(head []byte, said encoding) encoding {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return utf16LE
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return utf16BE
	case said == "":
		return utf8Text
	}
	return said
}

// cut finds the end of the first line of b: the line without its end, and the bytes that it takes with it. ok is false
// where the line has not ended.
func (e encoding) cut(b []byte) (line []byte, taken int, ok bool) {
	if e != utf16LE && e != utf16BE {
		at := bytes.IndexByte(b, '\n')
		if at < 0 {
			return nil, 0, false
		}
		return b[:at], at + 1, true
	}
	low, high := 0, 1
	if e == utf16BE {
		low, high = 1, 0
	}
	for i := 0; i+1 < len(b); i += 2 {
		if b[i+low] == '\n' && b[i+high] == 0 {
			return b[:i], i + 2, true
		}
	}
	return nil, 0, false
}

// text is a line in UTF-8, without a byte order mark and a carriage return. own says that its memory is no longer the
// line's.
func (e encoding) text(line []byte) (text []byte, own bool) {
	out := line
	switch e {
	case utf16LE, utf16BE:
		order := binary.ByteOrder(binary.LittleEndian)
		if e == utf16BE {
			order = binary.BigEndian
		}
		out, own = nil, true
		units := make([]uint16, len(line)/2)
		for i := range units {
			units[i] = order.Uint16(line[2*i:])
		}
		for _, r := range utf16.Decode(units) {
			out = utf8.AppendRune(out, r)
		}
	case latin1:
		out, own = nil, true
		for _, c := range line {
			out = utf8.AppendRune(out, rune(c))
		}
	}
	return bytes.TrimSuffix(bytes.TrimPrefix(out, []byte("\xef\xbb\xbf")), []byte("\r")), own
}
