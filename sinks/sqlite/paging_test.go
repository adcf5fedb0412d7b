package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"tocsin"
)

// What is counted is read from an index that has all of it: no incident is looked up to see what else is asked for.
func TestCountsReadAnIndexAlone(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "t.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	reader := &tocsin.Reader{Name: "ann", Teams: []string{"soc"}}
	for name, q := range map[string]tocsin.Query{
		"one team":                  {Team: "soc"},
		"one rule":                  {Rule: "r"},
		"a title":                   {Title: "passwords guessed"},
		"a title, open":             {Title: "passwords", Status: tocsin.WorkStages()},
		"a title of a platform":     {Title: "passwords", Platform: "linux"},
		"priorities":                {Priority: []string{"P2"}},
		"a team's priority":         {Team: "soc", Priority: []string{"P4"}},
		"a team's title":            {Team: "soc", Title: "passwords"},
		"four filters":              {Team: "soc", Title: "passwords", Priority: []string{"P4"}, Platform: "cloud"},
		"four filters of a reader":  {Team: "soc", Title: "passwords", Priority: []string{"P4"}, Platform: "cloud", Reader: reader},
		"a rule's open, unassigned": {Rule: "r", Status: tocsin.WorkStages(), Unassigned: true},
		"a category":                {Category: "fraud/phishing", Disposition: []string{"false_positive"}},
	} {
		l := listing{table: "incidents"}
		l.choose(&q)
		rows, err := s.reader().QueryContext(t.Context(), "EXPLAIN QUERY PLAN SELECT count(*) FROM incidents"+l.finding(), l.args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var step string
			if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
				t.Fatal(err)
			}
			if parent == 0 {
				plan = append(plan, step)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		if len(plan) == 0 || !strings.Contains(plan[0], "COVERING INDEX") {
			t.Errorf("%s: %q", name, plan)
		}
	}
}
