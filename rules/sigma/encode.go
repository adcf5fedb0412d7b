package sigma

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"tocsin/internal/expression"
)

// errWild refuses an encoding of what is not known whole.
var errWild error = &remedied{reason: "encodes a value that holds wildcards", remedy: "put the encoding before contains, startswith and endswith, and take wildcards out of the value"}

// utf16Bytes is a pattern with its texts in UTF-16, as the bytes that they are there; mark puts a byte order mark before it.
func utf16Bytes(g expression.Glob, bigEndian, mark bool) expression.Glob {
	out := make(expression.Glob, 0, len(g)+1)
	if mark {
		out = append(out, expression.GlobPart{Text: "\xff\xfe"})
	}
	for _, p := range g {
		if p.Wild == 0 {
			var b []byte
			for _, u := range utf16.Encode([]rune(p.Text)) {
				if bigEndian {
					b = append(b, byte(u>>8), byte(u))
				} else {
					b = append(b, byte(u), byte(u>>8))
				}
			}
			p.Text = string(b)
		}
		out = append(out, p)
	}
	return joined(out)
}

func base64Of(g expression.Glob) (expression.Glob, error) {
	s, ok := text(g)
	if !ok {
		return nil, fmt.Errorf("base64 %w", errWild)
	}
	return literal(base64.StdEncoding.EncodeToString([]byte(s))), nil
}

// base64Offsets are the three forms that a text takes inside a longer base64 text, without the characters that
// depend on its neighbours.
func base64Offsets(g expression.Glob) ([]expression.Glob, error) {
	s, ok := text(g)
	if !ok {
		return nil, fmt.Errorf("base64offset %w", errWild)
	}
	start, end := [3]int{0, 2, 3}, [3]int{0, 3, 2}
	out := make([]expression.Glob, 0, 3)
	for i := range 3 {
		e := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(" ", i) + s))
		from, to := start[i], len(e)-end[(len(s)+i)%3]
		if from >= to {
			return nil, wrong("take a longer text", "base64offset of a text that is too short to be found at every offset")
		}
		out = append(out, literal(e[from:to]))
	}
	return out, nil
}

// dashes are what windash takes a dash or slash for.
var dashes = []string{"-", "/", "\u2013", "\u2014", "\u2015"}

// maxDashes bounds the forms of one value: five for each dash.
const maxDashes = 4

// windash are the forms of a pattern with every dash or slash that opens a word replaced by each of [dashes].
func windash(g expression.Glob) ([]expression.Glob, error) {
	out := []expression.Glob{nil}
	found := 0
	for _, p := range g {
		if p.Wild != 0 {
			for i := range out {
				out[i] = append(slices.Clip(out[i]), p)
			}
			continue
		}
		pieces := splitDashes(p.Text)
		if found += len(pieces) - 1; found > maxDashes {
			return nil, wrong("take it apart with contains and all", "windash of a value with more than %d dashes", maxDashes)
		}
		forms := []string{pieces[0]}
		for _, piece := range pieces[1:] {
			var longer []string
			for _, f := range forms {
				for _, d := range dashes {
					longer = append(longer, f+d+piece)
				}
			}
			forms = longer
		}
		var next []expression.Glob
		for _, o := range out {
			for _, f := range forms {
				next = append(next, append(slices.Clip(o), expression.GlobPart{Text: f}))
			}
		}
		out = next
	}
	return out, nil
}

// splitDashes cuts a text at each - or / that follows no word character and precedes one.
func splitDashes(s string) []string {
	var pieces []string
	from, before := 0, ' '
	for i, r := range s {
		if r == '-' || r == '/' {
			after, _ := utf8.DecodeRuneInString(s[i+1:])
			if !word(before) && i+1 < len(s) && word(after) {
				pieces = append(pieces, s[from:i])
				from = i + 1
			}
		}
		before = r
	}
	return append(pieces, s[from:])
}

func word(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
