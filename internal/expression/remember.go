package expression

import (
	"hash/maphash"
)

// Values repeat from record to record: the same programs, users and hosts. What a search found in a text is kept, and a text that
// comes again is not searched again.
const (
	rememberedTexts = 64  // of one search
	longestText     = 256 // bytes: longer ones seldom come again, and all searches together keep some megabytes at most
)

// A memory is what one search found in texts that it saw last. The zero memory has seen none.
type memory struct {
	texts *[rememberedTexts]remembered // nil until the first
	last  *remembered                  // that was asked for: often it is asked for again
}

// remembered is a text and what was found in it.
type remembered struct {
	text  []byte // as it is in the record; nil for none
	found []int32
	odd   bool
}

// of is the place of a text, and whether it holds what was found in it.
func (m *memory) of(seed maphash.Seed, text string) (r *remembered, known bool) {
	if m.last != nil && string(m.last.text) == text {
		return m.last, true
	}
	if m.texts == nil {
		m.texts = new([rememberedTexts]remembered)
	}
	r = &m.texts[maphash.String(seed, text)%rememberedTexts]
	m.last = r
	return r, r.text != nil && string(r.text) == text
}

// keep puts a text, and what was found in it, in the place of another.
func (r *remembered) keep(text string, found []int32, odd bool) {
	r.text, r.found, r.odd = append(r.text[:0], text...), append(r.found[:0], found...), odd
}
