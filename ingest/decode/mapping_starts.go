package decode

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode/utf8"
)

// Starts are texts of which one stands where a pattern of grok begins to fit, whatever the line. What stands before the first of
// them need not be looked at: a pattern is tried at each place of a line, and of many patterns the first part is what most
// places fail at, slowly. The zero value is of a pattern that may begin with anything.
type starts struct {
	texts  []string
	folded bool // they are in small letters, and the line may have them in others
}

// mostStarts is how many texts a line is searched for at most.
const mostStarts = 8

// startsOf are those of a pattern.
func startsOf(pattern string) starts {
	re, err := syntax.Parse(grokReference.ReplaceAllLiteralString(pattern, `(?s:.*)`), syntax.Perl)
	if err != nil {
		return starts{}
	}
	var s starts
	if s.texts, _ = s.of(re); slices.Contains(s.texts, "") {
		return starts{}
	}
	if s.folded {
		for i, t := range s.texts {
			s.texts[i] = strings.ToLower(t)
		}
	}
	return s
}

// of are texts of which each match of re begins with one, nil for none that can be told. Whole says that the match is one of them
// and no more: what follows goes on from there.
func (s *starts) of(re *syntax.Regexp) (texts []string, whole bool) {
	switch re.Op {
	case syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		s.folded = s.folded || re.Flags&syntax.FoldCase != 0
		return []string{string(re.Rune)}, true
	case syntax.OpCharClass:
		return ofClass(re.Rune)
	case syntax.OpCapture:
		return s.of(re.Sub[0])
	case syntax.OpPlus:
		texts, _ = s.of(re.Sub[0])
		return texts, false
	case syntax.OpQuest:
		if texts, whole = s.of(re.Sub[0]); texts != nil {
			texts = append(texts, "")
		}
		return texts, whole
	case syntax.OpConcat:
		return s.ofSequence(re.Sub)
	case syntax.OpAlternate:
		return s.ofAny(re.Sub)
	}
	return nil, false
}

// ofAny are the beginnings of what can stand in one place.
func (s *starts) ofAny(all []*syntax.Regexp) (texts []string, whole bool) {
	whole = true
	for _, sub := range all {
		more, own := s.of(sub)
		if more == nil || len(texts)+len(more) > mostStarts {
			return nil, false
		}
		texts, whole = append(texts, more...), whole && own
	}
	return texts, whole
}

// ofSequence are the beginnings of parts that follow each other.
func (s *starts) ofSequence(parts []*syntax.Regexp) (texts []string, whole bool) {
	texts = []string{""}
	for _, part := range parts {
		next, own := s.of(part)
		if next == nil || len(texts)*len(next) > mostStarts {
			return texts, false
		}
		var longer []string
		for _, t := range texts {
			for _, n := range next {
				longer = append(longer, t+n)
			}
		}
		if texts = longer; !own {
			return texts, false
		}
	}
	return texts, true
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

// from is a line from where the pattern can begin to fit on, with the character before that: it decides whether a word begins.
// It is false where the pattern fits nowhere.
func (s *starts) from(line string) (string, bool) {
	if len(s.texts) == 0 {
		return line, true
	}
	searched := line
	if s.folded {
		for i := range len(line) {
			if line[i] >= utf8.RuneSelf { // some of these differ from a letter of ASCII in case alone
				return line, true
			}
		}
		searched = strings.ToLower(line)
	}
	first := len(line)
	for _, t := range s.texts {
		if i := strings.Index(searched[:min(first+len(t), len(line))], t); i >= 0 {
			first = min(first, i)
		}
	}
	return line[max(first-1, 0):], first < len(line)
}
