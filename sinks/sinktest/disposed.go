package sinktest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// What people did with a dead letter is kept in its order, each once.
func testDispositions(t *testing.T, _ Suite, s Store) {
	first := tocsin.Disposition{Letter: "a", Number: 1, Action: tocsin.Redriven, By: tocsin.Actor{Kind: "person", ID: "ada"}, At: morning}
	second := tocsin.Disposition{Letter: "a", Number: 2, Action: tocsin.Discarded, By: tocsin.Actor{Kind: "person", ID: "bob"}, Why: "noise", At: morning.Add(time.Second)}
	other := first
	other.Letter = "b"
	if err := s.Dispose(t.Context(), second); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("the second before the first: %v", err)
	}
	for _, d := range []tocsin.Disposition{first, first, second, other} {
		if err := s.Dispose(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	rival := second
	rival.By.ID = "eve"
	if err := s.Dispose(t.Context(), rival); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("in the place of another: %v", err)
	}
	got, err := s.Dispositions(t.Context(), []string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string][]tocsin.Disposition{"a": {first, second}, "b": {other}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got, err := s.Dispositions(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("of no letter: %v, %v", got, err)
	}
}
