package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin"
)

const sigmaBase = `title: Failed
id: 6f1d1b2e-0000-4000-8000-000000000011
name: failed
logsource: {product: windows, service: security}
detection: {s: {EventID: 4625}, condition: s}
---
title: Connection
id: 6f1d1b2e-0000-4000-8000-000000000012
name: connection
logsource: {product: windows, category: network_connection}
detection: {s: {Image|endswith: .exe}, condition: s}
---
title: Started
id: 6f1d1b2e-0000-4000-8000-000000000013
name: started
logsource: {product: windows, category: process_creation}
detection: {s: {Image|endswith: .exe}, condition: s}
`

func correlation(body string) map[string]string {
	return map[string]string{"base.yml": sigmaBase, "c.yml": "title: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {" + body + "}\n"}
}

func failure(leaves ...any) *tocsin.Alert {
	return alert(append([]any{"winlog.channel", "Security", "winlog.event_id", "4625"}, leaves...)...)
}

// A correlation becomes the kind of rule that says the same; its rules make no events of their own.
func TestSigmaCorrelationKinds(t *testing.T) {
	for body, want := range map[string]string{
		"type: event_count, rules: [failed], group-by: [TargetUserName], timespan: 5m, condition: {gte: 10}":                                 "count 10 5m0s [winlog.event_data.TargetUserName] ",
		"type: event_count, rules: [6f1d1b2e-0000-4000-8000-000000000011], timespan: 1h, condition: {gt: 10}":                                "count 11 1h0m0s [] ",
		"type: value_count, rules: [failed], group-by: [Computer], timespan: 1d, condition: {field: TargetUserName, gte: 3}":                 "distinct 3 24h0m0s [winlog.computer_name] ",
		"type: temporal, rules: [failed, connection], group-by: [Computer], timespan: 30s":                                                   "set 2 30s [winlog.computer_name] failed,connection",
		"type: temporal, rules: [failed, connection], group-by: [Computer], timespan: 30s, condition: {gte: 1}":                              "count 1 30s [winlog.computer_name] ",
		"type: temporal, rules: [failed, connection, started], group-by: [Computer], timespan: 30s, condition: {gte: 2}":                     "set 3 30s [Computer] failed or connection,failed or started,connection or started",
		"type: temporal, rules: [failed, connection, started], timespan: 30s, condition: 'failed and (connection or started)'":               "set 2 30s [] failed,connection or started",
		"type: temporal_ordered, rules: [failed, connection], group-by: [Computer], timespan: 30s":                                           "sequence 2 30s [winlog.computer_name] failed,connection",
		"type: temporal, timespan: 30s, condition: '(failed or started) and connection'":                                                     "set 2 30s [] failed or started,connection",
		"type: temporal, rules: [failed, connection], group-by: [u], timespan: 1m, aliases: {u: {failed: TargetUserName, connection: User}}": "set 2 1m0s [u] failed,connection",
	} {
		set := sigmaSet(t, correlation(body))
		r := set.Rule("6f1d1b2e-0000-4000-8000-000000000020")
		if r == nil {
			t.Errorf("%s: %v", body, set.Refused)
			continue
		}
		var steps []string
		for _, s := range r.Correlate.Steps {
			steps = append(steps, s.When)
		}
		got := fmt.Sprintf("%s %d %s %v %s", r.Correlate.Kind, r.Correlate.AtLeast, r.Correlate.Span.Truncate(time.Second), r.Correlate.GroupBy, strings.Join(steps, ","))
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", body, got, want)
		}
		if strings.Contains(body, "failed") && set.Rule("6f1d1b2e-0000-4000-8000-000000000011") != nil {
			t.Errorf("%s: its rule makes events of its own", body)
		}
		generating := sigmaSet(t, map[string]string{"b.yml": sigmaBase, "c.yml": "title: C\ngenerate: true\ncorrelation: {" + body + "}\n"})
		if len(generating.Rules()) != 4 {
			t.Errorf("%s: generate leaves %d rules", body, len(generating.Rules()))
		}
	}
}

// Correlations over numbers are kind measure.
func TestSigmaMeasures(t *testing.T) {
	for body, want := range map[string]string{
		"value_sum, condition: {field: size, gt: 1000000}":                     "sum size  [{gt 1000000}]",
		"value_avg, condition: {field: [size], gte: -0.5, lt: 0x10}":           "average size  [{gte -0.5} {lt 16}]",
		"value_percentile, condition: {field: size, percentile: 99.9, neq: 3}": "percentile size 99.9 [{neq 3}]",
		"value_median, condition: {field: size, eq: 3}":                        "percentile size 50 [{eq 3}]",
	} {
		files := correlation("rules: [failed], group-by: [Computer], timespan: 1h, type: " + body)
		r := sigmaSet(t, files).Rule("6f1d1b2e-0000-4000-8000-000000000020")
		if r == nil {
			t.Errorf("%s: %v", body, sigmaSet(t, files).Refused)
			continue
		}
		c := r.Correlate
		if got := fmt.Sprintf("%s %s %s %v", c.Measure, c.Field, c.Percentile, c.Bounds); got != want || c.Kind != Measure {
			t.Errorf("%s: %s %s, want %s", body, c.Kind, got, want)
		}
		m := sigmaSet(t, files).Matcher()
		for size, numbers := range map[any]int{"17": 1, 17: 1, nil: 0} {
			if got := m.Match(failure("winlog.computer_name", "pc", "winlog.event_data.size", size)); len(got) != numbers {
				t.Errorf("%s: size %v makes %d matches, want %d", body, size, len(got), numbers)
			}
		}
	}
}

// What a correlation cannot say exactly is refused with its reason.
func TestSigmaCorrelationRefused(t *testing.T) {
	for body, want := range map[string]string{
		"type: event_count, rules: [failed], timespan: 5m, condition: {lt: 10}":                                  "only gte and gt",
		"type: event_count, rules: [failed], timespan: 5m, condition: {gt: 10, lte: 20}":                         "only gte and gt",
		"type: event_count, rules: [failed], timespan: 5m, condition: {gte: 0}":                                  "at least 1",
		"type: event_count, rules: [failed], timespan: 5m":                                                       "no condition with gte",
		"type: event_count, rules: [failed], timespan: 5y, condition: {gte: 2}":                                  "timespan",
		"type: event_count, rules: [failed], timespan: 0m, condition: {gte: 2}":                                  "timespan",
		"type: event_count, rules: [nobody], timespan: 5m, condition: {gte: 2}":                                  "no rule has the id or name nobody",
		"type: event_count, rules: [failed, failed], timespan: 5m, condition: {gte: 2}":                          "names failed twice",
		"type: event_count, rules: [failed], timespan: 5m, condition: {gte: 2}, speed: 3":                        "unknown key speed",
		"type: value_count, rules: [failed], timespan: 5m, condition: {gte: 2}":                                  "field belongs to value_count",
		"type: value_sum, rules: [failed], timespan: 5m, condition: {lt: 2, field: x}":                           "below every bound",
		"type: value_sum, rules: [failed], timespan: 5m, condition: {gte: 2}":                                    "needs one field",
		"type: value_sum, rules: [failed], timespan: 5m, condition: {gt: 2, percentile: 5, field: x}":            "unknown key percentile",
		"type: value_avg, rules: [failed], timespan: 5m, condition: {field: x}":                                  "needs one or two of",
		"type: value_avg, rules: [failed], timespan: 5m, condition: {gt: 1e3, field: x}":                         "no decimal number",
		"type: value_percentile, rules: [failed], timespan: 5m, condition: {gt: 2, field: x}":                    "says no percentile",
		"type: value_percentile, rules: [failed], timespan: 5m, condition: {gt: 2, percentile: 101, field: x}":   "from 0 to 100",
		"type: temporal, rules: [failed, connection], timespan: 5m, condition: 'failed and not connection'":      "with not",
		"type: temporal, rules: [failed, connection], timespan: 5m, condition: {gte: 3}":                         "never holds",
		"type: temporal_ordered, rules: [failed, connection], timespan: 5m, condition: {gte: 1}":                 "of all of them alone",
		"type: temporal, rules: [failed, connection], group-by: [u], timespan: 5m, aliases: {u: {failed: User}}": "alias u says nothing of rule connection",
		"type: temporal, rules: [failed, connection, started], timespan: 5m, condition: failed or connection":    "does not ask for rule started",
		"type: temporal_ordered, rules: [failed, connection], timespan: 5m, condition: failed or connection":     "temporal_ordered with an expression",
		"type: near, rules: [failed], timespan: 5m":                                                              `unknown type "near"`,
		"rules: [failed], timespan: 5m": "no type",
	} {
		set := sigmaSet(t, correlation(body))
		if reason := fmt.Sprint(set.Refused); len(set.Refused) != 1 || !strings.Contains(reason, want) {
			t.Errorf("%s: refused %s, want %q", body, reason, want)
		}
	}
}

// An alias is another field in each rule's alerts; a kind of record that lacks the field belongs to no group.
func TestSigmaCorrelationAlias(t *testing.T) {
	set := sigmaSet(t, correlation("type: temporal, rules: [failed, started], group-by: [u], timespan: 1m, aliases: {u: {failed: TargetUserName, started: User}}"))
	m := set.Matcher()
	keys := func(a *tocsin.Alert) string {
		var out []string
		for _, match := range m.Match(a) {
			out = append(out, fmt.Sprintf("%s %b", match.Key[0].Text(), match.Conditions))
		}
		return strings.Join(out, ", ")
	}
	for want, a := range map[string]*tocsin.Alert{
		"bob 1":   failure("winlog.event_data.TargetUserName", "bob", "winlog.event_data.User", "eve"),
		"eve 10":  sysmon("winlog.event_data.Image", "a.exe", "winlog.event_data.User", "eve"),
		"dora 10": alert("winlog.channel", "Security", "winlog.event_id", "4688", "winlog.event_data.NewProcessName", "a.exe", "winlog.event_data.SubjectUserName", "dora"),
		"":        failure(),
	} {
		if got := keys(a); got != want {
			t.Errorf("keys %q, want %q", got, want)
		}
	}
}

// Values of several fields count together.
func TestSigmaValueCount(t *testing.T) {
	set := sigmaSet(t, correlation("type: value_count, rules: [failed], timespan: 1m, condition: {field: [TargetUserName, IpAddress], gte: 2}"))
	m := set.Matcher()
	texts := map[string]bool{}
	for _, pair := range [][2]string{{"a", "b"}, {"ab", ""}, {"a", "b"}, {"b", "a"}} {
		for _, match := range m.Match(failure("winlog.event_data.TargetUserName", pair[0], "winlog.event_data.IpAddress", pair[1])) {
			texts[match.Values[0].Text()] = true
		}
	}
	if len(texts) != 3 {
		t.Errorf("%d different values, want 3: %v", len(texts), texts)
	}
	if got := m.Match(failure("winlog.event_data.TargetUserName", "a")); len(got) != 0 {
		t.Errorf("a value of which a part is missing counts: %v", got)
	}
}

// A correlation over a correlation rests on its events, by the fields that it groups by.
func TestSigmaChained(t *testing.T) {
	inner := "title: Many\nid: 6f1d1b2e-0000-4000-8000-000000000021\nname: many\ncorrelation: {type: event_count, rules: [failed], group-by: [Computer], timespan: 10m, condition: {gte: 10}}\n---\n"
	outer := func(body string) map[string]string {
		return map[string]string{"base.yml": sigmaBase, "c.yml": inner + "title: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {" + body + "}\n"}
	}
	set := sigmaSet(t, outer("type: temporal_ordered, rules: [many, connection], group-by: [Computer], timespan: 1h"))
	r, many := set.Rule("6f1d1b2e-0000-4000-8000-000000000020"), set.Rule("6f1d1b2e-0000-4000-8000-000000000021")
	if r == nil || many == nil || r.Rank != 2 || !set.Heard(many.ID) || many.Level != "informational" || len(set.Rules()) != 3 {
		t.Fatalf("%+v, %+v, refused %v", r, many, set.Refused)
	}
	got := set.Matcher().Opened(Opening{Event: "e", Rule: many.ID, Group: tocsin.Group{{Field: "winlog.computer_name", Value: tocsin.StringValue("ws1")}}})
	if len(got) != 1 || got[0].Conditions != 1 || got[0].Key[0].Text() != "ws1" {
		t.Errorf("an event of the inner correlation makes %+v", got)
	}
	for body, want := range map[string]string{
		"type: temporal, rules: [many, failed], group-by: [TargetUserName], timespan: 1h":                                                "fields that it groups by, not TargetUserName",
		"type: temporal, name: x, rules: [many, 6f1d1b2e-0000-4000-8000-000000000020], timespan: 1h":                                     "unknown key name",
		"type: temporal, rules: [many, 6f1d1b2e-0000-4000-8000-000000000020], timespan: 1h":                                              "in a circle",
		"type: temporal, rules: [many, connection], group-by: [u], timespan: 1h, aliases: {u: {many: TargetUserName, connection: User}}": "fields that it groups by, not TargetUserName",
	} {
		set := sigmaSet(t, outer(body))
		if reason := fmt.Sprint(set.Refused); !strings.Contains(reason, want) {
			t.Errorf("%s: refused %s, want %q", body, reason, want)
		}
	}
}
