package decode

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// quoted returns where the string that starts at start ends: the place of its closing quote, -1 where there is none
// or a control character stands before it, and whether it is free of escapes. It looks at eight bytes at once.
func (s *scanner) quoted(start int) (end int, plain bool) {
	text := s.text
	plain = true
	for i := start; ; {
		for i+8 <= len(text) {
			w := binary.LittleEndian.Uint64(text[i:])
			quote, slash := w^(ones*'"'), w^(ones*'\\')
			hit := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((w - ones*0x20) &^ w)
			if hit &= highs; hit != 0 {
				i += bits.TrailingZeros64(hit) / 8
				break
			}
			i += 8
		}
		for i < len(text) && text[i] != '"' && text[i] != '\\' && text[i] >= 0x20 {
			i++
		}
		switch {
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

// unescape appends text to to with its escapes resolved. A surrogate without its other half becomes U+FFFD.
func (s *scanner) unescape(to, text []byte) ([]byte, bool) {
	for i := 0; i < len(text); {
		plain := bytes.IndexByte(text[i:], '\\')
		if plain < 0 {
			return append(to, text[i:]...), true
		}
		to = append(to, text[i:i+plain]...)
		if i += plain; i+1 >= len(text) {
			return to, false
		}
		i += 2
		switch text[i-1] {
		case '"', '\\', '/':
			to = append(to, text[i-1])
		case 'b':
			to = append(to, '\b')
		case 'f':
			to = append(to, '\f')
		case 'n':
			to = append(to, '\n')
		case 'r':
			to = append(to, '\r')
		case 't':
			to = append(to, '\t')
		case 'u':
			r, size := s.unicode(text[i:])
			if size == 0 {
				return to, false
			}
			to = utf8.AppendRune(to, r)
			i += size
		default:
			return to, false
		}
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
