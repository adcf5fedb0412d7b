package rules

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"tocsin"
)

const page = "../docs/rules.md"

// TestExamplesOfTheDocs loads every YAML block of the page, all together. A first line "# path" names its file.
func TestExamplesOfTheDocs(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, m := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		name := "example.yml"
		if path, ok := strings.CutPrefix(m[1], "# "); ok {
			name, _, _ = strings.Cut(path, "\n")
		}
		files[name] = m[1]
	}
	if len(files) < 7 {
		t.Fatalf("%d examples", len(files))
	}
	set := mustLoad(t, files)
	for _, l := range set.Lints {
		t.Error(l)
	}
	if len(set.Rules()) < 5 || len(set.Exceptions()) != 1 {
		t.Errorf("%d rules, %d exceptions", len(set.Rules()), len(set.Exceptions()))
	}
}

// TestTruthTableOfTheDocs tries every row of the page's table.
func TestTruthTableOfTheDocs(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	alerts := []*tocsin.Alert{
		alert(), alert("user.name", "alice"), alert("user.name", "bob"), alert("user.name", []string{"alice", "bob"}),
	}
	rows := regexp.MustCompile("(?m)^\\| `(.+)` \\| (true|false) \\| (true|false) \\| (true|false) \\| (true|false) \\|$").FindAllStringSubmatch(string(text), -1)
	if len(rows) < 10 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		set := mustLoad(t, map[string]string{"a.yml": ruleText(1, "when: |-\n  "+row[1]+"\ncorrelate: {kind: match, group_by: []}")})
		m := set.Matcher()
		for i, a := range alerts {
			if got := len(m.Fires(a)) == 1; got != (row[2+i] == "true") {
				t.Errorf("%s, column %d: %v", row[1], i+1, got)
			}
		}
	}
}

// TestKindsOfTheDocs holds that the page names every kind.
func TestKindsOfTheDocs(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kindNames() {
		if !strings.Contains(string(text), "`"+k+"`") {
			t.Errorf("the page does not name %s", k)
		}
	}
}
