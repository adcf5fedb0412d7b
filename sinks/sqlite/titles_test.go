package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tocsin"
)

// TestTitles finds incidents by words of their titles, whether few or many have them, and keeps no title that no
// incident has any more.
func TestTitles(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "t.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	put := func(n int, revision int64, title string) {
		t.Helper()
		i := tocsin.Incident{ID: fmt.Sprintf("i%05d", n), Revision: revision, Tenant: "default", Title: title, Status: tocsin.Declared, Priority: "P3", Opened: noon}
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.InTx(t.Context(), func(tx *Store) error {
		outer := s
		s = tx
		defer func() { s = outer }()
		for n := range manyFound + 100 {
			put(n, 1, fmt.Sprint("Spray of passwords ", n%7))
		}
		put(9000, 1, "Éclair of élan")
		put(9001, 1, "— …")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]int64{
		"spray": manyFound + 100, "PASSW spr": manyFound + 100, "spray 3": (manyFound + 100 + 3) / 7, "é": 1, "éla écl": 1, "words": 0, "…": manyFound + 102, "spray nothing": 0,
	} {
		seen, cursor := int64(0), ""
		for {
			page, err := s.Incidents(t.Context(), tocsin.Query{Title: asked, Sort: "priority", Limit: 500, Cursor: cursor})
			if err != nil || page.Total != want {
				t.Fatalf("%s: %d of %d (%v)", asked, page.Total, want, err)
			}
			seen += int64(len(page.Items))
			if cursor = page.Cursor; cursor == "" {
				break
			}
		}
		if seen != want {
			t.Errorf("%s: %d incidents, want %d", asked, seen, want)
		}
	}
	titles := func() (n int64) {
		t.Helper()
		if err := s.reader().QueryRowContext(t.Context(), `SELECT count(*) FROM titles`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := titles(); n != 8 {
		t.Errorf("%d titles", n)
	}
	put(9000, 2, "Spray of passwords 1")
	if _, err := s.exec(t.Context(), "incidents", `DELETE FROM incidents WHERE id NOT IN ('i00000', 'i09000')`); err != nil {
		t.Fatal(err)
	}
	if n := titles(); n != 2 {
		t.Errorf("%d titles are left of two incidents", n)
	}
	var words string
	if err := s.reader().QueryRowContext(t.Context(), `SELECT group_concat(word) FROM title_words`).Scan(&words); err != nil || strings.Contains(words, "clair") {
		t.Errorf("words: %s (%v)", words, err)
	}
}

// TestUpgradeTitles opens a file of the schema before titles were numbered.
func TestUpgradeTitles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	old := append([]string{}, migrations[:numbered-1]...)
	for _, statements := range append(old, fmt.Sprintf(`PRAGMA user_version = %d`, numbered-1),
		`INSERT INTO incidents (id, revision, tenant, status, priority, category, class, assignee, opened, updated, doc) VALUES ('i1', 1, 'default', 'declared', 'P1', '', '', '', 0, 0, '{"id":"i1","title":"DNS tunnel"}')`) {
		if _, err := db.ExecContext(t.Context(), statements); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if p, err := s.Incidents(t.Context(), tocsin.Query{Title: "tun"}); err != nil || len(p.Items) != 1 {
		t.Errorf("%d incidents (%v)", len(p.Items), err)
	}
}
