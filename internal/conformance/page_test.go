package conformance

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the part of docs/conformance.md that tells the stories")

const (
	page  = "../../docs/conformance.md"
	begin = "## The stories\n"
	end   = "## What others document\n"
)

// TestPage holds that docs/conformance.md tells every story as its file does.
func TestPage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(text), begin)
	_, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatalf("the page lacks %q or %q", begin, end)
	}
	stories, err := Stories()
	if err != nil {
		t.Fatal(err)
	}
	want := head + begin + told(stories) + end + tail
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("run go test ./internal/conformance -run TestPage -update (-want +got):\n%s", diff)
	}
}

// told is the part of the page that the stories tell: each under its first ruling.
func told(stories []Story) string {
	var b strings.Builder
	for _, r := range Rulings() {
		first := true
		for _, s := range stories {
			if s.Rulings[0] != r.Number {
				continue
			}
			if first {
				fmt.Fprintf(&b, "\n### %d. %s\n", r.Number, r.Says)
				first = false
			}
			fmt.Fprintf(&b, "- **[%s](../correlate/testdata/%s.txtar)** %s\n", s.Name, s.Name, s.Prose)
		}
	}
	return b.String() + "\n"
}
