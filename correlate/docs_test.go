package correlate

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"tocsin"
	"tocsin/rules"
)

// TestExamplesOfTheDocs plays the tests of every rule on the page of the rule language.
func TestExamplesOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/rules.md")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		name := "example.yml"
		if path, ok := strings.CutPrefix(block[1], "# "); ok {
			name, _, _ = strings.Cut(path, "\n")
		}
		files[name] = &fstest.MapFile{Data: []byte(block[1])}
	}
	set, err := rules.Load([]rules.Source{{FS: files}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range set.Rules() {
		for _, test := range r.Tests {
			orders := 1
			if test.Shuffle {
				orders = 20
			}
			for seed := range orders {
				playDocs(t, set, r, test, uint64(seed))
			}
		}
	}
}

func playDocs(t *testing.T, set *rules.Set, r *rules.Rule, test rules.Test, seed uint64) {
	t.Helper()
	alerts := test.Alerts(epoch)
	if seed > 0 {
		rand.New(rand.NewPCG(seed, 0)).Shuffle(len(alerts), func(i, j int) { alerts[i], alerts[j] = alerts[j], alerts[i] })
	}
	e, m := New(Config{}, set), set.Matcher()
	last := map[string]tocsin.Event{}
	keep := func(events []tocsin.Event) {
		for _, ev := range events {
			if ev.Rule.ID == r.ID {
				last[ev.ID] = ev
			}
		}
	}
	for i := range alerts {
		for _, match := range m.Match(&alerts[i]) {
			keep(e.Step(match))
		}
	}
	keep(e.Finish())
	var got, want []string
	for _, ev := range last {
		if ev.Activity == tocsin.Closed {
			got = append(got, fmt.Sprint(ev.Group[0].Value.Text(), " ", ev.Count))
		}
	}
	for _, x := range test.Expect {
		want = append(want, fmt.Sprint(x.Group[0].Value.Text(), " ", x.Count))
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s, %s, order %d: %v, want %v", r.Title, test.Name, seed, got, want)
	}
}
