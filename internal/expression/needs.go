package expression

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	leastNeed = 3  // bytes of a text that is worth asking for
	mostNeeds = 64 // alternatives
)

// needsOf lists texts in lower case of which at least one is in the lower case of every text that a regular
// expression matches; nil where none are known.
func needsOf(re *syntax.Regexp) []string {
	n := needOf(re)
	if n.least() < leastNeed {
		return nil
	}
	return n.texts
}

// need is what a part of a regular expression needs: one of texts. It is whole where the part matches nothing else.
type need struct {
	texts []string
	whole bool
}

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

// better reports whether n is rarer than m by rule of thumb.
func (n need) better(m need) bool {
	a, b := min(n.least(), 16), min(m.least(), 16)
	return a > b || a == b && len(n.texts) < len(m.texts)
}

func needOf(re *syntax.Regexp) need {
	switch re.Op {
	case syntax.OpLiteral:
		return literalNeed(re.Rune, re.Flags&syntax.FoldCase != 0)
	case syntax.OpCapture:
		return needOf(re.Sub[0])
	case syntax.OpPlus:
		return need{texts: needOf(re.Sub[0]).texts}
	case syntax.OpRepeat:
		if re.Min > 0 {
			return need{texts: needOf(re.Sub[0]).texts}
		}
	case syntax.OpConcat:
		return concatNeed(re.Sub)
	case syntax.OpAlternate:
		return alternateNeed(re.Sub)
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return need{texts: []string{""}, whole: true}
	}
	return need{}
}

// literalNeed is the text of runes. Without regard to case only ASCII is sure to have one lower case; of it the long s
// and the Kelvin sign match too, which [views.odd] tells.
func literalNeed(runes []rune, folded bool) need {
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
	return need{texts: []string{fold(longest)}, whole: len(parts) == 1}
}

// concatNeed joins neighbours that match one text each, and takes the best of what then is there.
func concatNeed(subs []*syntax.Regexp) need {
	var best need
	run, whole := "", true
	for _, sub := range subs {
		n := needOf(sub)
		if n.whole && len(n.texts) == 1 {
			run += n.texts[0]
			continue
		}
		whole = false
		for _, candidate := range []need{{texts: []string{run}}, n} {
			if candidate.better(best) {
				best = candidate
			}
		}
		run = ""
	}
	last := need{texts: []string{run}, whole: whole}
	if whole || last.better(best) {
		return last
	}
	return need{texts: best.texts}
}

func alternateNeed(subs []*syntax.Regexp) need {
	var all need
	for _, sub := range subs {
		n := needOf(sub)
		if n.least() == 0 || len(all.texts)+len(n.texts) > mostNeeds {
			return need{}
		}
		all.texts = append(all.texts, n.texts...)
	}
	return all
}
