package sigma

import (
	"strings"

	"tocsin/internal/expression"
)

// glob reads a value as Sigma spells it: * and ? are wildcards; a backslash before one of them, or before another
// backslash, takes it as it is; any other backslash stands for itself.
func glob(s string) expression.Glob {
	var g expression.Glob
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			g = append(g, expression.GlobPart{Text: b.String()})
			b.Reset()
		}
	}
	escaped := false
	for i := range len(s) {
		c := s[i]
		switch {
		case escaped:
			if c != '*' && c != '?' && c != '\\' {
				b.WriteByte('\\')
			}
			b.WriteByte(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == '*' || c == '?':
			flush()
			g = append(g, expression.GlobPart{Wild: c})
		default:
			b.WriteByte(c)
		}
	}
	if escaped {
		b.WriteByte('\\')
	}
	flush()
	return g
}

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
