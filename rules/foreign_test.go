package rules

import (
	"errors"
	"strings"
	"testing"
)

// Files that lie beside rules are told and passed over; what may be meant for a rule is a fault.
func TestForeign(t *testing.T) {
	set := sigmaSet(t, map[string]string{
		"a.yml":               sigmaText("  sel: {Image: x}\n  condition: sel\n"),
		"regression/info.yml": "id: 6f1d1b2e-0000-4000-8000-000000000009\ndescription: N/A\nregression_tests_info:\n  - name: Positive\n",
		"tests/thor.yml":      "title: THOR\norder: 20\nbackends: [thor]\n",
	})
	if len(set.Rules()) != 1 || len(set.Refused) != 0 || len(set.Lints) != 2 {
		t.Fatalf("%d rules, refused %v, lints:\n%v", len(set.Rules()), set.Refused, set.Lints)
	}
	if l := set.Lints[0]; l.File != "regression/info.yml" || l.Line != 3 || l.Column != 1 {
		t.Errorf("it is told at %s:%d:%d", l.File, l.Line, l.Column)
	}
	for name, text := range map[string]string{
		"nothing but what a rule has":       "title: T\nlevel: high\n",
		"a condition":                       "title: T\nwhen: event.kind == 'alert'\nbackends: x\n",
		"a misspelt word beside a category": "title: T\ncategory: other/undetermined\ncorelate: {}\n",
		"a list":                            "- title: T\n",
		"a text":                            "rule\n",
	} {
		if _, err := Load(source(map[string]string{"r.yml": text}), Options{}); err == nil {
			t.Errorf("%s: no fault", name)
		}
	}
}

// Documents beyond the limit of one file are not dropped in silence.
func TestTooManyDocuments(t *testing.T) {
	text := strings.Repeat("---\n~\n", maxDocs) + "---\n" + ruleText(1, "when: true\ncorrelate: {kind: match, group_by: []}")
	_, err := Load(source(map[string]string{"r.yml": text}), Options{})
	if faults, _ := errors.AsType[Faults](err); len(faults) == 0 || !strings.Contains(err.Error(), "more than 20000 documents in one file") {
		t.Errorf("%.300v", err)
	}
}

// All documents of a file that are refused say why, however many they are.
func TestManyRefused(t *testing.T) {
	one := "---\n" + sigmaText("  sel: {Image|expand: '%nothing%'}\n  condition: sel\n")
	set, err := Load(source(map[string]string{"r.yml": strings.Repeat(one, maxFaults+50)}), Options{})
	if err != nil || len(set.Refused) != maxFaults+50 || set.RefusedDocuments != maxFaults+50 {
		t.Errorf("%v: %d told of %d refused", err, len(set.Refused), set.RefusedDocuments)
	}
}
