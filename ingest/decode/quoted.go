package decode

import (
	"bytes"
	"unicode/utf8"
)

// quoted returns where the string that starts at start ends: the place of its closing quote, -1 where there is none
// or a control character stands before it, and whether it is free of escapes.
func (s *scanner) quoted(start int) (end int, plain bool) {
	text := s.text
	plain = true
	for i := start; ; {
		switch i = s.stops.next(i); {
		case i >= len(text) || text[i] < 0x20:
			return -1, false
		case text[i] == '"':
			return i, plain
		}
		plain = false
		i += 2
		if i > len(text) || text[i-1] < 0x20 {
			return -1, false
		}
	}
}

// A textFault says what is wrong with a string.
type textFault uint8

const (
	noFault   textFault = iota
	endless             // it does not end, or holds a control character
	badEscape           // it holds an unknown escape
)

// take copies the string that starts at start into the alert's memory, its escapes resolved, in one pass. s.at is then
// behind its closing quote. The memory has room for all that is left of the record and sixteen bytes: no escape is
// shorter than what it stands for.
func (s *scanner) take(start int) (from int, fault textFault) {
	m := &s.doc.memory
	text, from, i := s.text, len(m.text), start
	to := m.text[:cap(m.text)]
	at := from
	for {
		stop := s.stops.next(i)
		if stop >= len(text) {
			return from, endless
		}
		if n := stop - i; n <= 16 && i+16 <= len(text) && at+16 <= len(to) { // what is copied too much is written over
			*(*[16]byte)(to[at:]) = *(*[16]byte)(text[i:])
			at += n
		} else {
			at += copy(to[at:], text[i:stop])
		}
		c := text[stop]
		if c == '"' {
			s.at = stop + 1
			m.text = to[:at]
			return from, noFault
		}
		if c != '\\' {
			return from, endless
		}
		if stop+1 < len(text) && escapes[text[stop+1]] != 0 {
			to[at] = escapes[text[stop+1]]
			i, at = stop+2, at+1
			continue
		}
		size := 0
		if to, size = s.escape(to[:at], text[stop+1:]); size == 0 {
			return from, badEscape
		}
		at, to = len(to), to[:cap(to)]
		i = stop + 1 + size
	}
}

// escape appends what the escape stands for, of which text is what follows its backslash; size is how much of text it
// takes, 0 where it is unknown. A surrogate without its other half becomes U+FFFD.
func (s *scanner) escape(to, text []byte) (more []byte, size int) {
	if len(text) == 0 {
		return to, 0
	}
	switch c := text[0]; {
	case escapes[c] != 0:
		return append(to, escapes[c]), 1
	case c == 'u':
		r, size := s.unicode(text[1:])
		if size == 0 {
			return to, 0
		}
		if r >= utf8.RuneSelf {
			s.beyond = true
		}
		return utf8.AppendRune(to, r), 1 + size
	default:
		return to, 0
	}
}

// escapes are the bytes that letters behind a backslash stand for.
var escapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape appends text to to with its escapes resolved.
func (s *scanner) unescape(to, text []byte) ([]byte, bool) {
	for i := 0; i < len(text); {
		plain := bytes.IndexByte(text[i:], '\\')
		if plain < 0 {
			return append(to, text[i:]...), true
		}
		to = append(to, text[i:i+plain]...)
		i += plain + 1
		size := 0
		if to, size = s.escape(to, text[i:]); size == 0 {
			return to, false
		}
		i += size
	}
	return to, true
}

// unicode reads what follows \u: one code unit, or two that are a surrogate pair. size is 0 for no hex digits.
func (s *scanner) unicode(text []byte) (r rune, size int) {
	first, ok := hex4(text)
	if !ok {
		return 0, 0
	}
	if first < 0xd800 || first > 0xdfff {
		return first, 4
	}
	if first < 0xdc00 && len(text) >= 10 && text[4] == '\\' && text[5] == 'u' {
		if second, ok := hex4(text[6:]); ok && second >= 0xdc00 && second <= 0xdfff {
			return (first-0xd800)<<10 + (second - 0xdc00) + 0x10000, 10
		}
	}
	s.doc.mark(markRepaired)
	return utf8.RuneError, 4
}

func hex4(text []byte) (rune, bool) {
	if len(text) < 4 {
		return 0, false
	}
	var r rune
	for _, c := range text[:4] {
		switch {
		case c >= '0' && c <= '9':
			c -= '0'
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}
