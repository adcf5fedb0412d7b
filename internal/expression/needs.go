package expression

import (
	"cmp"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostNeeds bounds the alternatives that are kept.
const mostNeeds = 64

// Needs lists texts of which at least one is in every text that a regular expression matches, letter for letter; nil
// where none are known. They are at most 64.
func Needs(re *syntax.Regexp) []string { return needing{exact: true}.texts(re) }

// needsOf lists texts in lower case of which at least one is in the lower case of every text that a regular
// expression matches; nil where none are known.
func needsOf(re *syntax.Regexp) []string { return needing{}.texts(re) }

// A needing finds what expressions need: exact, as it is written, else in lower case.
type needing struct{ exact bool }

func (k needing) texts(re *syntax.Regexp) []string {
	n := k.of(re)
	if n.least() == 0 {
		return nil
	}
	return n.texts
}

func (k needing) letters(s string) string {
	if k.exact {
		return s
	}
	return fold(s)
}

// need is what a part of a regular expression needs: one of texts. It is whole where the part matches nothing else.
type need struct {
	texts []string
	whole bool
}

// nothing is the need of what matches the empty text alone.
func nothing() need { return need{texts: []string{""}, whole: true} }

func (n need) least() int {
	if len(n.texts) == 0 {
		return 0
	}
	least := len(n.texts[0])
	for _, s := range n.texts {
		least = min(least, len(s))
	}
	return least
}

// better reports whether n is rarer than m by rule of thumb: longer, else of signs instead of letters, else fewer.
func (n need) better(m need) bool {
	return cmp.Or(
		cmp.Compare(min(n.least(), 16), min(m.least(), 16)), cmp.Compare(n.signs(), m.signs()), cmp.Compare(len(m.texts), len(n.texts)),
	) > 0
}

// signs is 1 where each text has a character that is neither letter, digit, space nor common in paths and options.
func (n need) signs() int {
	for _, s := range n.texts {
		if !strings.ContainsFunc(s, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(` ./\:-_"`, r)
		}) {
			return 0
		}
	}
	return 1
}

func (k needing) of(re *syntax.Regexp) need {
	switch re.Op {
	case syntax.OpLiteral:
		return k.literal(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCharClass:
		return k.class(re.Rune)
	case syntax.OpCapture:
		return k.of(re.Sub[0])
	case syntax.OpPlus:
		return need{texts: k.of(re.Sub[0]).texts}
	case syntax.OpQuest:
		if n := k.of(re.Sub[0]); n.whole {
			return need{texts: append([]string{""}, n.texts...), whole: true}
		}
	case syntax.OpRepeat:
		if n := k.of(re.Sub[0]); re.Min > 0 {
			return need{texts: n.texts, whole: n.whole && re.Min == 1 && re.Max == 1}
		}
	case syntax.OpConcat:
		return k.concat(re.Sub)
	case syntax.OpAlternate:
		return k.alternate(re.Sub)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return nothing()
	}
	return need{}
}

// class are the characters of a small class of ASCII.
func (k needing) class(ranges []rune) need {
	var texts []string
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= utf8.RuneSelf || ranges[i+1]-ranges[i] > 8 {
			return need{}
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if s := k.letters(string(r)); !slices.Contains(texts, s) {
				texts = append(texts, s)
			}
		}
	}
	return need{texts: texts, whole: len(texts) > 0}
}

// literal is the text of runes. Without regard to case none is exact, and only ASCII is sure to have one lower case; of
// it the long s and the Kelvin sign match too, which [views.odd] tells.
func (k needing) literal(runes []rune, folded bool) need {
	if k.exact && folded {
		return need{}
	}
	var parts []string
	var b strings.Builder
	for _, r := range runes {
		if r == utf8.RuneError || folded && r >= utf8.RuneSelf {
			parts = append(parts, b.String())
			b.Reset()
			continue
		}
		b.WriteRune(r)
	}
	parts = append(parts, b.String())
	longest := slices.MaxFunc(parts, func(a, b string) int { return len(a) - len(b) })
	return need{texts: []string{k.letters(longest)}, whole: len(parts) == 1}
}

// concat joins neighbours that match few texts each, and takes the best of what then is there.
func (k needing) concat(subs []*syntax.Regexp) need {
	best, run, whole := need{}, nothing(), true
	take := func(n need) {
		if n.better(best) {
			best = n
		}
	}
	for _, sub := range subs {
		n := k.of(sub)
		if joined, ok := join(run, n); ok {
			run = joined
			continue
		}
		whole = false
		take(run)
		if run = n; !n.whole {
			take(n)
			run = nothing()
		}
	}
	if whole {
		return run
	}
	take(run)
	return need{texts: best.texts}
}

// join are the texts of one need, each followed by those of the other, if both are whole and that is not too many.
func join(n, m need) (need, bool) {
	if !n.whole || !m.whole || len(n.texts)*len(m.texts) > mostNeeds {
		return need{}, false
	}
	out := need{whole: true}
	for _, a := range n.texts {
		for _, b := range m.texts {
			if s := a + b; !slices.Contains(out.texts, s) {
				out.texts = append(out.texts, s)
			}
		}
	}
	return out, true
}

func (k needing) alternate(subs []*syntax.Regexp) need {
	all := need{whole: true}
	for _, sub := range subs {
		n := k.of(sub)
		if len(n.texts) == 0 || len(all.texts)+len(n.texts) > mostNeeds {
			return need{}
		}
		all = need{texts: append(all.texts, n.texts...), whole: all.whole && n.whole}
	}
	return all
}
