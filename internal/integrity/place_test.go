package integrity

import (
	"os"
	"strings"
	"testing"

	"tocsin"
	"tocsin/register"
)

// A file of checkpoints whose end was cut off is named, wherever the cut is: by what the store has, and by another place.
func TestPlaceThatWasCut(t *testing.T) {
	w := newWorld(t, newMemory())
	i := w.incident(1)
	w.seal()
	for n, id := range []string{"a", "b", "c"} {
		if _, err := w.register.Do(t.Context(), register.Command{ID: id, Incident: i.ID, Action: tocsin.ActComment, By: ann, Text: strings.Repeat("x", n+1)}); err != nil {
			t.Fatal(err)
		}
		w.seal()
	}
	text, err := os.ReadFile(string(w.anchor))
	if err != nil {
		t.Fatal(err)
	}
	trust := w.trust()
	told := func(places ...Place) string {
		t.Helper()
		trust.Places, trust.Published = places, nil
		for _, p := range places {
			trust.Published = append(trust.Published, p.Published...)
		}
		faults, notes := toldOf(t, w.store, trust)
		if faults != "" {
			t.Errorf("the register is not at fault: %s", faults)
		}
		return notes
	}
	whole := ReadPlace("whole", string(text))
	if notes := told(whole); len(whole.Published) != 4 || strings.Contains(notes, "whole") {
		t.Errorf("%d checkpoints in a whole file: %s", len(whole.Published), notes)
	}
	begins := strings.Split(string(text), "\n\n")
	if len(begins) < 4 {
		t.Fatalf("%d parts", len(begins))
	}
	for cut := 1; cut < len(text); cut++ {
		p := ReadPlace("shorter", string(text[:cut]))
		if len(p.Published) == 0 {
			if strings.TrimSpace(string(text[:cut])) != "" && !p.Torn {
				t.Errorf("cut at %d: nothing is told", cut)
			}
			continue
		}
		if _, err := OpenCheckpoint(p.Published[len(p.Published)-1], trust.Keys); err != nil {
			continue // the cut is in a signature, and that is a finding
		}
		notes := told(p)
		if cut < len(text)-2 && !strings.Contains(notes, "by shorter: it ends with the checkpoint of") {
			t.Fatalf("cut at %d of %d: %s", cut, len(text), notes)
		}
	}
	shorter := Place{Name: "shorter", Published: whole.Published[:2]}
	if notes := told(whole, shorter); !strings.Contains(notes, "by shorter: it ends with the checkpoint of") || strings.Contains(notes, "by whole: it ends") {
		t.Errorf("beside another place: %s", notes)
	}
	holed := Place{Name: "holed", Published: append(whole.Published[:1:1], whole.Published[2:]...)}
	if notes := told(holed); !strings.Contains(notes, "1 checkpoint of the store by holed") {
		t.Errorf("with a hole: %s", notes)
	}
}
