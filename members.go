package tocsin

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"unicode"
)

// PlainJSON is the first value of a JSON text as maps, lists, texts and truths, its numbers as they are written.
func PlainJSON(text []byte) (v any, err error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return v, dec.Decode(&v)
}

// MemberTwice is where in a JSON text an object has a member a second time, as a JSON pointer (RFC 6901) without escapes,
// "" for nowhere. Names that differ in case alone are one name: encoding/json takes the last of them, other readers the
// first, or the one that is spelt right, so that two of them read two things in one text.
func MemberTwice(text []byte) string {
	var open []*level
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	for {
		token, err := dec.Token()
		if err != nil {
			return "" // whoever reads it tells of that
		}
		if token == json.Delim('}') || token == json.Delim(']') {
			open = open[:len(open)-1]
			continue
		}
		if len(open) > 0 && !open[len(open)-1].next(token) {
			return pointer(open)
		}
		switch token {
		case json.Delim('{'):
			open = append(open, &level{names: map[string]bool{}})
		case json.Delim('['):
			open = append(open, &level{index: -1})
		}
	}
}

// A level is an object or an array that is being read.
type level struct {
	names map[string]bool // of an object, those that were read
	name  string          // the last of them
	value bool            // its value comes next
	index int             // of an array
}

// next takes what comes next, and reports false for a name that was there.
func (l *level) next(token json.Token) bool {
	switch name, isText := token.(string); {
	case l.names == nil:
		l.index++
	case l.value || !isText:
		l.value = false
	default:
		l.name, l.value = name, true
		was := l.names[Folded(name)]
		l.names[Folded(name)] = true
		return !was
	}
	return true
}

func pointer(open []*level) string {
	var at strings.Builder
	for _, l := range open {
		at.WriteByte('/')
		if l.names != nil {
			at.WriteString(l.name)
		} else {
			at.WriteString(strconv.Itoa(l.index))
		}
	}
	return at.String()
}

// Folded is a text with each letter as the least of those that differ from it in case alone.
func Folded(text string) string {
	least := []rune(text)
	for n, r := range least {
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			least[n] = min(least[n], other)
		}
	}
	return string(least)
}
