package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/internal/expression"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func ruleText(n int, rest string) string {
	return fmt.Sprintf("id: 0b7c0a52-6c0e-4c8e-9a55-%012d\n%s%s\n", n, header, rest)
}

func ruleID(n int) string { return fmt.Sprintf("0b7c0a52-6c0e-4c8e-9a55-%012d", n) }

func alert(leaves ...any) *tocsin.Alert {
	var fields []tocsin.Field
	for i := 0; i < len(leaves); i += 2 {
		var v tocsin.Value
		switch x := leaves[i+1].(type) {
		case string:
			v = tocsin.StringValue(x)
		case int:
			v = tocsin.IntValue(int64(x))
		case float64:
			v = tocsin.FloatValue(x)
		case bool:
			v = tocsin.BoolValue(x)
		case []string:
			v = tocsin.StringsValue(x...)
		case nil:
			v = tocsin.NullValue()
		}
		fields = append(fields, tocsin.Field{Name: leaves[i].(string), Value: v})
	}
	return &tocsin.Alert{ID: "a1", Tenant: "default", Time: noon, Fields: tocsin.NewFields(fields)}
}

func keysOf(ms []tocsin.Match) []string {
	var out []string
	for _, m := range ms {
		var parts []string
		for _, v := range m.Key {
			if v.Kind() == tocsin.Null {
				parts = append(parts, "null")
				continue
			}
			parts = append(parts, v.Text())
		}
		out = append(out, strings.Join(parts, "|"))
	}
	return out
}

func TestGroupKeys(t *testing.T) {
	full := alert("source.ip", "10.0.0.1", "user.name", "Bob")
	for name, c := range map[string]struct {
		correlate string
		alert     *tocsin.Alert
		want      []string
	}{
		"one group":            {`{kind: match, group_by: []}`, full, []string{""}},
		"two fields":           {`{kind: match, group_by: [source.ip, user.name]}`, full, []string{"10.0.0.1|Bob"}},
		"folded":               {`{kind: match, group_by: [user.name], fold: true}`, full, []string{"bob"}},
		"match, missing":       {`{kind: match, group_by: [user.name]}`, alert(), []string{"a1"}},
		"count, missing":       {`{kind: count, group_by: [user.name], span: 1m, at_least: 2}`, alert(), nil},
		"missing is null":      {`{kind: count, group_by: [user.name, source.ip], span: 1m, at_least: 2, on_missing: "null"}`, alert("source.ip", "::1"), []string{"null|::1"}},
		"null is missing":      {`{kind: count, group_by: [user.name], span: 1m, at_least: 2}`, alert("user.name", nil), nil},
		"empty is not":         {`{kind: count, group_by: [user.name], span: 1m, at_least: 2}`, alert("user.name", ""), []string{""}},
		"empty list is":        {`{kind: count, group_by: [user.name], span: 1m, at_least: 2}`, alert("user.name", []string{}), nil},
		"missing is alone":     {`{kind: count, group_by: [user.name], span: 1m, at_least: 2, on_missing: alert}`, alert(), []string{"a1"}},
		"an array is one key":  {`{kind: match, group_by: [host.ip]}`, alert("host.ip", []string{"b", "a", "b"}), []string{"a,b"}},
		"an array of one":      {`{kind: match, group_by: [host.ip]}`, alert("host.ip", []string{"b"}), []string{"b"}},
		"an array, exploded":   {`{kind: match, group_by: [host.ip], explode: true}`, alert("host.ip", []string{"b", "a", "b"}), []string{"a", "b"}},
		"two arrays, exploded": {`{kind: match, group_by: [host.ip, tags], explode: true}`, alert("host.ip", []string{"b", "a"}, "tags", []string{"x", "y"}), []string{"a|x", "a|y", "b|x", "b|y"}},
		"distinct, no value":   {`{kind: distinct, group_by: [], field: user.name, span: 1m, at_least: 2}`, alert(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			set := mustLoad(t, map[string]string{"a.yml": ruleText(1, "when: true\ncorrelate: "+c.correlate)})
			got := set.Matcher().Match(c.alert)
			if diff := cmp.Diff(c.want, keysOf(got)); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestKeysOfOneAlertAreBounded(t *testing.T) {
	set := mustLoad(t, map[string]string{"a.yml": ruleText(1, "when: true\ncorrelate: {kind: match, group_by: [host.ip, tags], explode: true}")})
	var many []string
	for i := range 200 {
		many = append(many, fmt.Sprint(i))
	}
	got := set.Matcher().Match(alert("host.ip", many, "tags", many))
	if len(got) != maxKeys {
		t.Errorf("%d matches, want %d", len(got), maxKeys)
	}
	if st := set.States()[0]; st.Cut != 1 {
		t.Errorf("the cut was counted %d times", st.Cut)
	}
	long := strings.Repeat("x", 100_000)
	a, b := set.Matcher().Match(alert("host.ip", long+"a", "tags", "t")), set.Matcher().Match(alert("host.ip", long+"b", "tags", "t"))
	if n := len(a[0].Key[0].Text()); n > maxKeyText || a[0].Key[0].Equal(b[0].Key[0]) {
		t.Errorf("long values: %d bytes, equal %v", n, a[0].Key[0].Equal(b[0].Key[0]))
	}
}

func TestMatchCarriesWhatCorrelationNeeds(t *testing.T) {
	set := mustLoad(t, map[string]string{"a.yml": ruleText(1, `let: {failed: event.outcome == "failure"}
when: failed and user.name != "root"
requires: [host.name]
correlate: {kind: distinct, group_by: [source.ip], field: user.name, span: 1m, at_least: 2, fold: true}
entities: [{field: source.ip, role: attacker}, {field: related.user}]`)})
	a := alert("event.outcome", "failure", "source.ip", "10.0.0.1", "user.name", []string{"B", "a"}, "related.user", []string{"a", "b"},
		"event.risk_score_norm", 73.5, "threat.tactic.id", []string{"TA0006"}, "threat.indicator.type", "ipv4-addr")
	got := set.Matcher().Match(a)
	want := []tocsin.Match{{
		Rule: ruleID(1), Set: set.Hash, Tenant: "default", Conditions: 1,
		Key:    []tocsin.Value{tocsin.StringValue("10.0.0.1")},
		Values: []tocsin.Value{tocsin.StringsValue("a", "b")},
		Entities: []tocsin.Entity{
			{Field: "source.ip", Value: "10.0.0.1", Role: "attacker"},
			{Field: "related.user", Value: "a", Role: "related"},
			{Field: "related.user", Value: "b", Role: "related"},
		},
		Facts: tocsin.Facts{Risk: 73.5, Tactics: []string{"TA0006"}, IOC: true},
		Readings: []tocsin.Reading{
			{Expr: `event.outcome == "failure"`, Value: tocsin.StringValue("failure"), Holds: true},
			{Expr: `user.name != "root"`, Value: tocsin.StringsValue("B", "a"), Holds: true},
		},
		Absent: []string{"host.name"},
		Alert:  tocsin.AlertRef{ID: "a1", Time: noon},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("match (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int64{"host.name": 1}, set.States()[0].Absent); diff != "" {
		t.Errorf("absent (-want +got):\n%s", diff)
	}
}

func TestExceptions(t *testing.T) {
	set := mustLoad(t, map[string]string{
		"a.yml": ruleText(1, "when: true\nexcept:\n  - user.name == \"svc\"\n  - in_list(user.name, \"known\")\ncorrelate: {kind: match, group_by: []}"),
		"b.yml": ruleText(2, "when: true\ncorrelate: {kind: match, group_by: []}"),
		"exceptions/x.yml": `- {rule: "*", when: source.ip == "10.0.0.9", reason: scanner, owner: ops, expires: 2026-03-01}
- {rule: "*", when: source.ip == "10.0.0.8", reason: scanner, owner: ops, expires: 2026-03-02}
- {rule: ` + ruleID(2) + `, when: user.name == "eve", reason: test, owner: ops, expires: "2026-03-02T12:00:01Z"}
`,
		"lists/known.csv": "value,who\nBot,ops\n",
	})
	for name, c := range map[string]struct {
		alert *tocsin.Alert
		want  map[string]string // rule -> exception
	}{
		"none":                     {alert(), map[string]string{ruleID(1): "", ruleID(2): ""}},
		"the rule's own":           {alert("user.name", "svc"), map[string]string{ruleID(1): "a.yml:9", ruleID(2): ""}},
		"by list":                  {alert("user.name", "Bot"), map[string]string{ruleID(1): "a.yml:10", ruleID(2): ""}},
		"expired the day before":   {alert("source.ip", "10.0.0.9"), map[string]string{ruleID(1): "", ruleID(2): ""}},
		"its last day":             {alert("source.ip", "10.0.0.8"), map[string]string{ruleID(1): "exceptions/x.yml:2", ruleID(2): "exceptions/x.yml:2"}},
		"of one rule, one second ": {alert("user.name", "eve"), map[string]string{ruleID(1): "", ruleID(2): "exceptions/x.yml:3"}},
	} {
		t.Run(name, func(t *testing.T) {
			m := set.Matcher()
			got := map[string]string{}
			var fires []string
			for _, match := range m.Match(c.alert) {
				got[match.Rule] = match.Suppressed
				if match.Suppressed == "" {
					fires = append(fires, match.Rule)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("suppressed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(fires, m.Fires(c.alert)); diff != "" {
				t.Errorf("fires (-want +got):\n%s", diff)
			}
		})
	}
	if diff := cmp.Diff([]int64{0, 2, 1}, set.Hidden()); diff != "" {
		t.Errorf("hidden (-want +got):\n%s", diff)
	}
}

func TestStatus(t *testing.T) {
	files := map[string]string{}
	for i, status := range []string{Shadow, Testing, Stable, Deprecated} {
		files[status+".yml"] = strings.Replace(ruleText(i, "when: true\ncorrelate: {kind: match, group_by: []}"), "stable", status, 1)
	}
	set := mustLoad(t, files)
	if diff := cmp.Diff([]string{ruleID(0), ruleID(1), ruleID(2)}, set.Matcher().Fires(alert())); diff != "" {
		t.Errorf("fires (-want +got):\n%s", diff)
	}
	if r := set.Rule(ruleID(0)).Ref(); r.Status != Shadow || r.Incident.Window != 24*time.Hour {
		t.Errorf("ref %+v", r)
	}
	if e := set.Matcher().Explain(ruleID(3), alert()); e.Off != Deprecated {
		t.Errorf("explanation %+v", e)
	}
}

// TestQuarantine holds ruling 17: an error concerns its rule and alert only, and 100 in a row take the rule out.
func TestQuarantine(t *testing.T) {
	set := mustLoad(t, map[string]string{
		"a.yml": ruleText(1, "when: int(labels.n) > 5\ncorrelate: {kind: match, group_by: []}"),
		"b.yml": ruleText(2, "when: true\ncorrelate: {kind: match, group_by: []}"),
	})
	m := set.Matcher()
	bad, good := alert("labels.n", "many"), alert("labels.n", "6")
	for range quarantineAfter - 1 {
		if got := m.Fires(bad); len(got) != 1 {
			t.Fatalf("fires %v", got)
		}
	}
	if got := m.Fires(good); len(got) != 2 {
		t.Fatalf("one good alert: %v", got)
	}
	for range quarantineAfter {
		m.Match(bad)
	}
	if got := m.Fires(good); len(got) != 1 {
		t.Fatalf("after 100 errors in a row: %v", got)
	}
	st := set.States()[0]
	if !st.Quarantined || st.Errors != 2*quarantineAfter-1 || st.LastError != `at 1: "many" is no number` {
		t.Errorf("state %+v", st)
	}
	if e := m.Explain(ruleID(1), good); e.Off != "quarantined" || !e.Holds {
		t.Errorf("explanation %+v", e)
	}
}

func TestExplain(t *testing.T) {
	set := mustLoad(t, map[string]string{
		"a.yml": ruleText(1, "when: |-\n  user.name == \"x\" and not (any(tags, # == \"t\"))\nexcept: source.ip == \"::1\"\ncorrelate: {kind: count, group_by: [host.name], span: 1m, at_least: 2}"),
	})
	got := set.Matcher().Explain(ruleID(1), alert("user.name", "x", "source.ip", "::1", "host.name", "h"))
	field := func(name, value string) []tocsin.Field {
		return []tocsin.Field{{Name: name, Value: tocsin.StringValue(value)}}
	}
	want := Explanation{
		Rule: ruleID(1), Holds: true, Suppressed: "a.yml:9", Absent: []string{"tags"},
		Conditions: []Condition{{Name: "when", When: `user.name == "x" and not (any(tags, # == "t"))`, Holds: true, Leaves: []expression.Leaf{
			{Expr: `user.name == "x"`, Fields: field("user.name", "x"), Holds: true}, {Expr: `any(tags, # == "t")`, Fields: []tocsin.Field{{Name: "tags"}}},
		}}},
		Excepts: []Condition{{Name: "a.yml:9", When: `source.ip == "::1"`, Holds: true, Leaves: []expression.Leaf{
			{Expr: `source.ip == "::1"`, Fields: field("source.ip", "::1"), Holds: true},
		}}},
		Keys: [][]tocsin.Value{{tocsin.StringValue("h")}}, Group: []GroupField{{Field: "host.name", Value: tocsin.StringValue("h")}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(Explanation{}, set.Matcher().Explain("nobody", alert())); diff != "" {
		t.Errorf("no such rule: %s", diff)
	}
}

// TestExplainDropped says why an alert that meets a condition belongs to no group.
func TestExplainDropped(t *testing.T) {
	for name, c := range map[string]struct {
		correlate string
		alert     *tocsin.Alert
		keys      int
		dropped   string
	}{
		"missing":           {"kind: count, group_by: [user.name, host.name], span: 1m, at_least: 2", alert("event.action", "x", "user.name", "u"), 0, "host.name of its group_by is absent, and on_missing is drop"},
		"null instead":      {"kind: count, group_by: [host.name], on_missing: 'null', span: 1m, at_least: 2", alert("event.action", "x"), 1, ""},
		"nothing to count":  {"kind: distinct, group_by: [host.name], field: user.name, span: 1m, at_least: 2", alert("event.action", "x", "host.name", "h"), 1, "user.name is absent, and its values are what the rule counts"},
		"no condition met":  {"kind: count, group_by: [host.name], span: 1m, at_least: 2", alert("event.action", "y"), 0, ""},
		"there":             {"kind: count, group_by: [host.name], span: 1m, at_least: 2", alert("event.action", "x", "host.name", "h"), 1, ""},
		"all are one group": {"kind: count, group_by: [], span: 1m, at_least: 2", alert("event.action", "x"), 1, ""},
	} {
		set := mustLoad(t, map[string]string{"a.yml": ruleText(1, "when: event.action == \"x\"\ncorrelate: {"+c.correlate+"}")})
		e := set.Matcher().Explain(ruleID(1), c.alert)
		if len(e.Keys) != c.keys || !strings.HasPrefix(e.Dropped, c.dropped) || (c.dropped == "") != (e.Dropped == "") {
			t.Errorf("%s: %d keys, %q", name, len(e.Keys), e.Dropped)
		}
	}
}

// Matches are written over those before once that was allowed, and say what they say without it.
func TestReuse(t *testing.T) {
	t.Parallel()
	set := mustLoad(t, map[string]string{"r.yml": ruleText(1, "when: event.kind == \"alert\"\nentities: [{field: user.name, role: victim}, {field: source.ip, role: attacker}]\n"+
		"correlate: {kind: distinct, group_by: [user.name], span: 1m, field: source.ip, at_least: 2}\n")})
	fresh, again := set.Matcher(), set.Matcher()
	for round := range 5 {
		var want, got []tocsin.Match
		for i := range 50 * round {
			a := alert("event.kind", "alert", "user.name", fmt.Sprint("u", round, i), "source.ip", fmt.Sprintf("10.0.%d.%d", round, i))
			want, got = fresh.Append(want, a), again.Append(got, a)
		}
		if len(want) != 50*round {
			t.Fatalf("%d matches", len(want))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("round %d (-fresh +again):\n%s", round, diff)
		}
		again.Reuse()
	}
}
