package literal

import (
	"strings"
	"unicode/utf8"
)

// brief finds literals of one to three bytes inside texts. Those of characters outside ASCII are only looked for in
// texts that hold such characters.
type brief struct {
	bytes   []Literal // of one byte: looked for one by one
	pairs   *pairs    // the first two bytes of ASCII literals; nil of none
	foreign *pairs    // the first two bytes of a literal's first character outside ASCII; nil of none
	entries map[uint16][]briefEntry
}

// pairs is a bitmap of pairs of bytes.
type pairs [1 << 16 / 64]uint64

// briefEntry is a literal that holds a pair at an offset.
type briefEntry struct {
	Literal
	offset int
}

// newBrief makes the table; nil of none.
func newBrief(all []Literal) *brief {
	if len(all) == 0 {
		return nil
	}
	b := &brief{entries: map[uint16][]briefEntry{}}
	for _, l := range all {
		at := strings.IndexFunc(l.Text, func(r rune) bool { return r >= utf8.RuneSelf })
		switch {
		case at >= 0 && at+1 < len(l.Text):
			b.foreign = b.enter(b.foreign, l, at)
		case len(l.Text) == 1:
			b.bytes = append(b.bytes, l)
		default:
			b.pairs = b.enter(b.pairs, l, 0)
		}
	}
	return b
}

func (b *brief) enter(bitmap *pairs, l Literal, at int) *pairs {
	if bitmap == nil {
		bitmap = &pairs{}
	}
	pair := pairOf(l.Text, at)
	bitmap[pair/64] |= 1 << (pair % 64)
	b.entries[pair] = append(b.entries[pair], briefEntry{l, at})
	return bitmap
}

func pairOf(s string, i int) uint16 { return uint16(s[i]) | uint16(s[i+1])<<8 }

func (b *brief) find(text string, hits *Hits) {
	for _, l := range b.bytes {
		if strings.IndexByte(text, l.Text[0]) >= 0 {
			hits.add(l.ID)
		}
	}
	if b.pairs != nil {
		b.look(b.pairs, text, hits)
	}
	if b.foreign != nil && !isASCII(text) {
		b.look(b.foreign, text, hits)
	}
}

func (b *brief) look(bitmap *pairs, text string, hits *Hits) {
	for i := 0; i+1 < len(text); i++ {
		pair := pairOf(text, i)
		if bitmap[pair/64]&(1<<(pair%64)) == 0 {
			continue
		}
		for _, e := range b.entries[pair] {
			if from := i - e.offset; from >= 0 && strings.HasPrefix(text[from:], e.Text) {
				hits.add(e.ID)
			}
		}
	}
}

func isASCII(s string) bool {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if word(s, i)&0x8080808080808080 != 0 {
			return false
		}
	}
	for ; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
