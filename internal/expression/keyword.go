package expression

import (
	"math/bits"
	"strings"

	"tocsin/internal/expression/literal"
)

// keywords are texts in lower-case ASCII of which one stands in every record, as it was received, that satisfies a
// leaf about the whole record: without what JSON may write in several ways. It is nil where there are none of use.
func (l *leaf) keywords() []string {
	switch t := l.test.(type) {
	case globTest:
		var all []string
		for _, runs := range t.runs() {
			all = append(all, runs...)
		}
		if s := longestPart(all...); s != "" {
			return []string{s}
		}
	case patternTest:
		var all []string
		for _, need := range t.needs {
			s := longestPart(need)
			if s == "" || strings.ContainsRune(need, 's') { // which matches a long s without regard to case
				return nil
			}
			all = append(all, s)
		}
		return all
	}
	return nil
}

// longestPart is the longest part of texts that a record writes in one way, "" where all are too short.
func longestPart(texts ...string) string {
	best := ""
	for _, text := range texts {
		for part := range strings.FieldsFuncSeq(fold(text), mayBeEscaped) {
			if len(part) > len(best) {
				best = part
			}
		}
	}
	if len(best) < literal.LeastLoose {
		return ""
	}
	return best
}

func mayBeEscaped(r rune) bool { return r < ' ' || r >= 0x7f || r == '"' || r == '\\' || r == '/' }

// record finds keywords in records.
type record struct{ keywords *literal.Loose }

// search adds to hits the keywords that the loaded alert's record may hold.
func (r *record) search(e *Evaluator, hits *literal.Hits) {
	switch said, raw := e.record.said, e.record.raw; {
	case said != "" && !foldsToASCII(said):
		r.keywords.Find(said, hits)
		return
	case said == "" && len(raw) > 0 && asWritten(shared(raw)):
		r.keywords.Find(shared(raw), hits)
		return
	}
	for _, text := range e.mentions(inFolded) {
		r.keywords.Find(text, hits)
	}
}

// asWritten reports whether every ASCII text that a record holds stands in it byte by byte: no escaped characters, and
// none outside ASCII whose lower case lies in it.
func asWritten(raw string) bool {
	escaped, ascii := scanned(raw)
	return !escaped && (ascii || !foldsToASCII(raw))
}

// foldsToASCII reports whether s has one of the two characters outside ASCII whose lower case lies in it.
func foldsToASCII(s string) bool { return strings.Contains(s, "İ") || strings.Contains(s, "\u212a") }

// scanned reports whether a record has a character that is escaped by its number, and whether it is all ASCII.
func scanned(s string) (escaped, ascii bool) {
	var all uint64
	i, second := 0, -1 // second: the character that a backslash escapes
	for ; i+8 <= len(s); i += 8 {
		w := word(s, i)
		all |= w
		x := w ^ '\\'*oneBits
		for found := (x - oneBits) &^ x & highBits; found != 0; found &= found - 1 {
			at := i + bits.TrailingZeros64(found)/8
			if s[at] != '\\' || at == second {
				continue
			}
			if second = at + 1; second < len(s) && s[second] == 'u' {
				return true, false
			}
		}
	}
	for ; i < len(s); i++ {
		all |= uint64(s[i])
		if s[i] != '\\' || i == second {
			continue
		}
		if second = i + 1; second < len(s) && s[second] == 'u' {
			return true, false
		}
	}
	return false, all&highBits == 0
}
