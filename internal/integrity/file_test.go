package integrity

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// A file says to whoever reads it by other means what was checked of it.
func TestFileSaysOneThing(t *testing.T) {
	w := newWorld(t, newMemory())
	i := w.incident(1)
	w.seal()
	whole, err := Encode(w.export(i))
	if err != nil {
		t.Fatal(err)
	}
	for what, tt := range map[string]struct{ old, put, found, uncovered string }{
		"as it was":                    {},
		"a forged title before it":     {`"title":"`, `"title":"forged","title":"`, "/incident/title is there twice", ""},
		"… and it otherwise spelt":     {`"title":"`, `"title":"forged","Title":"`, "/incident/Title is there twice", ""},
		"an entry's member twice":      {`"seq":2,`, `"seq":9,"seq":2,`, "log of incident " + i.ID + ", entry 2: /seq is there twice", ""},
		"a log before the log":         {`"log":[`, `"log":[{"text":"forged"}],"log":[`, "/log is there twice", ""},
		"a name in other letters":      {`"status_since":`, `"\u017ftatus_since":`, "is written in other letters", ""},
		"a state without its id":       {`"id":"` + i.ID, `"id":"","x":"`, "is not what its log tells", ""},
		"a word of nobody's":           {`"seq":2,`, `"seq":2,"approved_by":"CISO",`, "", "1 member, the first is log of incident " + i.ID + ", entry 2: /approved_by"},
		"nothing, by a name of nobody": {`"seq":2,`, `"seq":2,"more":[],`, "", ""},
	} {
		text := strings.Replace(string(whole), tt.old, tt.put, 1)
		_, r, err := VerifyFile([]byte(text), w.trust())
		found, uncovered := fmt.Sprint(errors.Join(r.Faults...)), strings.Join(r.Uncovered, "\n")
		if err != nil || !strings.Contains(found, tt.found) || tt.found == "" && len(r.Faults) > 0 {
			t.Errorf("%s: found %q, want %q (%v)", what, found, tt.found, err)
		}
		if !strings.Contains(uncovered, tt.uncovered) || tt.uncovered == "" && strings.Contains(uncovered, "knows nothing of") {
			t.Errorf("%s: not covered %q, want %q", what, uncovered, tt.uncovered)
		}
	}
	e := w.export(i)
	e.Incident = w.incident(9)
	e.Incident.ID = ""
	if r := VerifyExport(e, w.trust()); len(r.Faults) == 0 {
		t.Error("the state of another incident, without its id, was taken for none")
	}
}
