package decode

import (
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"

	"tocsin/internal/expression"
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
	return expression.Needs(re)
}

// holdsOne reports whether one of some texts stands in s, or there are none.
func holdsOne(s string, texts []string) bool {
	return len(texts) == 0 || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(s, text) })
}
