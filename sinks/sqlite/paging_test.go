package sqlite

import (
	"path/filepath"
	"strings"
	"testing"

	"tocsin"
)

func opened(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "register.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A planStep is a step of SQLite's plan for a query; parent is 0 for those that are not part of another.
type planStep struct {
	parent int
	text   string
}

func planOf(t *testing.T, s *Store, query string, args []any) (plan []planStep) {
	t.Helper()
	rows, err := s.reader().QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, unused int
		var step planStep
		if err := rows.Scan(&id, &step.parent, &unused, &step.text); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}

// A page of what is restricted reads nothing else, be it as much as it likes: other reads of the register wait for it.
func TestWhatIsRestrictedIsFoundByItsIndex(t *testing.T) {
	l := listing{table: "incidents", rank: "''", at: "opened"}
	l.choose(&tocsin.Query{Visibility: tocsin.Restricted})
	found := false
	for _, step := range planOf(t, opened(t), "SELECT doc FROM incidents"+l.paging(10*manyFound)+" ORDER BY opened DESC, id LIMIT 501", l.args) {
		found = found || strings.Contains(step.text, "incidents_restricted")
		if strings.Contains(step.text, "SCAN incidents USING INDEX") {
			t.Error(step.text)
		}
	}
	if !found {
		t.Error("the index of what is restricted does not serve")
	}
}

// What is counted is read from an index that has all of it: no incident is looked up to see what else is asked for.
func TestCountsReadAnIndexAlone(t *testing.T) {
	s := opened(t)
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
		plan := planOf(t, s, "SELECT count(*) FROM incidents"+l.finding(), l.args)
		if first := plan[0]; first.parent != 0 || !strings.Contains(first.text, "COVERING INDEX") {
			t.Errorf("%s: %v", name, plan)
		}
	}
}
