package correlate

import (
	"hash/maphash"
	"strings"

	"tocsin"
)

// A valueTexts is the texts of values that alerts showed lately: what one alert shows others show too, of other keys as
// well. It is a cache with one place for a hash. The zero value is empty and makes room for itself.
type valueTexts []valueText

// A valueText is the only member of a list, so that a payload can have the list as it is; nil for none.
type valueText []string

const (
	manyTexts   = 1 << 10
	longestText = 1 << 7 // longer ones are not kept
)

// valueText is [tocsin.KeyText] of one scalar, in a list that is never written.
func (l *pool) valueText(v tocsin.Value) []string {
	t := v.Text()
	if len(t) > longestText {
		return []string{string(appendValue(nil, v))}
	}
	if l.texts == nil {
		l.texts = make(valueTexts, manyTexts)
	}
	known := &l.texts[maphash.String(l.seeds[0], t)%manyTexts]
	if known.is(v.Kind(), t) {
		return *known
	}
	var scratch [2 * longestText]byte
	*known = valueText{string(appendValue(scratch[:0], v))}
	return *known
}

// is reports whether x is what [appendValue] makes of a value of that kind and text.
func (x valueText) is(kind tocsin.Kind, text string) bool {
	if len(x) == 0 || len(x[0]) < len(text) || x[0][0] != '0'+byte(kind) {
		return false
	}
	head := len(x[0]) - len(text)
	return strings.IndexByte(x[0], ':') == head-1 && x[0][head:] == text
}
