package web

import (
	"strings"
	"testing"
)

// TestStyleIsWhole: a brace too many makes browsers pass over the rule after it, and say nothing.
func TestStyleIsWhole(t *testing.T) {
	text, err := files.ReadFile("static/style.css")
	if err != nil {
		t.Fatal(err)
	}
	depth := 0
	for n, line := range strings.Split(string(text), "\n") {
		depth += strings.Count(line, "{") - strings.Count(line, "}")
		if depth < 0 || depth > 2 {
			t.Fatalf("style.css:%d: the braces do not belong together", n+1)
		}
	}
	if depth != 0 {
		t.Error("a brace of style.css is not closed")
	}
}
