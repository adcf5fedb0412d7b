package rules

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin"
)

// Rules that match alike are written once and copied: each of them must still match as it does in a set of its own,
// counts included, whatever stands between them.
func TestRulesAlikeMatchAsAlone(t *testing.T) {
	const failure = "when: event.outcome == \"failure\"\n"
	count := func(n int) string {
		return fmt.Sprintf("correlate: {kind: count, group_by: [user.name], span: 1m, at_least: %d}", n)
	}
	rest := []string{
		failure + count(2),
		failure + count(3),
		failure + "entities: [{field: source.ip, role: attacker}]\n" + count(3),
		failure + count(4),
		failure + count(5),
		failure + "requires: [host.name]\n" + count(5),
		failure + "except: ['source.ip == \"192.0.2.1\"']\n" + count(5),
		failure + "correlate: {kind: count, group_by: [source.ip], span: 1m, at_least: 3}",
		failure + "correlate: {kind: distinct, group_by: [user.name], span: 1m, field: source.ip, at_least: 2}",
		"let: {bad: event.outcome == \"failure\"}\nwhen: bad\n" + count(3),
		"let: {bad: event.outcome == \"success\"}\nwhen: bad\n" + count(3),
		failure + count(6),
	}
	files, own := map[string]string{}, make([]*Set, len(rest))
	for i, text := range rest {
		name := fmt.Sprintf("%02d.yml", i)
		files[name] = ruleText(i, text)
		own[i] = mustLoad(t, map[string]string{name: files[name]})
	}
	set := mustLoad(t, files)
	m := set.Matcher()
	for _, a := range []*tocsin.Alert{
		alert("event.outcome", "failure", "user.name", "a", "source.ip", "192.0.2.1", "host.name", "h"),
		alert("event.outcome", "failure", "user.name", "a", "source.ip", "192.0.2.2"),
		alert("event.outcome", "success", "user.name", "b", "source.ip", "192.0.2.2"),
		alert("event.outcome", "failure", "source.ip", "192.0.2.3"),
		alert("event.outcome", "failure", "user.name", []string{"a", "b"}, "source.ip", "192.0.2.1"),
	} {
		got := m.Match(a)
		var want []tocsin.Match
		for i := range own {
			want = append(want, own[i].Matcher().Match(a)...)
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(tocsin.Match{}, "Set", "Index")); diff != "" {
			t.Errorf("alone and together differ (-alone +together):\n%s", diff)
		}
	}
	for i, st := range set.States() {
		if alone := own[i].States()[0]; st.Matches != alone.Matches || !cmp.Equal(st.Absent, alone.Absent) {
			t.Errorf("rule %d: %d matches and absences %v together, %d and %v alone", i, st.Matches, st.Absent, alone.Matches, alone.Absent)
		}
	}
	alike := map[int32]int{}
	for i := range set.compiled {
		alike[set.compiled[i].alike]++
	}
	delete(alike, 0)
	if alike[set.compiled[0].alike] != 5 || len(alike) != 6 {
		t.Errorf("rules by what they have alike: %v", alike)
	}
}
