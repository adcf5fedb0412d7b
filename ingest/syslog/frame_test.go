package syslog

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// frames splits a stream that arrives in chunks, each frame as its text with its fault before it.
func frames(stream string, limit int, inOrder bool, chunks ...int) []string {
	var out []string
	say := func(f frame) {
		text := string(f.value)
		switch f.fault {
		case "":
		case faultFraming: // how much of the rest is shown depends on what has come
			text = f.fault
		default:
			text = fmt.Sprintf("%s %d: %s", f.fault, f.size, text)
		}
		out = append(out, text)
	}
	f := &framer{limit: limit}
	for rest := stream; len(rest) > 0; {
		n := len(rest)
		if len(chunks) > 0 {
			n, chunks = min(n, chunks[0]), append(chunks[1:], chunks[0])
		}
		f.feed([]byte(rest[:n]))
		rest = rest[n:]
		for got, ok := f.next(); ok; got, ok = f.next() {
			say(got)
		}
	}
	if got, ok := f.end(inOrder); ok {
		say(got)
	}
	return out
}

func TestFrames(t *testing.T) {
	long := strings.Repeat("x", 50)
	for name, test := range map[string]struct {
		stream string
		reset  bool
		want   []string
	}{
		"nothing":                         {"", false, nil},
		"lines":                           {"<13>a\n<13>b\r\n\n<13>c", false, []string{"<13>a", "<13>b", "<13>c"}},
		"zero bytes":                      {"<13>a\x00<13>b\x00", false, []string{"<13>a", "<13>b"}},
		"counted":                         {"5 <13>a7 <13>b\nc", false, []string{"<13>a", "<13>b\nc"}},
		"counted, with ends of lines too": {"5 <13>a\n5 <13>b\n", false, []string{"<13>a", "<13>b"}},
		"lines that begin with a date":    {"2026-11-28 x\n13 things\n", false, []string{"2026-11-28 x", "13 things"}},
		"lines that begin with a zero":    {"0 <13>a\n", false, []string{"0 <13>a"}},
		"a cut line":                      {"<13>a\n<13>b", true, []string{"<13>a", "cut 5: <13>b"}},
		"a cut counted one":               {"5 <13>a9 <13>b", false, []string{"<13>a", "cut 7: 9 <13>b"}},
		"no length":                       {"5 <13>a<13>b\n5 <13>c", false, []string{"<13>a", "framing"}},
		"a line too long":                 {"<13>" + long + "\n<13>b\n", false, []string{"too_big 54: ", "<13>b"}},
		"a counted one too long":          {"54 <13>" + long + "5 <13>b", false, []string{"too_big 54: ", "<13>b"}},
		"the end within one too long":     {"54 <13>xx", false, []string{"too_big 54: "}},
		"a long line that does not end":   {"<13>" + long, false, []string{"cut 54: "}},
		"a length of many digits":         {"1234567890123 <13>x\n", false, []string{"1234567890123 <13>x"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, chunks := range [][]int{nil, {1}, {3, 7}} {
				if diff := cmp.Diff(test.want, frames(test.stream, 40, !test.reset, chunks...)); diff != "" {
					t.Errorf("in chunks of %v: %s", chunks, diff)
				}
			}
		})
	}
}

// Messages come back as they were, whichever way they are framed and wherever the stream is cut.
func TestFramesKeepMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		messages := rapid.SliceOfN(rapid.StringMatching(`<[0-9]{1,3}>[a-zé ]{0,20}[a-z]`), 1, 6).Draw(t, "messages")
		chunks := rapid.SliceOfN(rapid.IntRange(1, 30), 1, 4).Draw(t, "chunks")
		var counted, lines strings.Builder
		for _, m := range messages {
			fmt.Fprintf(&counted, "%d %s", len(m), m)
			lines.WriteString(m + "\n")
		}
		for _, stream := range []string{counted.String(), lines.String()} {
			if diff := cmp.Diff(messages, frames(stream, 100, true, chunks...)); diff != "" {
				t.Fatal(stream, diff)
			}
		}
	})
}

// Whatever is sent, and however it is cut, the frames are the same, none is above the limit, and none is invented.
func FuzzFrames(f *testing.F) {
	for _, s := range []string{"<13>a\n<13>b", "5 <13>a5 <13>b", "5 <13>ax", "99999999999 <", "\n\n\x00", "1 <"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, stream []byte, chunk int) {
		split := frames(string(stream), 16, true)
		for _, s := range split {
			if len(s) > 40 {
				t.Fatalf("%q is above the limit", s)
			}
		}
		if diff := cmp.Diff(split, frames(string(stream), 16, true, max(1, chunk%20))); diff != "" {
			t.Fatal(diff)
		}
	})
}
