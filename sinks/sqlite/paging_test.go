package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"tocsin"
)

// A page of what is restricted reads nothing else, be it as much as it likes: other reads of the register wait for it.
func TestWhatIsRestrictedIsFoundByItsIndex(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "register.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	l := listing{table: "incidents", rank: "''", at: "opened"}
	l.choose(&tocsin.Query{Visibility: tocsin.Restricted})
	rows, err := s.reader().QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT doc FROM incidents"+l.paging(10*manyFound)+" ORDER BY opened DESC, id LIMIT 501", l.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if text := strings.Join(plan, "; "); rows.Err() != nil || !strings.Contains(text, "incidents_restricted") || strings.Contains(text, "SCAN incidents USING INDEX") {
		t.Errorf("%s (%v)", text, rows.Err())
	}
}
