package expression

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bytes of a word, each with its highest bit, and each with one.
const (
	highBits = 0x8080808080808080
	oneBits  = 0x0101010101010101
)

// appendLower appends s in lower case, as [strings.ToLower] has it, and tells whether all of it is ASCII: eight bytes
// at a time where they are.
func appendLower(dst []byte, s string) (lower []byte, ascii bool) {
	dst, ascii = slices.Grow(dst, len(s)), true
	for i := 0; i < len(s); {
		if i+8 <= len(s) {
			if w := word(s, i); w&highBits == 0 {
				dst = binary.LittleEndian.AppendUint64(dst, lowerWord(w))
				i += 8
				continue
			}
		}
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst, ascii = utf8.AppendRune(dst, unicode.ToLower(r)), false
			i += size
			continue
		}
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
		i++
	}
	return dst, ascii
}

// lowerWord puts eight ASCII bytes in lower case.
func lowerWord(w uint64) uint64 {
	fromA := w + (0x80-'A')*oneBits
	beyondZ := w + (0x7f-'Z')*oneBits
	return w | (fromA&^beyondZ&highBits)>>2
}

// word is eight bytes of s from i.
func word(s string, i int) uint64 {
	_ = s[i+7]
	return uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
		uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
}

// fold is a string as case-insensitive tests compare it: each character in lower case.
func fold(s string) string { return strings.ToLower(s) }
