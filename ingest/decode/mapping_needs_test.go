package decode

import (
	"strings"
	"testing"

	"github.com/elastic/go-grok"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNeeded(t *testing.T) {
	for pattern, want := range map[string][]string{
		`^Login (?P<verdict>denied|permitted) from %{IP:src}`: {"Login denied from ", "Login permitted from "},
		`a(?:bc|def)`:                    {"abc", "adef"},
		`(?:denied|dropped) %{WORD:x}`:   {"denied ", "dropped "},
		`(?:denied|)%{WORD:x} ok`:        {" ok"},
		`(?i)login %{WORD:x}`:            nil,
		`%%{WORD:product}-(?P<n>\d{6})`:  {"%"},
		`%{IP:src}`:                      nil,
		`(?:abc)?%{IP:src}`:              nil,
		`(?:abc)*%{IP:src}(?:def){2,}`:   {"def"},
		`(?:abc){0,3}%{IP:src}(?:def)+x`: {"def"},
		`(`:                              nil,
	} {
		if diff := cmp.Diff(want, needed(pattern)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

// A pattern that fits a line fits it behind the search for what it needs.
func TestNeededIsNecessary(t *testing.T) {
	own := map[string]string{"P": "x|yz", "Q": "(?i)login"}
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"a", "bc", "(?:a|bc)", "(?:a|bc)?", "%{P}", "%{P:p}", "%{Q:q}", "(?P<n>a+)", "(?:bc){2}", "[ab]", ".*", `\.`, "(?i:a)", "%", "(?:)", "^", "$", "|"})
		text := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), "")
		g, err := grok.NewWithPatterns(own)
		if err != nil || g.Compile(text, true) != nil {
			t.Skip("no pattern")
		}
		line := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "bc", "x", "yz", ".", "%", "LOGIN", " "}), 0, 6).Draw(t, "line"), "")
		if g.MatchString(line) && !holdsOne(line, needed(text)) {
			t.Fatalf("%s fits %q, which has none of %q", text, line, needed(text))
		}
	})
}

func TestStarts(t *testing.T) {
	for pattern, want := range map[string][]string{
		`\bfrom +(?:an? +)?%{IP:ip}`:    {"from "},
		`\b[Uu]ser \(?(?P<user>\S+)`:    {"User ", "user "},
		`(?P<verdict>denied|dropped) x`: {"denied x", "dropped x"},
		`a|b(?:c|d)e`:                   {"a", "bce", "bde"},
		`(?i)login`:                     {"L", "l"},
		`^login`:                        nil,
		`%{IP:src} login`:               nil,
		`\b%{WORD:x}`:                   nil,
		`[a-z]login`:                    nil,
		`(?:login)?x`:                   nil,
		`x*login`:                       nil,
	} {
		if diff := cmp.Diff(want, starts(pattern)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

// A pattern finds in a line from where it can begin to fit on what it finds in the whole line.
func TestStartsLoseNothing(t *testing.T) {
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"a", "bc", "(?:a|bc)", "(?P<m>a|bc)?", "%{P:p}", "(?P<n>a+)", "(?P<o>bc){2}", "[ab]", "(?P<q>.*)", `\.`, `\b`, `\B`, "(?i:a)", " ", "(?:)", "^", "$", "|", "é"})
		text := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), "")
		g, err := grok.NewWithPatterns(map[string]string{"P": "x|yz"})
		if err != nil || g.Compile(text, true) != nil {
			t.Skip("no pattern")
		}
		line := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "bc", "x", "yz", ".", " ", "é", "b"}), 0, 8).Draw(t, "line"), "")
		p := pattern{starts: starts(text)}
		if len(p.starts) > 0 {
			met++
		}
		whole, _ := g.ParseString(line)
		cut, _ := g.ParseString(p.from(line))
		if diff := cmp.Diff(whole, cut); diff != "" {
			t.Fatalf("%s in %q, from %q on (-whole +cut):\n%s", text, line, p.from(line), diff)
		}
	})
	if met == 0 {
		t.Error("no pattern tells how it begins: the property says nothing")
	}
}
