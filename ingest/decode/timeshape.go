package decode

import "strings"

// A layout is one of time's, and the shape of the texts that can fit it.
type layout struct {
	text  string
	shape shape
}

// A shape is how a text of a time begins: with a number, a day of the week or a month; what stands behind that; and whether a
// letter follows.
type shape struct {
	first  word
	behind byte // 0 for the end
	letter bool
}

type word uint8

const (
	number word = iota
	weekday
	month
	noTime // begins no time
)

func shaped(texts ...string) []layout {
	all := make([]layout, len(texts))
	for i, text := range texts {
		all[i] = layout{text, shapeOf(text)}
	}
	return all
}

func shapeOf(s string) (of shape) {
	n := 0
	if isDigit(s[0]) {
		for n < len(s) && isDigit(s[n]) {
			n++
		}
	} else {
		for n < len(s) && isLetter(s[n]) {
			n++
		}
		of.first = wordOf(s[:n])
	}
	if n < len(s) {
		of.behind, of.letter = s[n], n+1 < len(s) && isLetter(s[n+1])
	}
	return of
}

// wordOf says what a word is: months are written in short, days as one likes.
func wordOf(s string) word {
	const days, months = "sunmontuewedthufrisat", "janfebmaraprmayjunjulaugsepoctnovdec"
	if len(s) < 3 {
		return noTime
	}
	short := strings.ToLower(s[:3])
	switch {
	case len(s) == 3 && strings.Index(months, short)%3 == 0:
		return month
	case strings.Index(days, short)%3 == 0:
		return weekday
	}
	return noTime
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
