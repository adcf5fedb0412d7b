package correlate_test

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/internal/conformance"
)

var update = flag.Bool("update", false, "rewrite the want sections of the stories; keep only a difference you can explain")

// TestStories plays testdata/*.txtar. A story is a line or two of prose, one or more rules, the log line by line, and what
// the engine says to it; [conformance.Story.Play] lists the lines of a log.
func TestStories(t *testing.T) {
	stories, err := conformance.Stories()
	if err != nil || len(stories) == 0 {
		t.Fatalf("%d stories: %v", len(stories), err)
	}
	for _, s := range stories {
		t.Run(s.Name, func(t *testing.T) {
			r := s.Play()
			if r.Err != nil {
				t.Fatal(r.Err)
			}
			if *update {
				if err := os.WriteFile("testdata/"+s.Name+".txtar", s.WithWant(r.Got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(s.Want(), r.Got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
