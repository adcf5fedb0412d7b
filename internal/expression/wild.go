package expression

import (
	"strings"
	"unicode/utf8"

	"tocsin"
)

// wildcard is a pattern in which * stands for any run of characters and ? for one; a backslash takes the next
// character as it is. It matches the whole string without regard to case, as Sigma does.
type wildcard struct {
	parts  []string // between the stars, folded; anyRune stands for ?
	single []bool   // the part holds a ?
}

// anyRune stands for ? inside a part: a private-use character, which fold never makes.
const anyRune = '\uf8ff'

func newWildcard(pattern string) wildcard {
	var w wildcard
	var b strings.Builder
	escaped, single := false, false
	flush := func() {
		w.parts = append(w.parts, fold(b.String()))
		w.single = append(w.single, single)
		b.Reset()
		single = false
	}
	for _, r := range pattern {
		switch {
		case escaped:
			if r != '*' && r != '?' && r != '\\' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '*':
			flush()
		case r == '?':
			b.WriteRune(anyRune)
			single = true
		default:
			b.WriteRune(r)
		}
	}
	if escaped {
		b.WriteByte('\\')
	}
	flush()
	return w
}

// match reports whether the pattern covers all of s, which has been folded.
func (w wildcard) match(s string) bool {
	last := len(w.parts) - 1
	if last == 0 {
		n, ok := prefix(s, w.parts[0])
		return ok && n == len(s)
	}
	n, ok := prefix(s, w.parts[0])
	if !ok {
		return false
	}
	s = s[n:]
	for i := 1; i < last; i++ {
		at, size := find(s, w.parts[i], w.single[i])
		if at < 0 {
			return false
		}
		s = s[at+size:]
	}
	return suffix(s, w.parts[last], w.single[last])
}

// prefix reports whether s starts with the part, and how many bytes of s that takes.
func prefix(s, part string) (int, bool) {
	n := 0
	for _, r := range part {
		if n >= len(s) {
			return 0, false
		}
		got, size := utf8.DecodeRuneInString(s[n:])
		if r != anyRune && r != got {
			return 0, false
		}
		n += size
	}
	return n, true
}

func find(s, part string, single bool) (at, size int) {
	if !single {
		return strings.Index(s, part), len(part)
	}
	for i := range s {
		if n, ok := prefix(s[i:], part); ok {
			return i, n
		}
	}
	return -1, 0
}

func suffix(s, part string, single bool) bool {
	if !single {
		return strings.HasSuffix(s, part)
	}
	need := utf8.RuneCountInString(part)
	at := len(s)
	for range need {
		if at == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	n, ok := prefix(s[at:], part)
	return ok && n == len(s)-at
}

// wildTest tests for texts that one of several patterns covers.
type wildTest struct{ patterns []wildcard }

func (t wildTest) match(s string) bool {
	s = fold(s)
	for _, w := range t.patterns {
		if w.match(s) {
			return true
		}
	}
	return false
}

func (t wildTest) pass(v tocsin.Value) bool { return passText(t, v) }
