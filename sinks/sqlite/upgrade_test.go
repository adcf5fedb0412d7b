package sqlite

import (
	"database/sql"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"tocsin"
)

// TestUpgrade opens a file of schema 2: what it holds is found by what came later.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	run := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	run(migrations[0])
	run(migrations[1])
	run(`PRAGMA user_version = 2`)
	doc := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	i := tocsin.Incident{ID: "202611-1", Revision: 1, Tenant: "default", Title: "DNS tunnel", Platform: "linux", Status: tocsin.Declared, Opened: noon, Targets: map[string]tocsin.Target{"resolve": {Due: noon.Add(time.Hour)}}}
	run(`INSERT INTO incidents (id, revision, tenant, status, priority, category, class, assignee, opened, updated, doc) VALUES (?, 1, 'default', 'declared', 'P1', '', '', '', 0, 0, ?)`, i.ID, doc(i))
	e := tocsin.Event{ID: "202611-2", Revision: 1, Tenant: "default", Rule: tocsin.RuleRef{ID: "r1"}, Detected: noon, Entities: []tocsin.Entity{{Field: "user.name", Value: "ann"}}}
	run(`INSERT INTO events (id, revision, doc) VALUES (?, 1, ?)`, e.ID, doc(e))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if p, err := s.Incidents(t.Context(), tocsin.Query{Platform: "linux", Title: "tunnel", Sort: "due"}); err != nil || len(p.Items) != 1 {
		t.Errorf("incidents: %d (%v)", len(p.Items), err)
	}
	if p, err := s.Incidents(t.Context(), tocsin.Query{Reader: &tocsin.Reader{Name: "otto"}}); err != nil || len(p.Items) != 1 {
		t.Errorf("what nobody restricted is known to %d (%v)", len(p.Items), err)
	}
	if p, err := s.EventsBy(t.Context(), tocsin.EventQuery{Rule: "r1", Entity: "ann", Since: noon}); err != nil || len(p.Items) != 1 {
		t.Errorf("events: %d (%v)", len(p.Items), err)
	}
}

// A row whose document names another incident does not keep the file from being opened, so that a check can tell of it.
func TestOpenWithARowOfAnother(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.db")
	s, err := Open(t.Context(), Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	i := tocsin.Incident{ID: "202611-a", Revision: 1, Tenant: "default", Status: tocsin.Declared, Priority: "P3", Opened: noon}
	if err := s.PutIncident(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	if _, err := s.exec(t.Context(), "row", `UPDATE incidents SET id = '202611-b'`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if s, err = Open(t.Context(), Options{Path: file}); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
