package sigma

import (
	"strings"

	"tocsin/internal/expression"
)

// glob reads a value as Sigma spells it.
func glob(s string) expression.Glob { return expression.ParseGlob(s) }

var star = expression.GlobPart{Wild: '*'}

// literal is a pattern without wildcards.
func literal(s string) expression.Glob {
	if s == "" {
		return nil
	}
	return expression.Glob{{Text: s}}
}

// text is the pattern as plain text; ok is false where it holds wildcards.
func text(g expression.Glob) (s string, ok bool) {
	var b strings.Builder
	for _, p := range g {
		if p.Wild != 0 {
			return "", false
		}
		b.WriteString(p.Text)
	}
	return b.String(), true
}

// placeholder finds %name% in the plain parts of a pattern.
func placeholder(g expression.Glob) string {
	for _, p := range g {
		if p.Wild != 0 {
			continue
		}
		_, rest, ok := strings.Cut(p.Text, "%")
		for ok {
			name, after, closed := strings.Cut(rest, "%")
			if closed && name != "" && !strings.ContainsAny(name, " \\/") {
				return "%" + name + "%"
			}
			rest, ok = after, closed
		}
	}
	return ""
}
