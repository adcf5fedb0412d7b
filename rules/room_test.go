package rules

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// A matcher writes the matches of each alert where those of the one before stood: nothing of these may show, and who kept
// a copy of one keeps what it refers to.
func TestMatchLeavesNothing(t *testing.T) {
	set := mustLoad(t, map[string]string{
		"a.yml": ruleText(1, "when: user.name == \"a\" or host.name == \"h\"\ncorrelate: {kind: distinct, group_by: [user.name], span: 1m, field: source.ip, at_least: 2}"),
		"b.yml": ruleText(2, "when: user.name != \"x\"\ncorrelate: {kind: count, group_by: [user.name], span: 1m, at_least: 2}"),
	})
	alerts := []*tocsin.Alert{
		alert("user.name", "a", "host.name", "h", "source.ip", "192.0.2.1"), alert("user.name", "b"), alert("source.ip", "192.0.2.2"),
		alert("user.name", "a", "source.ip", "192.0.2.3"), alert("user.name", "x", "host.name", "h", "source.ip", "192.0.2.4"),
	}
	m := set.Matcher()
	var kept, want [][]tocsin.Match
	for _, a := range alerts {
		kept, want = append(kept, slices.Clone(m.Match(a))), append(want, set.Matcher().Match(a))
	}
	if diff := cmp.Diff(want, kept); diff != "" || len(kept[0]) != 2 {
		t.Errorf("a matcher of its own for each alert finds others (-own +one for all):\n%s", diff)
	}
}
