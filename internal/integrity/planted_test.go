package integrity

import (
	"strings"
	"testing"

	"tocsin"
	"tocsin/register"
)

// plant puts a copy into the store that no log names, well made.
func (w *world) plant(x tocsin.Exhibit) {
	w.t.Helper()
	var err error
	if x.ID, err = register.ManifestID(x.Manifest); err == nil {
		err = w.store.PutExhibits(w.t.Context(), []tocsin.Exhibit{x})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// copied is the first copy that an incident stands on.
func (w *world) copied(i tocsin.Incident) tocsin.Exhibit {
	w.t.Helper()
	entries, err := w.store.Entries(w.t.Context(), i.ID, 1)
	if err != nil {
		w.t.Fatal(err)
	}
	ids, err := register.ExhibitIDs(entries)
	if err != nil {
		w.t.Fatal(err)
	}
	all, err := w.store.Exhibits(w.t.Context(), i.ID, ids[:1], true)
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%d copies: %v", len(all), err)
	}
	return all[0]
}

// planted puts copies beside those of a log: one of an alert that was never copied is found; one of an alert that was
// copied again is what a daemon leaves that was killed, and is told.
func planted(t *testing.T, w *world) {
	t.Helper()
	i := w.incident(1)
	w.seal()
	x := w.copied(i)
	x.Acquired.Tool = "tocsin of before"
	w.plant(x)
	sum, err := verifyStore(t.Context(), w.store, w.trust(), 0)
	if err != nil || len(sum.Faults) > 0 || !strings.Contains(strings.Join(sum.Uncovered, "\n"), "1 exhibit that no entry names") {
		t.Errorf("left by a daemon: %v, %v, %v", sum.Faults, sum.Uncovered, err)
	}
	x.Alert = "another"
	w.plant(x)
	x.Incident = "202611-" + strings.Repeat("f", 32)
	w.plant(x)
	found := foundOf(t, w.store, w.trust())
	for _, incident := range []string{i.ID, x.Incident} {
		if !strings.Contains(found, "incident "+incident+": evidence ") {
			t.Errorf("planted with %s: found %q", incident, found)
		}
	}
}

func TestPlantedMemory(t *testing.T) { planted(t, newWorld(t, newMemory())) }

func TestPlantedSQLite(t *testing.T) {
	s, _ := newSQLite(t)
	planted(t, newWorld(t, s))
}

func TestPlantedElastic(t *testing.T) {
	_, w := elasticWorld(t)
	planted(t, w)
}
