package sigma

import (
	"regexp/syntax"
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

// text is the pattern as plain text; ok is false where it holds wildcards or placeholders.
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

// spelled is the pattern as Sigma spells it, placeholders included.
func spelled(g expression.Glob) string {
	var b strings.Builder
	for _, p := range g {
		switch p.Wild {
		case 0:
			b.WriteString(expression.Glob{p}.String())
		case placeholderMark:
			b.WriteString("%" + p.Text + "%")
		default:
			b.WriteByte(p.Wild)
		}
	}
	return b.String()
}

// globWithPlaceholders reads a value with modifier expand: %name% is a placeholder, \% a percent sign.
func globWithPlaceholders(s string) expression.Glob {
	var out expression.Glob
	for {
		before, name, after, found := cutPlaceholder(s)
		out = append(out, glob(strings.ReplaceAll(before, `\%`, "%"))...)
		if !found {
			return joined(out)
		}
		out = append(out, expression.GlobPart{Text: name, Wild: placeholderMark})
		s = after
	}
}

// cutPlaceholder finds the first %name% of a text, whose first percent sign no backslash precedes.
func cutPlaceholder(s string) (before, name, after string, found bool) {
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
		case s[i] == '%':
			end := strings.IndexByte(s[i+1:], '%')
			if end > 0 && placeholderName(s[i+1:i+1+end]) {
				return s[:i], s[i+1 : i+1+end], s[i+2+end:], true
			}
		}
	}
	return s, "", "", false
}

func placeholderName(s string) bool { return !strings.ContainsAny(s, " \\/") }

// placeholder is the name of the first placeholder of a text, "" for none.
func placeholder(s string) string {
	_, name, _, _ := cutPlaceholder(s)
	return name
}

// joined is the pattern with neighbouring texts made one.
func joined(g expression.Glob) expression.Glob {
	var out expression.Glob
	for _, p := range g {
		if n := len(out); p.Wild == 0 && n > 0 && out[n-1].Wild == 0 {
			out[n-1].Text += p.Text
			continue
		}
		out = append(out, p)
	}
	return out
}

// wellFormed is the error of a regular expression that RE2 does not have.
func wellFormed(pattern string) error {
	_, err := syntax.Parse(pattern, syntax.Perl)
	if err == nil {
		return nil
	}
	return wrong("take apart what looks around or back: another item, and not in the condition",
		"regular expression that RE2 does not have: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
}

// dollar is a regular expression in which $ means what it does in PCRE, Sigma's flavour: the end of the text, and
// also before a line feed that ends it. It is the same text where there is no such $, or where it is not understood:
// the compiler tells why.
func dollar(pattern string) string {
	if !strings.Contains(pattern, "$") {
		return pattern
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil || !loosen(tree) {
		return pattern
	}
	return tree.String()
}

func loosen(re *syntax.Regexp) (changed bool) {
	for _, sub := range re.Sub {
		changed = loosen(sub) || changed
	}
	if re.Op == syntax.OpEndText && re.Flags&syntax.WasDollar != 0 {
		feed := &syntax.Regexp{Op: syntax.OpLiteral, Rune: []rune{'\n'}}
		maybe := &syntax.Regexp{Op: syntax.OpQuest, Sub: []*syntax.Regexp{feed}}
		*re = syntax.Regexp{Op: syntax.OpConcat, Sub: []*syntax.Regexp{maybe, {Op: syntax.OpEndText}}}
		return true
	}
	return changed
}
