package expression

import (
	"strings"

	"tocsin/internal/expression/literal"
)

// want is a text or a number that a leaf wants among the values of its field.
type want struct {
	mod    modifier // the view that shows it
	place  literal.Place
	text   string
	number float64 // where numeric
	kind   wantKind
}

type wantKind uint8

const (
	decides wantKind = iota // a text: where it is found the leaf holds
	hints                   // a text: where it is found the leaf may hold
	numeric                 // a number: values that equal it may satisfy the leaf
)

// wantsOf lists what of which one must be there for the leaf to hold. Nil means that there is no such list.
func wantsOf(l *leaf) []want {
	if l.mode != anyItem || l.member > 0 || l.mod == inUpper {
		return nil
	}
	switch t := l.test.(type) {
	case partTest:
		if t.text == "" && t.place != literal.Whole {
			return nil
		}
		return []want{{mod: l.mod, place: t.place, text: t.text}}
	case equalText:
		return equalWants(l.mod, scalar{kind: kindText, s: t.s})
	case ordered:
		if t.op != isEqual {
			return nil
		}
		return equalWants(l.mod, t.other)
	case oneOf:
		return t.wants(l.mod)
	case globTest:
		return globWants(l.mod, t.runs())
	case wildTest:
		return t.wants(l.mod)
	case patternTest:
		return t.wants(l.mod)
	default:
		return nil
	}
}

// equalWants are what is equal to a constant: its text, and what is the same number.
func equalWants(m modifier, v scalar) []want {
	switch v.kind {
	case kindText:
		wants := []want{{mod: m, place: literal.Whole, text: v.s}}
		if n, ok := parsed(v.s).number(); ok && m == asIs {
			wants = append(wants, want{kind: numeric, number: n})
		}
		return wants
	case kindInt, kindFloat:
		if n, _ := v.number(); m == asIs {
			return []want{{kind: numeric, number: n}}
		}
	}
	return nil
}

func (t oneOf) wants(m modifier) []want {
	var all []want
	for s := range t.texts {
		all = append(all, equalWants(m, scalar{kind: kindText, s: s})...)
	}
	for _, v := range t.rest {
		if v.s != "" { // a text, listed above
			continue
		}
		wants := equalWants(m, v)
		if wants == nil {
			return nil
		}
		all = append(all, wants...)
	}
	return all
}

func (t wildTest) wants(m modifier) []want {
	if m != inLower {
		return nil
	}
	var all []want
	for _, w := range t.patterns {
		var segments [][]string
		for _, part := range w.parts {
			segments = append(segments, strings.Split(part, string(anyRune)))
		}
		wants := globWants(m, segments)
		if wants == nil {
			return nil
		}
		all = append(all, wants...)
	}
	return all
}

// runs are the texts of each segment between its single characters.
func (t globTest) runs() [][]string {
	segments := make([][]string, len(t.segments))
	for i, s := range t.segments {
		if s.runes == nil {
			segments[i] = []string{s.text}
			continue
		}
		from := 0
		for j, r := range *s.runes {
			if r == singleRune {
				segments[i] = append(segments[i], string((*s.runes)[from:j]))
				from = j + 1
			}
		}
		segments[i] = append(segments[i], string((*s.runes)[from:]))
	}
	return segments
}

// globWants is what a pattern wants: all of its text, where it is in one place, else the longest part of it. A pattern
// that regards case is looked for in lower case, so that one view serves all.
func globWants(m modifier, segments [][]string) []want {
	best, only := want{}, true
	for i, runs := range segments {
		only = only && len(runs) == 1
		for j, text := range runs {
			if text == "" {
				continue
			}
			only = only && best.text == ""
			if len(text) > len(best.text) {
				best = want{mod: m, place: placeOf(i, len(segments), j, len(runs)), text: text}
			}
		}
	}
	if best.text == "" {
		if len(segments) == 1 && only {
			return []want{{mod: lowerView[m], place: literal.Whole}}
		}
		return nil
	}
	if !only {
		best.kind = hints
	}
	if m == inText {
		best.mod, best.text, best.kind = inFolded, fold(best.text), hints
	}
	return []want{best}
}

// placeOf is where run j of segment i stands.
func placeOf(i, segments, j, runs int) literal.Place {
	opens, closes := i == 0 && j == 0, i == segments-1 && j == runs-1
	switch {
	case opens && closes:
		return literal.Whole
	case opens:
		return literal.Opens
	case closes:
		return literal.Closes
	default:
		return literal.Inside
	}
}

// lowerView is the view that shows in lower case what another shows.
var lowerView = [modifiers]modifier{asIs: inLower, inLower: inLower, inUpper: inUpper, inText: inFolded, inFolded: inFolded}

func (t patternTest) wants(m modifier) []want {
	var all []want
	for _, need := range t.needs {
		all = append(all, want{mod: lowerView[m], place: literal.Inside, text: need, kind: hints})
	}
	return all
}
