package expression

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestNeeds holds that what a regular expression is said to need is in all that it matches.
func TestNeeds(t *testing.T) {
	pieces := []string{
		"a", "bs", "(?i)sk", "[ab]", "[aA]", "x?", "(?:ab|cd)", "(?:ab|c?)", "b+", "[0-9a-f]{9}", "(?:ab){2}", ".", `\s`, "^", "$", `\b`, "a{0,2}", "(é|ß)", "[^a]", "(?i:K)", "|",
	}
	texts := []string{"a", "b", "ab", "cd", "s", "K", "k", "ſ", "\u212a", "é", "x", " ", "0123456789", "S", "A", "\xff"}
	rapid.Check(t, func(t *rapid.T) {
		pattern := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(t, "pieces"), "")
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Skip()
		}
		re, text := regexp.MustCompile(pattern), strings.Join(rapid.SliceOfN(rapid.SampledFrom(texts), 0, 8).Draw(t, "texts"), "")
		if !re.MatchString(text) || strings.Contains(text, "ſ") {
			return
		}
		p := patternTest{needs: needsOf(tree), least: shortest(tree), row: longestRun(tree)}
		if len(p.needs) > 0 && !p.possible(fold(text)) || len(text) < p.least || p.row.least > 0 && !p.row.in(text) {
			t.Fatalf("%q matches %q and needs %q, %d bytes, %d in a row", pattern, text, p.needs, p.least, p.row.least)
		}
	})
}

// TestLower holds that lower case is what the library says.
func TestLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.SampledFrom([]byte("aAzZ@[`{09 \xc3\x89\xc4\xb0\xff"))).Draw(t, "bytes"))
		got, ascii := appendLower([]byte("x"), s)
		if want := strings.ToLower(s); string(got[1:]) != want {
			t.Fatalf("%q is %q, want %q", s, got[1:], want)
		}
		if plain := strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0; ascii != plain {
			t.Fatalf("%q is ASCII: %v", s, ascii)
		}
	})
}

// TestScanned holds that escapes are found wherever they stand.
func TestScanned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.SampledFrom([]byte("\\ua\xc3"))).Draw(t, "bytes"))
		escaped, ascii := scanned(s)
		if escaped != regexp.MustCompile(`^(?:[^\\]|\\[^u])*\\u`).MatchString(s) || !escaped && ascii == strings.Contains(s, "\xc3") {
			t.Fatalf("%q: escaped %v, ASCII %v", s, escaped, ascii)
		}
	})
}
