package conformance

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"tocsin/rules"
)

// namedTests hold what a ruling says beyond what the engine alone can show.
var namedTests = map[int]string{
	2:  "ingest/decode.TestClock",
	4:  "correlate.TestWatermark",
	19: "correlate.TestSettledEventsAreAFunctionOfTheAlerts",
}

func TestEveryRulingIsShown(t *testing.T) {
	stories, err := Stories()
	if err != nil {
		t.Fatal(err)
	}
	shown := map[int][]string{}
	for _, s := range stories {
		for _, n := range s.Rulings {
			shown[n] = append(shown[n], s.Name)
		}
	}
	rulings := Rulings()
	if len(rulings) != 19 {
		t.Fatalf("%d rulings", len(rulings))
	}
	for _, r := range rulings {
		if len(shown[r.Number]) == 0 && namedTests[r.Number] == "" && !unbuilt(waiting[r.Number]) {
			t.Errorf("ruling %d has neither a story nor a named test: %s", r.Number, r.Says)
		}
	}
	for n, name := range namedTests {
		folder, test, _ := strings.Cut(name, ".")
		if !slices.Contains(testsOf(t, filepath.Join("../..", folder)), test) {
			t.Errorf("ruling %d names %s, which does not exist", n, name)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(shown)) {
		if n < 1 || n > len(rulings) {
			t.Errorf("there is no ruling %d: %v", n, shown[n])
		}
	}
}

// waiting are kinds that rulings are about and that a version may not have.
var waiting = map[int]string{10: "first_seen", 11: "risk"}

// unbuilt reports whether rules know the kind by name only.
func unbuilt(kind string) bool {
	const head = "id: 00000000-0000-4000-8000-000000000001\ntitle: Rule\nversion: 1.0.0\nstatus: stable\nlevel: high\ncategory: a/b\n"
	_, err := rules.LoadFiles([]rules.File{{Name: "a.yml", Path: "a.yml", Data: []byte(head + "correlate: {kind: " + kind + ", group_by: []}\n")}}, rules.Options{})
	return kind != "" && err != nil && strings.Contains(err.Error(), "is not built")
}

func testsOf(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(folder + "/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		syntax, err := parser.ParseFile(token.NewFileSet(), f, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range syntax.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				names = append(names, fn.Name.Name)
			}
		}
	}
	return names
}

const small = `Ruling 6. Two of ann's
failures. And more.
-- rule.yaml --
when: event.action == "logon-failed"
correlate: {kind: count, group_by: [user.name], span: 60s, at_least: 2}
-- log --
10:00:00 a1 user.name=ann event.action=logon-failed
10:00:10 a2 user.name=ann event.action=logon-failed
-- want --
a2: e1 opened key=ann 10:00:00-10:00:10 count=2 alerts=a1,a2
`

func TestParse(t *testing.T) {
	s, err := Parse("06_small", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Two of ann's failures.", "Two of ann's failures. And more."}, []string{s.Shows, s.Prose}); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r := s.Play(); !r.Passed() {
		t.Errorf("%s", r.Difference())
	}
	for name, change := range map[string][]string{
		"no ruling": {"Ruling 6. ", "Six. "}, "another ruling": {"Ruling 6. ", "Ruling 7. "}, "no log": {"-- log --", "-- lag --"},
	} {
		if _, err := Parse("06_small", []byte(strings.Replace(small, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestAWrongStoryFails holds that the player sees what is wrong: a story that cannot fail proves nothing.
func TestAWrongStoryFails(t *testing.T) {
	for name, c := range map[string]struct{ old, with, want string }{
		"another count":  {"count=2 alerts", "count=3 alerts", "- a2: e1 opened key=ann 10:00:00-10:00:10 count=3 alerts=a1,a2\n+ a2: e1 opened key=ann 10:00:00-10:00:10 count=2 alerts=a1,a2\n"},
		"silence wanted": {"a2: e1 opened key=ann 10:00:00-10:00:10 count=2 alerts=a1,a2\n", "", "+ a2: e1 opened key=ann 10:00:00-10:00:10 count=2 alerts=a1,a2\n"},
		"a broken time":  {"10:00:10", "10.00", `line 2 of the log: parsing time "10.00"`},
		"a broken rule":  {"at_least: 2", "at_leest: 2", `did you mean at_least?`},
		"a broken mark":  {"10:00:10 a2", "mark 10:00:10 lazy", `a marker does not know "lazy"`},
		"a missing word": {"10:00:10 a2", "reload", `has no rule`},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse("06_small", []byte(strings.Replace(small, c.old, c.with, 1)))
			if err != nil {
				t.Fatal(err)
			}
			r := s.Play()
			if r.Passed() {
				t.Fatal("it passed")
			}
			if got := r.Difference(); !strings.Contains(got, c.want) && name != "a missing word" {
				t.Errorf("got %q, want %q in it", got, c.want)
			}
		})
	}
}

func TestReadNamesTheBadStory(t *testing.T) {
	_, err := read(fstest.MapFS{"testdata/06_x.txtar": {Data: []byte("nothing")}}, "testdata")
	if err == nil || !strings.Contains(err.Error(), "06_x") {
		t.Errorf("got %v", err)
	}
}

// FuzzPlay: whatever a story says, it ends with a result.
func FuzzPlay(f *testing.F) {
	f.Add(small)
	stories, err := Stories()
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range stories {
		if s.Name != "16_key_flood" { // large
			f.Add(s.Text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 || strings.Contains(text, "flood") {
			return // too large for one case
		}
		if s, err := Parse("06_fuzz", []byte(text)); err == nil {
			_ = s.Play().Difference()
		}
	})
}
