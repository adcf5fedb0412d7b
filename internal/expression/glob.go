package expression

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"tocsin"
)

// A Glob is a pattern of texts and wildcards. The zero Glob covers the empty string alone.
type Glob []GlobPart

// A GlobPart is one part of a [Glob]: a text that stands for itself where Wild is 0, else '*' for any run of
// characters or '?' for one.
type GlobPart struct {
	Text string
	Wild byte
}

// String writes the pattern as wild() takes it.
func (g Glob) String() string {
	var b strings.Builder
	for _, p := range g {
		if p.Wild != 0 {
			b.WriteByte(p.Wild)
			continue
		}
		for _, r := range p.Text {
			if r == '*' || r == '?' || r == '\\' {
				b.WriteByte('\\')
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}

// globSegment is what stands between two stars.
type globSegment struct {
	text  string
	runes *[]rune // nil unless the segment has a ?, which is singleRune; few have, and segments are many
}

// singleRune stands for ? in a segment; no string holds it.
const singleRune = -1

// globTest covers whole values: the first segment opens the value and the last one closes it.
type globTest struct {
	segments []globSegment
	least    int // bytes at least
}

// newGlobTest compiles a pattern; folded patterns are put in lower case first, as their values are.
func newGlobTest(g Glob, folded bool) globTest {
	stars := 0
	for _, p := range g {
		if p.Wild == '*' {
			stars++
		}
	}
	t := globTest{segments: make([]globSegment, 0, stars+1)}
	var runes []rune
	single := false
	flush := func() {
		s := globSegment{}
		if single {
			all := runes
			s.runes = &all
			t.least += len(all)
		} else {
			s.text = string(runes)
			t.least += len(s.text)
		}
		t.segments = append(t.segments, s)
		runes, single = nil, false
	}
	for _, p := range g {
		switch p.Wild {
		case '*':
			flush()
		case '?':
			runes, single = append(runes, singleRune), true
		default:
			text := p.Text
			if folded {
				text = fold(text)
			}
			runes = append(runes, []rune(text)...)
		}
	}
	flush()
	return t
}

func (t globTest) pass(v tocsin.Value) bool { return passText(t, v) }

func (t globTest) match(s string) bool {
	last := len(t.segments) - 1
	if len(s) < t.least {
		return false
	}
	if last == 0 {
		n, ok := t.segments[0].prefix(s)
		return ok && n == len(s)
	}
	n, ok := t.segments[0].prefix(s)
	if !ok {
		return false
	}
	s = s[n:]
	for _, seg := range t.segments[1:last] {
		end := seg.find(s)
		if end < 0 {
			return false
		}
		s = s[end:]
	}
	return t.segments[last].suffix(s)
}

// prefix reports whether s starts with the segment, and how many bytes of s that takes.
func (g globSegment) prefix(s string) (int, bool) {
	if g.runes == nil {
		return len(g.text), strings.HasPrefix(s, g.text)
	}
	n := 0
	for _, r := range *g.runes {
		if n >= len(s) {
			return 0, false
		}
		got, size := utf8.DecodeRuneInString(s[n:])
		if r != singleRune && r != got {
			return 0, false
		}
		n += size
	}
	return n, true
}

// find is where the first place of the segment in s ends, -1 for none.
func (g globSegment) find(s string) int {
	if g.runes == nil {
		at := strings.Index(s, g.text)
		if at < 0 {
			return -1
		}
		return at + len(g.text)
	}
	for i := range s {
		if n, ok := g.prefix(s[i:]); ok {
			return i + n
		}
	}
	return -1
}

func (g globSegment) suffix(s string) bool {
	if g.runes == nil {
		return strings.HasSuffix(s, g.text)
	}
	at := len(s)
	for range *g.runes {
		if at == 0 {
			return false
		}
		_, size := utf8.DecodeLastRuneInString(s[:at])
		at -= size
	}
	n, ok := g.prefix(s[at:])
	return ok && n == len(s)-at
}

// quoted is a string as leaves print it.
func quoted(s string) string { return strconv.Quote(s) }
