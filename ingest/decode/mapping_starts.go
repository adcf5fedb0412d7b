package decode

import (
	"regexp/syntax"
	"strings"
	"unicode"
)

// starts are texts of which one stands where a pattern of grok begins to fit, whatever the line; none where that cannot be told.
// What stands before the first of them need not be looked at: a pattern is tried at each place of a line, and of
// many patterns the first part is what most places fail at, slowly.
func starts(pattern string) []string {
	re, err := syntax.Parse(grokReference.ReplaceAllLiteralString(pattern, `(?s:.*)`), syntax.Perl)
	if err != nil {
		return nil
	}
	texts, _ := beginnings(re)
	for _, t := range texts {
		if t == "" {
			return nil
		}
	}
	return texts
}

// mostStarts is how many texts a line is searched for at most.
const mostStarts = 8

// beginnings are texts of which each match of re begins with one, nil for none that can be told. Whole says that the match is one
// of them and no more: what follows goes on from there.
func beginnings(re *syntax.Regexp) (texts []string, whole bool) {
	switch re.Op {
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return []string{string(re.Rune)}, true
		}
		return folded(re.Rune[0]), len(re.Rune) == 1
	case syntax.OpCharClass:
		return ofClass(re.Rune)
	case syntax.OpCapture:
		return beginnings(re.Sub[0])
	case syntax.OpPlus:
		texts, _ = beginnings(re.Sub[0])
		return texts, false
	case syntax.OpConcat:
		return ofSequence(re.Sub)
	case syntax.OpAlternate:
		whole = true
		for _, sub := range re.Sub {
			more, all := beginnings(sub)
			if more == nil || len(texts)+len(more) > mostStarts {
				return nil, false
			}
			texts, whole = append(texts, more...), whole && all
		}
		return texts, whole
	}
	return nil, false
}

// folded are a letter and those that differ from it in case alone.
func folded(r rune) []string {
	texts := []string{string(r)}
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		texts = append(texts, string(o))
	}
	return texts
}

// ofClass are the characters of a small class.
func ofClass(ranges []rune) (texts []string, whole bool) {
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if len(texts) == mostStarts {
				return nil, false
			}
			texts = append(texts, string(r))
		}
	}
	return texts, true
}

// ofSequence are the beginnings of parts that follow each other.
func ofSequence(parts []*syntax.Regexp) (texts []string, whole bool) {
	texts = []string{""}
	for _, part := range parts {
		next, all := beginnings(part)
		if next == nil || len(texts)*len(next) > mostStarts {
			return texts, false
		}
		var longer []string
		for _, t := range texts {
			for _, n := range next {
				longer = append(longer, t+n)
			}
		}
		if texts = longer; !all {
			return texts, false
		}
	}
	return texts, true
}

// from is the line from where the pattern can begin to fit on, with the character before that: it decides whether a word begins.
func (p *pattern) from(s string) string {
	first := len(s)
	for _, t := range p.starts {
		if i := strings.Index(s[:min(first+len(t), len(s))], t); i >= 0 {
			first = min(first, i)
		}
	}
	if len(p.starts) == 0 {
		return s
	}
	return s[max(first-1, 0):]
}
