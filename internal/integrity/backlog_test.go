package integrity

import (
	"database/sql"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
)

// take takes the backlog of a day, some time after whatever happened.
func (w *world) take(after time.Duration) {
	w.t.Helper()
	w.now = w.now.Add(after)
	w.settle()
	b := register.Backlogger{Store: w.store.(register.Waiting)}
	if err := b.Take(w.t.Context(), w.now); err != nil {
		w.t.Fatal(err)
	}
}

// waited plays some days: two incidents wait, then three of which one changes while the backlog is taken, then one is over.
func waited(w *world) {
	first := w.incident(1)
	w.incident(2)
	w.take(time.Hour)
	w.now = w.now.Add(24 * time.Hour)
	w.incident(3)
	w.take(10 * time.Second)
	w.now = w.now.Add(24 * time.Hour)
	if _, err := w.register.Do(w.t.Context(), register.Command{ID: "over", Incident: first.ID, Action: tocsin.ActResolve, By: ann, Text: "done"}); err != nil {
		w.t.Fatal(err)
	}
	w.take(time.Hour)
	w.take(72 * time.Hour) // nothing happened since
	w.seal()
	w.settle()
}

// A day's backlog is of one moment: what came after it, a daemon that starts anew does not add to it.
func TestBacklogOfOneMoment(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		w.take(0)
		w.incident(1)
		w.take(time.Hour)
		for tenant, want := range map[string]int{"": 1, "default": 0} {
			all, err := w.store.(register.Waiting).Backlogs(t.Context(), tenant, "2026-11-02", "2026-11-03")
			if err != nil || len(all) != want || want > 0 && all[0].Open != 0 {
				t.Errorf("tenant %q: %+v (%v)", tenant, all, err)
			}
		}
	})
}

// told is what a check of a register says of the backlog.
func toldOf(t *testing.T, s Verifiable, trust Trust) (faults, notes string) {
	t.Helper()
	sum, err := verifyStore(t.Context(), s, trust, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range sum.Faults {
		faults += f.Error() + "\n"
	}
	return faults, strings.Join(slices.Concat(sum.Notes, sum.Uncovered), "\n")
}

// What was taken of the backlog follows from the logs; what changed about then leaves open how much it is.
func TestBacklogFollowsFromTheLogs(t *testing.T) {
	w := newWorld(t, newMemory())
	waited(w)
	faults, notes := toldOf(t, w.store, w.trust())
	for _, want := range []string{"12 figures of the daily backlog are what the logs tell", "4 figures of the daily backlog exactly", "2 days of which no backlog is there: no daemon ran, or it was removed: 2026-11-05, 2026-11-06"} {
		if faults != "" || !strings.Contains(notes, want) {
			t.Errorf("%q is not in\n%s\n%s", want, faults, notes)
		}
	}
}

// Figures that somebody changed in the file are named.
func TestBacklogByHandSQLite(t *testing.T) {
	store, file := newSQLite(t)
	w := newWorld(t, store)
	waited(w)
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=synchronous(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if faults, notes := toldOf(t, store, w.trust()); faults != "" || !strings.Contains(notes, "12 figures") {
		t.Fatalf("before: %s\n%s", faults, notes)
	}
	first := "(SELECT min(day) FROM backlog)"
	for _, tt := range []struct{ change, want string }{
		{`UPDATE backlog SET open = 1 WHERE day = ` + first, "it says 1 open, 0 late"},
		{`UPDATE backlog SET late = 2 WHERE day = ` + first, "it says 2 open, 2 late"},
		{`UPDATE backlog SET p50_s = 1 WHERE day = ` + first, "half for 1 s"},
		{`UPDATE backlog SET oldest_s = oldest_s + 1`, "s at most, and the logs tell"},
		{`UPDATE backlog SET open = 9`, "it says 9 open"}, // also of the day on which something changed
		{`DELETE FROM backlog WHERE priority <> '' AND day = ` + first, "and it is gone"},
		{`UPDATE backlog SET tenant = 'other' WHERE tenant <> ''`, "says it is another"},
		{`UPDATE backlog SET at = at - 86400000000000 WHERE day = ` + first, "it says 2 open"},
	} {
		for _, change := range []string{`CREATE TABLE kept AS SELECT * FROM backlog`, tt.change} {
			if _, err := db.ExecContext(t.Context(), change); err != nil {
				t.Fatal(err)
			}
		}
		if faults, _ := toldOf(t, store, w.trust()); !strings.Contains(faults, tt.want) {
			t.Errorf("%s: found %q, want %q", tt.change, faults, tt.want)
		}
		for _, back := range []string{`DELETE FROM backlog`, `INSERT INTO backlog SELECT * FROM kept`, `DROP TABLE kept`} {
			if _, err := db.ExecContext(t.Context(), back); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The same in Elasticsearch: what is drawn, and what is read.
func TestBacklogByHandElastic(t *testing.T) {
	s, w := elasticWorld(t)
	waited(w)
	if faults, notes := toldOf(t, s.full, w.trust()); faults != "" || !strings.Contains(notes, "12 figures") {
		t.Fatalf("before: %s\n%s", faults, notes)
	}
	for part, want := range map[string]string{
		`{"tocsin":{"backlog":{"open":9}}}`:                               "its field tocsin.backlog.open",
		`{"tocsin":{"backlog":{"open":9}},"doc":{"open":9}}`:              "it says 9 open",
		`{"tocsin":{"backlog":{"scope":"nothing"}}}`:                      "its field tocsin.backlog.scope",
		`{"tocsin":{"backlog":{"oldest_s":1}},"doc":{"oldest_s":1}}`:      "for 1 s at most",
		`{"tocsin":{"day":"2026-10-01"},"doc":{"day":"2026-10-01"}}`:      "it stands as",
		`{"tocsin":{"id":null}}`:                                          "have no id that they are found by",
		`{"@timestamp":"2026-10-01T00:00:00Z","doc":{"at":"2026-10-01"}}`: "backlog, document",
	} {
		undo := s.alter("backlog", "", part)
		faults, _ := toldOf(t, s.full, w.trust())
		if undo(); !strings.Contains(faults, want) {
			t.Errorf("%s: found %q, want %q", part, faults, want)
		}
	}
	type hits struct {
		Hits struct {
			Hits []struct {
				ID string `json:"_id"`
			} `json:"hits"`
		} `json:"hits"`
	}
	query := `{"size":1,"sort":["tocsin.day"],"query":{"term":{"tocsin.backlog.scope":"priority"}}}`
	found := decode[hits](string(s.ask(http.MethodPost, "/"+s.prefix+"backlog/_search", query)))
	s.ask(http.MethodDelete, "/"+s.prefix+"backlog/_doc/"+found.Hits.Hits[0].ID+"?refresh=true", "")
	if faults, _ := toldOf(t, s.full, w.trust()); !strings.Contains(faults, "and it is gone") {
		t.Errorf("a document that was deleted: %q", faults)
	}
}
