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
