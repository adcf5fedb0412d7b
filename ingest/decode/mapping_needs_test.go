package decode

import (
	"errors"
	"net/netip"
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
		`\b[Uu]ser \(?(?P<user>\S+)`:    {"user (", "user "},
		`(?P<verdict>denied|dropped) x`: {"denied x", "dropped x"},
		`a|b(?:c|d)e`:                   {"a", "bce", "bde"},
		`(?i)login`:                     {"login"},
		`^login`:                        nil,
		`%{IP:src} login`:               nil,
		`\b%{WORD:x}`:                   nil,
		`[a-z]login`:                    nil,
		`(?:login)?x`:                   {"loginx", "x"},
		`x*login`:                       nil,
	} {
		if diff := cmp.Diff(want, startsOf(pattern).texts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pattern, diff)
		}
	}
}

// A pattern finds in a line from where it can begin to fit on what it finds in the whole line.
func TestStartsLoseNothing(t *testing.T) {
	met := 0
	rapid.Check(t, func(t *rapid.T) {
		piece := rapid.SampledFrom([]string{"a", "bc", "(?:a|bc)", "(?P<m>a|bc)?", "%{P:p}", "(?P<n>a+)", "(?P<o>bc){2}", "[ab]", "(?P<q>.*)", `\.`, `\b`, `\B`, "(?i:a)", "(?i:bc|k)", "[Bb]c", "(?:bc)?", " ", "(?:)", "^", "$", "|", "é"})
		text := strings.Join(rapid.SliceOfN(piece, 1, 6).Draw(t, "pieces"), "")
		g, err := grok.NewWithPatterns(map[string]string{"P": "x|yz"})
		if err != nil || g.Compile(text, true) != nil {
			t.Skip("no pattern")
		}
		line := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "A", "bc", "x", "yz", ".", " ", "é", "b", "BC", "\u212a"}), 0, 8).Draw(t, "line"), "")
		begins := startsOf(text)
		if len(begins.texts) > 0 {
			met++
		}
		from, fits := begins.from(line)
		if !fits && g.MatchString(line) {
			t.Fatalf("%s fits %q, which has none of %q", text, line, begins.texts)
		}
		whole, _ := g.ParseString(line)
		cut, _ := g.ParseString(from)
		if diff := cmp.Diff(whole, cut); fits && diff != "" {
			t.Fatalf("%s in %q, from %q on (-whole +cut):\n%s", text, line, from, diff)
		}
	})
	if met == 0 {
		t.Error("no pattern tells how it begins: the property says nothing")
	}
}

// Whatever is an address fits the pattern of addresses whole, and where it stands in brackets, before a port or among words.
func TestAddressesFit(t *testing.T) {
	g := grok.New()
	if err := errors.Join(g.AddPatterns(addresses()), g.Compile(`^of %{IP:ip}(?:/\d+| |$)`, true)); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var address netip.Addr
		if rapid.Bool().Draw(t, "old") {
			address = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes")))
		} else {
			part := rapid.OneOf(rapid.Just(byte(0)), rapid.Byte())
			address = netip.AddrFrom16([16]byte(rapid.SliceOfN(part, 16, 16).Draw(t, "bytes")))
		}
		text := rapid.SampledFrom([]string{address.String(), address.StringExpanded(), strings.ToUpper(address.String())}).Draw(t, "text")
		line := "of " + text + rapid.SampledFrom([]string{"", "/443", " to"}).Draw(t, "behind")
		if got, err := g.ParseString(line); err != nil || got["ip"] != text {
			t.Fatalf("%q: %v, %v", line, got, err)
		}
	})
}
