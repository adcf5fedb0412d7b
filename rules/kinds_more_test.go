package rules

import (
	"strings"
	"testing"
	"time"
)

func TestFirstSeenAndRiskFaults(t *testing.T) {
	const when = "when: event.action == \"x\"\n"
	for name, c := range map[string]struct{ body, want string }{
		"a value twice":      {when + "correlate: {kind: first_seen, group_by: [host.name], values: [host.name], history: 7d}", "every group has one value of host.name only"},
		"no history":         {when + "correlate: {kind: first_seen, group_by: [host.name], values: [process.name]}", "has no history"},
		"over events":        {"when: tocsin.rule.level == \"low\"\ncorrelate: {kind: first_seen, group_by: [host.name], values: [tocsin.rule.id], history: 7d}", "kind first_seen is over alerts"},
		"a score of text":    {when + "correlate: {kind: risk, group_by: [host.name], span: 1h, score: user.name, at_least: 5}", "user.name holds no numbers"},
		"a score of nothing": {when + "correlate: {kind: risk, group_by: [host.name], span: 1h, score: 0, at_least: 5}", "a score from 1 to"},
		"many tactics":       {when + "correlate: {kind: risk, group_by: [host.name], span: 1h, score: 1, at_least: 5, tactics: 15}", "a whole number from 1 to 14"},
	} {
		if _, err := chainOf(t, c.body); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got\n%v\nwant %s", name, err, c.want)
		}
	}
}

func TestFirstSeenAndRisk(t *testing.T) {
	set, err := chainOf(t, "when: event.action == \"x\"\ncorrelate: {kind: first_seen, group_by: [host.name], values: [process.name, user.name], history: 7d}",
		"when: \"true\"\ncorrelate: {kind: risk, group_by: [host.name], span: 1h, score: rule.risk, at_least: 5, decay: 10m, tactics: 2}")
	if err != nil {
		t.Fatal(err)
	}
	first, risk := set.Rules()[0].Correlate, set.Rules()[1].Correlate
	if first.Learn != 7*24*time.Hour || first.Quiet != time.Hour || first.AtLeast != 1 {
		t.Errorf("%+v", first)
	}
	if risk.Field != "tocsin.rule.risk" || risk.Decay != 10*time.Minute || risk.Tactics != 2 || !risk.Explode || set.Rules()[1].Rank != 2 {
		t.Errorf("%+v", risk)
	}
	m := set.Matcher().Match(alert("event.action", "x", "host.name", "h", "process.name", "p", "user.name", "u"))
	if len(m) != 1 || len(m[0].Values) != 2 {
		t.Errorf("%+v", m)
	}
	if m := set.Matcher().Match(alert("event.action", "x", "host.name", "h", "process.name", "p")); len(m) != 0 {
		t.Errorf("without a value: %+v", m)
	}
}
