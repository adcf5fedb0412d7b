package rules

import (
	"testing"
	"time"
)

// TestCost holds that what a rule costs is charged to it, what it shares to nobody, and that both are told.
func TestCost(t *testing.T) {
	set := mustLoad(t, map[string]string{
		"1.yml": ruleText(1, "when: process.command_line contains \"first thing\"\ncorrelate: {kind: match, group_by: []}"),
		"2.yml": ruleText(2, "when: process.command_line contains \"second thing\"\ncorrelate: {kind: match, group_by: []}"),
		"3.yml": ruleText(3, "when: not (user.name == \"bob\")\ncorrelate: {kind: match, group_by: []}"),
	})
	m := set.Matcher()
	now := time.Duration(0)
	m.Time(func() time.Duration { now += time.Microsecond; return now }, 2)
	for range 4 {
		m.Match(alert("process.command_line", "the first thing", "user.name", "bob"))
	}
	want := map[string]float64{ruleID(1): 1, ruleID(2): 0, ruleID(3): 1}
	for _, s := range set.States() {
		if s.Woken != want[s.Rule] || (s.Cost > 0) != (s.Woken > 0) {
			t.Errorf("%s: evaluated %v an alert, %s", s.Rule, s.Woken, s.Cost)
		}
	}
	if set.Search() != time.Microsecond {
		t.Errorf("search of %s", set.Search())
	}
	for _, w := range set.Wakings() {
		if w.Always != (w.Rule == ruleID(3)) || !w.Always && len(w.By) != 1 {
			t.Errorf("%+v", w)
		}
	}
}
