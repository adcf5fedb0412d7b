package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// runOf are n rules that match alike, of which the one at off is deprecated.
func runOf(n, off int, when string) map[string]string {
	files := map[string]string{}
	for i := range n {
		text := ruleText(i, "when: "+when+"\ncorrelate: {kind: count, group_by: [user.name], span: 1m, at_least: 2}")
		if i == off {
			text = strings.Replace(text, "stable", Deprecated, 1)
		}
		files[fmt.Sprintf("%02d.yml", i)] = text
	}
	return files
}

// TestRunIsItsRules holds that rules that are found and written together match, fail and are counted as one by one, also after
// one has failed and where they are timed.
func TestRunIsItsRules(t *testing.T) {
	files := runOf(7, 3, "int(labels.n) > 5")
	alerts := []*tocsin.Alert{
		alert("labels.n", "6", "user.name", "a"), alert("labels.n", "4", "user.name", "a"), alert("labels.n", "many", "user.name", "a"), alert("labels.n", "7"),
		alert("labels.n", "7", "user.name", "b"), alert("labels.n", "8", "user.name", []string{"b", "c"}),
	}
	for name, every := range map[string]int{"plain": 0, "timed": 1} {
		t.Run(name, func(t *testing.T) {
			together, apart := mustLoad(t, files), mustLoad(t, files)
			if past := together.compiled[0].past; past != 3 || together.compiled[4].past != 7 {
				t.Fatalf("the first run ends at %d", past)
			}
			m, scan := together.Matcher(), apart.Matcher()
			scan.Scan()
			now := time.Duration(0)
			if every > 0 {
				m.Time(func() time.Duration { now += time.Microsecond; return now }, every)
			}
			for range 3 {
				for i, a := range alerts {
					if diff := cmp.Diff(scan.Match(a), m.Match(a)); diff != "" {
						t.Errorf("alert %d (-one by one +together):\n%s", i, diff)
					}
					if diff := cmp.Diff(scan.Fires(a), m.Fires(a)); diff != "" {
						t.Errorf("alert %d (-one by one +together):\n%s", i, diff)
					}
				}
			}
			got, want := together.States(), apart.States()
			for i := range got {
				if every > 0 && i != 3 && (got[i].Cost == 0 || got[i].Woken != 1) {
					t.Errorf("%s: evaluated %v an alert, %s", got[i].Rule, got[i].Woken, got[i].Cost)
				}
				got[i].Cost, got[i].Woken = 0, 0
			}
			if diff := cmp.Diff(want, got); diff != "" || got[6].Matches != 9 || got[6].Errors != 6 {
				t.Errorf("states (-one by one +together):\n%s", diff)
			}
		})
	}
}

// TestRunRecovers holds that a match makes up for the failures of all rules of a run: only failures in a row take rules out.
func TestRunRecovers(t *testing.T) {
	set := mustLoad(t, runOf(3, -1, "int(labels.n) > 5"))
	m := set.Matcher()
	for range quarantineAfter + 1 {
		m.Match(alert("labels.n", "many", "user.name", "a"))
		if got := m.Match(alert("labels.n", "6", "user.name", "a")); len(got) != 3 {
			t.Fatalf("%d matches", len(got))
		}
	}
	if got := m.Fires(alert("labels.n", "6", "user.name", "a")); len(got) != 3 {
		t.Fatalf("fires %v", got)
	}
	for range quarantineAfter {
		m.Match(alert("labels.n", "many", "user.name", "a"))
	}
	if got := m.Match(alert("labels.n", "6", "user.name", "a")); len(got) != 0 {
		t.Errorf("%d matches after %d failures in a row", len(got), quarantineAfter)
	}
}

// TestRunWakes holds that each rule of a run is told of.
func TestRunWakes(t *testing.T) {
	set := mustLoad(t, runOf(5, -1, `event.outcome == "failure"`))
	told := map[string]int{}
	for _, w := range set.Wakings() {
		told[w.Rule] += len(w.By)
	}
	if want := map[string]int{ruleID(0): 1, ruleID(1): 1, ruleID(2): 1, ruleID(3): 1, ruleID(4): 1}; !cmp.Equal(want, told) {
		t.Errorf("%v", told)
	}
}
