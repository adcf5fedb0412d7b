package automaton

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// patterns are of the kinds that rules have, and those that are hard.
var patterns = []string{
	``, `a`, `^a`, `a$`, `^$`, `^a*$`, `(?i)a.*B`, `a.c`, `(?s)a.c`, `\bab\b`, `\Bb\B`, `(?m)^b$`, `(?m)a$`, `\Aab`, `ab\z`, `a{2,4}b`, `(ab|ba)+c?`,
	`[^a]b`, `[a-c]{3}`, `\w+\s\w`, `\d\W`, `(?i)k`, `(?i)s`, `é+`, `[à-ü]b`, `[^x]`, `\x{1F600}`, `.{3}`, `a*?b`, `(a|b|)c`, `(?:cmd|pwsh).{0,5}(?:/c|/r)`,
	`"(?:\{\d\})+"\s*-f`, `a.*b.*c.*a`, `(?i)(set).*&&\s?set`, `[\s\S]a`, `^[^\n]+$`, `\.$`, `a|^b|c$`, `(?:)`, `[^\x00-\x7F]`, `x*`, `(a*)*b`, `\pL+1`,
}

// TestMatch holds that a machine finds what regexp finds.
func TestMatch(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	letters := []rune("aabbc AB.1_\n/cKkſKsSé😀\"{}-fü\x00\r")
	for _, p := range patterns {
		re := regexp.MustCompile(p)
		m := New(re)
		for range 3_000 {
			text := make([]rune, r.IntN(12))
			for i := range text {
				text[i] = letters[r.IntN(len(letters))]
			}
			s := string(text)
			if r.IntN(50) == 0 {
				s += "\xff" + s
			}
			if got, want := m.Match(s), re.MatchString(s); got != want {
				t.Fatalf("%q in %q: %t, want %t", p, s, got, want)
			}
		}
	}
}

func FuzzMatch(f *testing.F) {
	for _, p := range patterns {
		f.Add(p, "ab a\nB cmd /c K\u212a é")
	}
	f.Fuzz(func(t *testing.T, p, s string) {
		re, err := regexp.Compile(p)
		if err != nil || len(p) > 200 || len(s) > 1000 {
			return
		}
		m := New(re)
		for _, text := range []string{s, s + s, s} {
			if got, want := m.Match(text), re.MatchString(text); got != want {
				t.Fatalf("%q in %q: %t, want %t", p, text, got, want)
			}
		}
	})
}

// TestMatchWithoutRoom holds that an expression which leads to ever new states is matched all the same, in bounded memory
// and in time that grows with the text alone.
func TestMatchWithoutRoom(t *testing.T) {
	re := regexp.MustCompile(`(?:a|b)*a(?:a|b){20}c`)
	m := New(re)
	r := rand.New(rand.NewPCG(9, 10))
	for i := range 20 {
		var b strings.Builder
		for range 5_000 {
			b.WriteByte("ab"[r.IntN(2)])
		}
		if i%3 == 0 {
			b.WriteString(strings.Repeat("a", 21) + "c")
		}
		if got, want := m.Match(b.String()), re.MatchString(b.String()); got != want {
			t.Fatalf("text %d: %t, want %t", i, got, want)
		}
		if len(m.next) > maxCells {
			t.Fatalf("the table has %d cells", len(m.next))
		}
	}
	if m.full != maxFull || m.next != nil {
		t.Errorf("it ran out of room %d times and keeps %d cells; want it to give up after %d", m.full, len(m.next), maxFull)
	}
}

func BenchmarkMatch(b *testing.B) {
	text := strings.Repeat(`"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -NoProfile -Command "& {Get-Item}" `, 20)
	for _, p := range []string{`"(?:\{\d\})+"\s*-f`, `cmd.{0,5}(?:/c|/r).+powershell.+(?:\$?\{?input\}?|noexit).+"`, `(?i)net\s+config`} {
		re := regexp.MustCompile(p)
		m := New(re)
		for name, match := range map[string]func(string) bool{"automaton": m.Match, "regexp": re.MatchString} {
			b.Run(fmt.Sprintf("%.12q/%s", p, name), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					match(text)
				}
			})
		}
	}
}
