package authoring_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin/classify"
	"tocsin/internal/authoring"
	"tocsin/internal/replay"
	"tocsin/rules"
	rulesd "tocsin/rules.d"
)

const steps = head + `let:
  failure: event.outcome == "failure"
when_not_used: x
correlate:
  kind: sequence
  group_by: [source.ip, host.name]
  span: 10m
  steps:
    - {when: failure, at_least: 3}
    - {when: 'event.outcome == "success" and not (user.name == "probe")', within: 5m}
except:
  - user.name == "scan" or user.name == "test"
`

func TestMutantsOfASequence(t *testing.T) {
	o := options(t, strings.Replace(steps, "when_not_used: x\n", "", 1))
	rule := o.Set.Rules()[0]
	mutants, err := authoring.Mutants(o.Set, rule)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mutants {
		got = append(got, fmt.Sprintf("%d:%d %s", m.Line, m.Column, m.Change))
		if m.Remedy == "" || m.Text == "" {
			t.Errorf("%s: no text or no remedy", m.Change)
		}
	}
	want := []string{
		"8:12 drops `event.outcome == \"failure\"`",
		"11:14 drops source.ip from group_by",
		"11:25 drops host.name from group_by",
		"12:9 doubles span to 20m",
		"12:9 halves span to 5m",
		"14:7 drops step 1 (`failure`)",
		"14:14 drops `failure`",
		"14:33 lowers at_least to 2",
		"14:33 raises at_least to 4",
		"15:7 drops step 2 (`event.outcome == \"success\" and not (user.name == \"probe\")`)",
		"15:7 swaps step 1 and step 2",
		"15:15 drops `event.outcome == \"success\"`",
		"15:46 drops `not (user.name == \"probe\")`",
		"15:51 drops the not before `user.name == \"probe\"`",
		"15:75 drops within: 5m of step 2",
		"17:5 drops the exclusion `user.name == \"scan\" or user.name == \"test\"`",
		"17:5 drops `user.name == \"scan\"`",
		"17:28 drops `user.name == \"test\"`",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

const tested = three + `  - name: three
    alerts: [{at: 0s, times: 3, every: 25s, set: ` + failure + `}]
    expect: [{count: 3}]
  - name: two
    alerts: [{at: 0s, times: 2, every: 5s, set: ` + failure + `}]
    expect: []
`

func TestMutate(t *testing.T) {
	o := options(t, tested)
	report, err := authoring.Test(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	m, err := authoring.Mutate(t.Context(), o, report)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range m.Rules[0].Verdicts {
		got[v.Change] = v.KilledBy
	}
	want := map[string]string{
		"drops `event.action == \"logon-failed\"`": "", "drops `event.outcome == \"failure\"`": "", "drops source.ip from group_by": "",
		"doubles span to 2m": "", "halves span to 30s": "three", "lowers at_least to 2": "two", "raises at_least to 4": "three",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var b bytes.Buffer
	if err := m.WriteText(&b, o.Set, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 of 7 mutants killed: 42 %\n", `killed by "two": lowers at_least to 2`,
		"  lives: r/a.yml:8:55: doubles span to 2m\n",
		"to kill it: a test whose alerts would fire but lie 60s or more and less than 2m apart, with expect: []\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := m.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var j struct{ Killed, All, Percent int }
	if err := json.Unmarshal(b.Bytes(), &j); err != nil || j.Killed != 3 || j.All != 7 || j.Percent != 42 {
		t.Errorf("%v %+v", err, j)
	}
}

func TestMutateLeavesOutWhatCannotBeJudged(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no tests":   {strings.TrimSuffix(three, "tests:\n"), "it has no tests"},
		"they fail":  {wrong, "its tests fail"},
		"equivalent": {head + "when: event.action == \"a\" and event.action == \"a\"\ncorrelate: {kind: match, group_by: []}\ntests:\n  - {name: x, alerts: [], expect: []}\n", ""},
	} {
		o := options(t, c.text)
		report, err := authoring.Test(t.Context(), o, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := authoring.Mutate(t.Context(), o, report)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Rules[0].Skipped; got != c.want || c.want != "" && len(m.Rules[0].Verdicts) > 0 {
			t.Errorf("%s: %q", name, got)
		}
		if name == "equivalent" && len(m.Rules[0].Verdicts) != 1 { // both drops leave the same rule
			t.Errorf("%s: %+v", name, m.Rules[0].Verdicts)
		}
	}
}

// TestNoMutantOfWhatGroupingAsksFor: an alert without a group field is dropped, whether or not the condition says so.
func TestNoMutantOfWhatGroupingAsksFor(t *testing.T) {
	const text = head + "when: event.action == \"a\" and source.ip != nil and user.name != nil\ncorrelate: {kind: count, group_by: [source.ip], span: 1m, at_least: 2%s}\n"
	for more, want := range map[string]int{"": 2, `, on_missing: "null"`: 3} {
		o := options(t, fmt.Sprintf(text, more))
		mutants, err := authoring.Mutants(o.Set, o.Set.Rules()[0])
		if err != nil {
			t.Fatal(err)
		}
		terms := 0
		for _, m := range mutants {
			if strings.HasPrefix(m.Change, "drops `") {
				terms++
			}
		}
		if terms != want {
			t.Errorf("%q: %d terms are dropped, want %d", more, terms, want)
		}
	}
}

// TestMutantsOfTheShippedRules holds that every rule has sound mutants, the same each time, and that its tests kill most.
func TestMutantsOfTheShippedRules(t *testing.T) {
	set, err := rules.Load([]rules.Source{{Name: "rules.d", FS: rulesd.FS()}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	o := replay.TestOptions{Set: set, Scales: classify.Default()}
	if testing.Short() {
		o.Select = func(r *rules.Rule) bool { return strings.Contains(r.File, "/identity/") }
	}
	report, err := authoring.Test(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	var texts [2]strings.Builder
	for i := range texts {
		if i > 0 && testing.Short() {
			return
		}
		m, err := authoring.Mutate(t.Context(), o, report)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range m.Rules {
			if len(r.Verdicts) < 2 {
				t.Errorf("%s: %d mutants", r.Rule.Title, len(r.Verdicts))
			}
		}
		if m.Percent() < 90 {
			t.Errorf("the tests kill %d %%", m.Percent())
		}
		if err := m.WriteText(&texts[i], set, true); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(texts[0].String(), texts[1].String()); diff != "" {
		t.Errorf("two runs differ:\n%s", diff)
	}
}
