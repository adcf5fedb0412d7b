package rules

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// piped loads one Sigma rule with pipelines.
func piped(t *testing.T, rule string, pipelines ...string) (*Set, error) {
	t.Helper()
	var files []File
	for i, p := range pipelines {
		files = append(files, File{Name: fmt.Sprintf("p%d.yml", i), Data: []byte(p)})
	}
	return Load([]Source{{FS: fstest.MapFS{"r.yml": {Data: []byte(rule)}}}}, Options{Pipelines: files})
}

const abacus = "title: T\nid: 6f1d1b2e-0000-4000-8000-000000000001\ntags: [attack.t1003]\nlevel: high\nlogsource: {product: abacus, service: beads}\ndetection:\n  s: {Bead|contains: red, Rod: '%rod%'}\n  f: {Bead: blue}\n  condition: s and not f\n"

// What each transformation does to a rule, seen by what then matches. The alert's fields stand before the arrow.
func TestSigmaPipelines(t *testing.T) {
	base := "  - {type: field_name_mapping, mapping: {Bead: labels.bead, Rod: labels.rod}}\n"
	expand := strings.Replace(abacus, "Rod:", "Rod|expand:", 1)
	for name, c := range map[string]struct {
		rule, pipeline string
		match, miss    []any // fields of alerts
	}{
		"mapping": {abacus, base, []any{"labels.bead", "a RED bead", "labels.rod", "%ROD%"}, []any{"labels.bead", "green", "labels.rod", "%rod%"}},
		"mapping to several": {
			abacus, "  - {type: field_name_mapping, mapping: {Bead: [labels.a, labels.b], Rod: labels.rod}}\n",
			[]any{"labels.b", "red", "labels.rod", "%rod%"},
			[]any{"labels.c", "red", "labels.rod", "%rod%"},
		},
		"prefix":         {abacus, "  - {type: field_name_prefix, prefix: labels.}\n", []any{"labels.Bead", "red", "labels.Rod", "%rod%"}, []any{"Bead", "red", "Rod", "%rod%"}},
		"suffix":         {abacus, "  - {type: field_name_suffix, suffix: .x}\n", []any{"Bead.x", "red", "Rod.x", "%rod%"}, []any{"Bead", "red", "Rod", "%rod%"}},
		"prefix mapping": {abacus, "  - {type: field_name_prefix_mapping, mapping: {Be: labels.Be, R: [x., y.]}}\n", []any{"labels.Bead", "red", "y.od", "%rod%"}, []any{"labels.Bead", "red", "R", "%rod%"}},
		"drop": {
			abacus, base + "  - {type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [labels.rod]}]}\n",
			[]any{"labels.bead", "red"},
			[]any{"labels.bead", "blue"},
		},
		"drop a whole selection": {
			abacus, base + "  - type: drop_detection_item\n    detection_item_conditions: [{type: match_string, cond: any, pattern: blue}]\n",
			[]any{"labels.bead", "red", "labels.rod", "%rod%"},
			[]any{"labels.bead", "blue", "labels.rod", "%rod%"},
		},
		"add a condition": {
			abacus, base + "  - {type: add_condition, conditions: {event.module: $product}, template: true}\n",
			[]any{"labels.bead", "red", "labels.rod", "%rod%", "event.module", "abacus"},
			[]any{"labels.bead", "red", "labels.rod", "%rod%"},
		},
		"add a condition on a field of the alert's own": {
			strings.NewReplacer("product: abacus, service: beads", "product: windows, service: security").Replace(abacus), "  - {type: add_condition, conditions: {event.module: [x, z], EventID: 5}}\n",
			[]any{"winlog.channel", "Security", "winlog.event_id", "5", "event.module", "x", "winlog.event_data.Bead", "red", "winlog.event_data.Rod", "%rod%"},
			[]any{"winlog.channel", "Security", "winlog.event_id", "5", "winlog.event_data.event.module", "x", "winlog.event_data.Bead", "red", "winlog.event_data.Rod", "%rod%"},
		},
		"a field and a reference at once": {
			strings.Replace(abacus, "Rod: '%rod%'", "Rod|fieldref: Bead", 1), "  - {id: m, type: field_name_mapping, mapping: {Bead: labels.bead, Rod: labels.rod}, field_name_conditions: [{type: processing_item_applied, processing_item_id: m}], field_name_cond_not: true}\n",
			[]any{"labels.bead", "red", "labels.rod", "red"},
			[]any{"labels.bead", "red", "Rod", "red"},
		},
		"add a negation": {
			abacus, base + "  - {type: add_condition, conditions: {event.module: x}, negated: true}\n",
			[]any{"labels.bead", "red", "labels.rod", "%rod%"},
			[]any{"labels.bead", "red", "labels.rod", "%rod%", "event.module", "x"},
		},
		"change the log source": {
			strings.ReplaceAll(abacus, "Bead", "Image"), "  - {type: change_logsource, product: windows, category: process_creation}\n",
			[]any{"winlog.channel", "Microsoft-Windows-Sysmon/Operational", "winlog.event_id", "1", "winlog.event_data.Image", "red", "winlog.event_data.Rod", "%rod%"},
			[]any{"winlog.event_data.Image", "red", "winlog.event_data.Rod", "%rod%"},
		},
		"replace": {abacus, base + "  - {type: replace_string, regex: '^(.)(.*)d', replacement: '\\2\\g<1>', skip_special: true}\n", []any{"labels.bead", "er", "labels.rod", "ro%%"}, []any{"labels.bead", "red", "labels.rod", "%rod%"}},
		"replace leaves what it does not touch": {
			strings.Replace(abacus, "'%rod%'", "'C:\\dir\\\\*\\?z'", 1), base + "  - {type: replace_string, regex: z$, replacement: 'e*'}\n",
			[]any{"labels.bead", "red", "labels.rod", `c:\dir\sub\a?end`},
			[]any{"labels.bead", "red", "labels.rod", `c:\dir*?end`},
		},
		"replace a wildcard": {
			strings.Replace(abacus, "'%rod%'", "'\\*a*b'", 1), base + "  - {type: replace_string, regex: '^.\\*a\\*', replacement: 'x'}\n",
			[]any{"labels.bead", "red", "labels.rod", "xb"},
			[]any{"labels.bead", "red", "labels.rod", "*ab"},
		},
		"replace in a number": {
			strings.Replace(abacus, "'%rod%'", "57", 1), base + "  - {type: replace_string, regex: '7', replacement: '*'}\n",
			[]any{"labels.bead", "red", "labels.rod", "5x"},
			[]any{"labels.bead", "red", "labels.rod", "x57"},
		},
		"a value with a star": {
			strings.Replace(abacus, "'%rod%'", "'a\\*'", 1), base + "  - {type: map_string, mapping: {'a*': no, 'a\\*': yes}}\n",
			[]any{"labels.bead", "red", "labels.rod", "yes"},
			[]any{"labels.bead", "red", "labels.rod", "no"},
		},
		"map a value": {abacus, base + "  - {type: map_string, mapping: {'%rod%': [one, 't*']}}\n", []any{"labels.bead", "red", "labels.rod", "two"}, []any{"labels.bead", "red", "labels.rod", "%rod%"}},
		"values of placeholders": {
			expand, "vars: {rod: [one, 'tw*']}\ntransformations:\n" + base + "  - {type: value_placeholders}\n",
			[]any{"labels.bead", "red", "labels.rod", "two"},
			[]any{"labels.bead", "red", "labels.rod", "three"},
		},
		"wild placeholders": {expand, base + "  - {type: wildcard_placeholders, include: [rod]}\n", []any{"labels.bead", "red", "labels.rod", "any"}, []any{"labels.bead", "red"}},
		"hashes": {
			strings.NewReplacer("Bead|contains: red", "Hashes|contains: ['MD5=ab', 'sha1=CD']", "'%rod%'", "x", "Bead: blue", "Hashes|neq: 0123456789abcdef0123456789abcdef").Replace(abacus),
			base + "  - {type: hashes_fields, valid_hash_algos: [MD5, SHA1], field_prefix: labels.hash_}\n",
			[]any{"labels.hash_SHA1", "cd", "labels.hash_MD5", "0123456789ABCDEF0123456789ABCDEF", "labels.rod", "x"},
			[]any{"labels.hash_SHA1", "cde", "labels.hash_MD5", "0123456789ABCDEF0123456789ABCDEF", "labels.rod", "x"},
		},
		"state": {
			abacus, base + "  - {type: set_state, key: k, val: 3}\n  - {type: set_value, value: 7, rule_conditions: [{type: processing_state, key: k, val: 2, op: gt}], field_name_conditions: [{type: include_fields, fields: [labels.rod]}]}\n",
			[]any{"labels.bead", "red", "labels.rod", 7},
			[]any{"labels.bead", "red", "labels.rod", "%rod%"},
		},
		"case": {abacus, base + "  - {type: case, method: upper}\n  - {type: regex, method: plain}\n", []any{"labels.bead", "RED", "labels.rod", "%ROD%"}, []any{"labels.bead", "red", "labels.rod", "%rod%"}},
		"snake case": {
			strings.Replace(abacus, "'%rod%'", "'OldRod*XY'", 1), base + "  - {type: case, method: snake_case}\n",
			[]any{"labels.bead", "red", "labels.rod", "old_rod..x_y"},
			[]any{"labels.bead", "red", "labels.rod", "oldrod..xy"},
		},
		"nest and what was applied": {
			abacus, "  - {type: nest, items: [{id: m, type: field_name_mapping, mapping: {Bead: labels.bead}}]}\n  - {type: field_name_prefix, prefix: labels., field_name_conditions: [{type: processing_item_applied, processing_item_id: m}], field_name_cond_not: true}\n",
			[]any{"labels.bead", "red", "labels.Rod", "%rod%"},
			[]any{"labels.labels.bead", "red", "labels.Rod", "%rod%"},
		},
		"linked by or": {
			abacus, base + "  - {type: set_value, value: z, rule_cond_op: or, rule_conditions: [{type: logsource, product: other}, {type: tag, tag: attack.t1003}], field_name_conditions: [{type: exclude_fields, fields: ['.*bead'], mode: re}]}\n",
			[]any{"labels.bead", "red", "labels.rod", "z"},
			[]any{"labels.bead", "red", "labels.rod", "%rod%"},
		},
		"linked by an expression": {
			abacus, base + "  - {type: set_value, value: z, rule_cond_expr: 'a and not (b or c)', rule_conditions: {a: {type: rule_attribute, attribute: level, value: medium, op: gte}, b: {type: contains_field, field: nobody}, c: {type: contains_detection_item, field: labels.bead, value: green}}, field_name_conditions: [{type: include_fields, fields: [labels.rod]}]}\n",
			[]any{"labels.bead", "red", "labels.rod", "z"},
			[]any{"labels.bead", "red", "labels.rod", "%rod%"},
		},
		"keywords to a field": {
			"title: T\nid: 6f1d1b2e-0000-4000-8000-000000000001\nlogsource: {product: abacus}\ndetection: {k: [bad], condition: k}\n", "  - {type: field_name_mapping, mapping: {null: message}}\n",
			[]any{"message", "very bad thing"},
			[]any{"message", "fine"},
		},
		"a referenced field": {
			strings.Replace(abacus, "Rod:", "Rod|fieldref:", 1), "  - {type: field_name_mapping, mapping: {Bead: labels.bead, Rod: labels.rod, '%rod%': labels.other}}\n",
			[]any{"labels.bead", "red", "labels.rod", "x", "labels.other", "X"},
			[]any{"labels.bead", "red", "labels.rod", "x", "labels.other", "y"},
		},
	} {
		pipeline := c.pipeline
		if !strings.Contains(pipeline, "transformations:") {
			pipeline = "transformations:\n" + pipeline
		}
		set, err := piped(t, c.rule, pipeline)
		if err != nil || len(set.Rules()) != 1 {
			t.Errorf("%s: %v, refused %v", name, err, set.Refused)
			continue
		}
		m := set.Matcher()
		if len(m.Fires(alert(c.match...))) != 1 {
			t.Errorf("%s: %v does not match", name, c.match)
		}
		if len(m.Fires(alert(c.miss...))) != 0 {
			t.Errorf("%s: %v matches", name, c.miss)
		}
		if again, err := LoadFiles(set.Files, Options{}); err != nil || again.Hash != set.Hash {
			t.Errorf("%s: the stored set is another one: %v", name, err)
		}
	}
}

// Lower priorities come first, whatever the order of the files; pipelines also stand in a folder of rules.
func TestSigmaPipelinePriority(t *testing.T) {
	second := "priority: 20\ntransformations: [{type: field_name_mapping, mapping: {mid: labels.bead, Rod: labels.rod}}]\n"
	first := "priority: 10\ntransformations: [{type: field_name_mapping, mapping: {Bead: mid}}]\n"
	set, err := piped(t, abacus, second, first)
	if err != nil || len(set.Matcher().Fires(alert("labels.bead", "red", "labels.rod", "%rod%"))) != 1 {
		t.Errorf("%v, refused %v", err, set.Refused)
	}
	files := fstest.MapFS{"r.yml": {Data: []byte(abacus)}, "pipelines/a.yml": {Data: []byte(second)}, "pipelines/b.yml": {Data: []byte(first)}}
	if set, err := Load([]Source{{FS: files}}, Options{}); err != nil || len(set.Rules()) != 1 {
		t.Errorf("%v, refused %v", err, set.Refused)
	}
}

// A pipeline may refuse a rule; the field that a correlation groups by goes through pipelines too.
func TestSigmaPipelineFailures(t *testing.T) {
	for pipeline, want := range map[string]string{
		"{type: rule_failure, message: no beads}": "no beads",
		"{type: detection_item_failure, message: no blue, detection_item_conditions: [{type: match_value, cond: any, value: blue}]}": "no blue",
		"{type: strict_field_mapping_failure}":   "fields are not mapped: Bead, Rod",
		"{type: convert_type, target_type: num}": "is no number",
		"{type: drop_detection_item}":            "dropped all that the condition asks for",
		"{type: set_state, key: a, val: b}":      "no pipeline for logsource product abacus",
	} {
		set, err := piped(t, abacus, "transformations: ["+pipeline+"]")
		if err != nil || !strings.Contains(fmt.Sprint(set.Refused), want) {
			t.Errorf("%s: %v, refused %v, want %q", pipeline, err, set.Refused, want)
		}
	}
	dropped, err := piped(t, abacus, "transformations: [{type: hashes_fields, valid_hash_algos: [MD5], field_to_parse: [Bead]}]")
	if want := `"*red*" is no hash of MD5`; err != nil || !strings.Contains(fmt.Sprint(dropped.Refused), want) {
		t.Errorf("hashes: %v, refused %v, want %q", err, dropped.Refused, want)
	}
	rule := sigmaBase + "---\ntitle: C\nid: 6f1d1b2e-0000-4000-8000-000000000020\ncorrelation: {type: event_count, rules: [failed], group-by: [Who], timespan: 5m, condition: {gte: 10}}\n"
	set, err := piped(t, rule, "transformations: [{type: field_name_mapping, mapping: {Who: user.name}, rule_conditions: [{type: logsource, service: security}]}]")
	if err != nil || len(set.Rules()) != 3 || set.Rule("6f1d1b2e-0000-4000-8000-000000000020").Correlate.GroupBy[0] != "user.name" {
		t.Errorf("%v, refused %v", err, set.Refused)
	}
}

// All faults of a pipeline come at once, each at its place with what helps.
func TestSigmaPipelineFaults(t *testing.T) {
	pipeline := `name: bad
priority: high
vars: {a: []}
finalizers: [{type: concat}]
speed: 3
transformations:
  - {type: field_name_mapping}
  - {type: query_expression_placeholders, expression: x}
  - {type: nobody}
  - {type: set_state, key: k}
  - {type: replace_string, regex: '(?=x)', replacement: y}
  - {type: drop_detection_item, colour: red}
  - {type: case, method: sideways}
  - {type: rule_failure, message: m, rule_conditions: [{type: nobody}], rule_cond_op: xor}
  - {type: rule_failure, message: m, rule_conditions: {a: {type: tag, tag: x}}, rule_cond_expr: a and b}
  - {type: nest, items: [{type: add_condition}]}
`
	_, err := piped(t, abacus, pipeline)
	if err == nil {
		t.Fatal("no fault is told")
	}
	text := err.Error()
	for _, want := range []string{
		"p0.yml:2:11: priority is a whole number", "variable a has no values", "finalizers change the text of queries", "the pipeline has no key speed",
		"lacks a mapping", "p0.yml:8:12: transformation query_expression_placeholders is not available", `unknown transformation "nobody"`, "lacks val",
		"is no regular expression here", "has no key colour", "method of transformation case is one of", `unknown condition "nobody" on a rule`,
		"rule_cond_op of transformation rule_failure is one of and, or", `no condition is called "b"`, "add_condition lacks conditions", "  ^",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the faults lack %q:\n%s", want, text)
		}
	}
}
