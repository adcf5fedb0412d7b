package decode

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
)

// grokReference is what stands in a pattern for another one.
var grokReference = regexp.MustCompile(`%\{\w+(?::[\w+.]+(?::\w+)?)?\}`)

// needed are texts of which one stands in every line that a pattern of grok fits; none where that cannot be told. What
// the pattern refers to may be anything. Looking for a text costs a hundredth of trying the pattern, and of the many
// sentences of a product a line is one.
func needed(pattern string) []string {
	re, err := syntax.Parse(grokReference.ReplaceAllLiteralString(pattern, `(?s:.*)`), syntax.Perl)
	if err != nil {
		return nil
	}
	return neededBy(re)
}

// neededBy is [needed] of an expression.
func neededBy(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []string{string(re.Rune)}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return neededBy(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return neededBy(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if one := neededBy(sub); shortest(one) > shortest(best) {
				best = one
			}
		}
		return best
	case syntax.OpAlternate:
		return neededByAny(re.Sub)
	}
	return nil
}

// neededByAny is [needed] of expressions of which one fits.
func neededByAny(subs []*syntax.Regexp) []string {
	const most = 8 // texts: more of them are not looked for faster than the pattern
	var all []string
	for _, sub := range subs {
		one := neededBy(sub)
		if all = append(all, one...); len(one) == 0 || len(all) > most {
			return nil
		}
	}
	return all
}

// shortest is the length of the shortest of some texts, 0 where there is none.
func shortest(texts []string) int {
	if len(texts) == 0 {
		return 0
	}
	return len(slices.MinFunc(texts, func(a, b string) int { return len(a) - len(b) }))
}

// holdsOne reports whether one of some texts stands in s, or there are none.
func holdsOne(s string, texts []string) bool {
	return len(texts) == 0 || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(s, text) })
}
