package rules

import (
	"fmt"
	"strings"
	"testing"
)

// Each kind of rule and correlation is written as a native rule that is the same; what is not says why.
func TestImportSigma(t *testing.T) {
	for name, c := range map[string]struct{ text, want, reason string }{
		"rule": {sigmaText("  filter: {Image|endswith: ['\\a.exe', 'b?c'], ParentImage: null}\n  k: [word]\n  condition: filter and not k\n"), "  sel_filter: ", ""},
		"count": {
			sigmaBase + "---\ntitle: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {type: event_count, rules: [failed], group-by: [Computer], timespan: 90s, condition: {gte: 10}}\n",
			"correlate: {kind: count, group_by: [winlog.computer_name], span: 90s, at_least: 10}", "",
		},
		"distinct": {
			sigmaBase + "---\ntitle: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {type: value_count, rules: [failed], timespan: 2h, condition: {gt: 10, field: Computer}}\n",
			"correlate: {kind: distinct, group_by: [], span: 2h, field: winlog.computer_name, at_least: 11}", "",
		},
		"measure": {
			sigmaBase + "---\ntitle: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {type: value_percentile, rules: [failed], timespan: 2h, condition: {gt: 10.5, lt: 20, percentile: 95, field: Computer}}\n",
			"percentile: 95, bounds: {gt: 10.5, lt: 20}}", "",
		},
		"set": {
			sigmaBase + "---\ntitle: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {type: temporal, rules: [failed, connection], timespan: 1d}\n",
			"correlate: {kind: set, group_by: [], span: 1d, of: [failed, connection]}", "",
		},
		"sequence": {
			sigmaBase + "---\ntitle: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {type: temporal_ordered, rules: [failed, connection], group-by: [Computer], timespan: 1m}\n",
			"correlate:\n  kind: sequence\n  group_by: [winlog.computer_name]\n  span: 1m\n  steps:\n    - {when: failed}\n    - {when: connection}\n", "",
		},
		"aliases": {
			sigmaBase + "---\ntitle: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {type: temporal, rules: [failed, connection], group-by: [u], timespan: 1m, aliases: {u: {failed: TargetUserName, connection: User}}}\n",
			"", "in different fields",
		},
		"bytes that are no text": {sigmaText("  s: {Image|utf16be|contains: '\u00e9'}\n  condition: s\n"), "", "no form in expr"},
		"too much":               {sigmaText("  s: {Image|contains: [" + strings.Repeat("a, ", 11_000) + "a]}\n  condition: s\n"), "", "a native rule cannot say it"},
	} {
		imported, from, err := ImportSigma(nil, []File{{Name: "r.yml", Path: "r.yml", Data: []byte(c.text)}}, Options{})
		if err != nil || len(from.Refused) > 0 {
			t.Errorf("%s: %v, refused %v", name, err, from)
			continue
		}
		one := imported[0]
		for _, other := range imported {
			if other.Title == "C" {
				one = other
			}
		}
		if c.reason != "" {
			if !strings.Contains(one.Reason, c.reason) || one.YAML != nil {
				t.Errorf("%s: reason %q, want %q", name, one.Reason, c.reason)
			}
			continue
		}
		if one.Reason != "" || !strings.Contains(string(one.YAML), c.want) {
			t.Errorf("%s: %s\n%s\nlacks %s", name, one.Reason, one.YAML, c.want)
		}
	}
}

// Refusals for the same reason count together, whatever the names in them.
func TestRefusedFor(t *testing.T) {
	files := map[string]string{}
	for i, detection := range []string{
		"  s: {A|expand: '%users%'}\n  condition: s\n", "  s: {B|contains|expand: '%hosts%'}\n  condition: s\n", "  s: {A: 1}\n  condition: t\n",
	} {
		files[fmt.Sprint(i, ".yml")] = strings.Replace(sigmaText(detection), "0001", fmt.Sprintf("000%d", i+1), 1)
	}
	got := fmt.Sprint(sigmaSet(t, files).RefusedFor())
	if want := "[{placeholder %…% has no values here 2} {condition names …, which detection does not define 1}]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
