package sigma

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tocsin/internal/expression"
)

// reference is a group reference of Python's replacement texts.
var reference = regexp.MustCompile(`\\(?:g<(\w+)>|(\d+))`)

// replacing is what a replacement of texts does.
type replacing struct {
	re              *regexp.Regexp
	with            string // as [regexp.Regexp.Expand] takes it
	skip, interpret bool   // only texts between wildcards; what they become may hold wildcards
}

func replaceString(p *params) func(*run, *step) error {
	by := replacing{
		re:   p.expression("regex", ""),
		with: reference.ReplaceAllString(strings.ReplaceAll(p.need("replacement"), "$", "$$"), "$${$1$2}"),
		skip: p.flag("skip_special"), interpret: p.flag("interpret_special"),
	}
	return func(r *run, s *step) error {
		return r.eachValue(s, func(it *item, v value) ([]value, bool, error) {
			if v.kind != isText || v.plain && !isNumber(raw(v)) {
				return nil, false, nil
			}
			v.forms, v.plain = slices.Clone(v.forms), false
			for i, g := range v.forms {
				var err error
				if v.forms[i], err = by.replaced(g); err != nil {
					return nil, false, fmt.Errorf("%s: %w", it.name, err)
				}
				if len(spelledOut(v.forms[i])) > maxCondition {
					return nil, false, fmt.Errorf("%s: a value of more than %d bytes", it.name, maxCondition)
				}
			}
			return []value{v}, true, nil
		})
	}
}

// replaced is the pattern with what the expression finds in it replaced.
func (by replacing) replaced(g expression.Glob) (expression.Glob, error) {
	if !by.skip {
		return by.spelling(g)
	}
	var out expression.Glob
	for _, p := range g {
		if p.Wild != 0 {
			out = append(out, p)
			continue
		}
		found, err := by.find(p.Text)
		if err != nil {
			return nil, err
		}
		var b []byte
		at := 0
		for _, m := range found {
			b = by.re.ExpandString(append(b, p.Text[at:m[0]]...), by.with, p.Text, m)
			at = m[1]
		}
		p.Text = string(append(b, p.Text[at:]...))
		if by.interpret {
			out = append(out, glob(p.Text)...)
		} else if p.Text != "" {
			out = append(out, p)
		}
	}
	return joined(out), nil
}

// find lists what the expression finds in a text. One that also finds nothing, right behind something, finds it there
// in Python and not here.
func (by replacing) find(s string) ([][]int, error) {
	found := by.re.FindAllStringSubmatchIndex(s, -1)
	if slices.ContainsFunc(found, func(m []int) bool { return m[1] > m[0] }) && by.re.MatchString("") {
		return nil, wrong("let it find one character at least", "what is replaced, %s, may be nothing at all", by.re)
	}
	return found, nil
}

// span is a piece of a pattern's spelling: a character, a wildcard or a placeholder.
type span struct {
	from, to int
	part     expression.GlobPart
}

// spans take a pattern's spelling, which is [spelledOut], apart.
func spans(g expression.Glob) (s string, out []span) {
	add := func(text string, p expression.GlobPart) {
		out = append(out, span{len(s), len(s) + len(text), p})
		s += text
	}
	for _, p := range g {
		if p.Wild != 0 {
			add(spelledOut(expression.Glob{p}), p)
			continue
		}
		for _, c := range p.Text {
			one := expression.GlobPart{Text: string(c)}
			add(spelledOut(expression.Glob{one}), one)
		}
	}
	return s, out
}

// spelling replaces in a pattern's spelling. Only what is replaced is read anew: a backslash before a wildcard is spelled
// like a star or question mark that is none, and would be taken for it.
func (by replacing) spelling(g expression.Glob) (expression.Glob, error) {
	s, pieces := spans(g)
	found, err := by.find(s)
	if err != nil {
		return nil, err
	}
	holds := slices.ContainsFunc(g, func(p expression.GlobPart) bool { return p.Wild == placeholderMark })
	var out expression.Glob
	var anew []byte // what is read anew
	flush := func() {
		text := single.ReplaceAllString(string(anew), `\\$1`)
		if anew = anew[:0]; holds {
			out = append(out, globWithPlaceholders(text)...)
		} else {
			out = append(out, glob(text)...)
		}
	}
	keep := func(from, to int) {
		for _, p := range pieces {
			switch {
			case p.to <= from || p.from >= to:
			case p.from >= from && p.to <= to:
				flush()
				out = append(out, p.part)
			default: // partly replaced
				anew = append(anew, s[max(p.from, from):min(p.to, to)]...)
			}
		}
	}
	at := 0
	for _, m := range found {
		keep(at, m[0])
		anew = by.re.ExpandString(anew, by.with, s, m)
		at = m[1]
	}
	keep(at, len(s))
	flush()
	return joined(out), nil
}

// single is a backslash that takes no wildcard as it is.
var single = regexp.MustCompile(`\\([^*?]|$)`)
