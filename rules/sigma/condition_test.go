package sigma

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/expression"
)

// truth evaluates a tree over fields of which those named are there.
func truth(t *testing.T, tree expression.Tree, there ...string) bool {
	t.Helper()
	var fields []tocsin.Field
	for _, name := range there {
		fields = append(fields, tocsin.Field{Name: name, Value: tocsin.StringValue("x")})
	}
	table := expression.New(expression.Options{})
	x, err := table.Build("", tree)
	if err != nil {
		t.Fatal(err)
	}
	e := table.Evaluator()
	e.Load(tocsin.NewFields(fields), zero)
	ok, err := e.Holds(x)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

func there(name string) (expression.Tree, bool, error) {
	return expression.Negate(expression.IsAbsent(name)), name == "gone", nil
}

func TestCondition(t *testing.T) {
	names := []string{"a", "b", "sel_1", "sel_2", "_hidden"}
	for text, cases := range map[string]map[string]bool{
		"a":                               {"a": true, "b": false},
		"a or b and not sel_1":            {"a sel_1": true, "b": true, "b sel_1": false},
		"(a or b) and not sel_1":          {"a sel_1": false, "a": true},
		"not a or b":                      {"a": false, "a b": true, "": true},
		"not (a or b)":                    {"": true, "b": false},
		"not not a":                       {"a": true, "": false},
		"1 of sel_*":                      {"sel_2": true, "a": false},
		"any of sel_*":                    {"sel_1": true},
		"all of sel_*":                    {"sel_2": false, "sel_1 sel_2": true},
		"all of them":                     {"a b sel_1 sel_2": true, "a b sel_1": false},
		"1 of them":                       {"_hidden": false, "b": true},
		"_hidden":                         {"_hidden": true},
		"a and not 1 of sel_*":            {"a": true, "a sel_2": false},
		"A OR (b AND a)":                  nil, // names regard case
		"a AND NOT b":                     {"a": true, "a b": false},
		"all of sel_* and (a or 1 of b*)": {"sel_1 sel_2 b": true, "sel_1 sel_2": false},
	} {
		tree, err := parseCondition(text, names, there)
		if (err != nil) != (cases == nil) {
			t.Errorf("%s: error %v", text, err)
			continue
		}
		for fields, want := range cases {
			if got := truth(t, tree, strings.Fields(fields)...); got != want {
				t.Errorf("%s with %q: %v, want %v", text, fields, got, want)
			}
		}
	}
}

func TestConditionRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "ends where a selection was expected",
		"c":                               `names "c"`,
		"a and":                           "ends where",
		"(a":                              "closing bracket",
		"a b":                             "goes on with",
		"2 of sel_*":                      `asks for "2"`,
		"1 of nothing*":                   "fits no selection",
		"a | count() by b > 3":            "old form",
		"a | near b":                      "old form",
		strings.Repeat("(", 100) + "a":    "nests deeper",
		strings.Repeat("not ", 100) + "a": "nests deeper",
		strings.Repeat("a or ", 9000):     "the limit is",
	} {
		if _, err := parseCondition(text, []string{"a", "b", "sel_1"}, there); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40s: %v, want %q", text, err, want)
		}
	}
}

// FuzzRule holds that no document makes the reader or the compiler fail otherwise than by a refusal with a reason.
func FuzzRule(f *testing.F) {
	f.Add([]byte("title: t\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image|endswith: ['\\a.exe', 'b*'], X|re|i: a+}, k: [x, y], condition: s and not 1 of k*}"))
	f.Add([]byte("logsource: {product: linux}\ndetection: {s: {A|windash|contains|all: [' -x', /y]}, condition: [s, not s]}"))
	f.Add([]byte("logsource: {service: sysmon}\ndetection: {s: {A|wide|base64offset|contains: http, B|cidr: 10.0.0.0/8, C|gt: 3, D: null, E|exists: true, F|fieldref: A}, condition: all of them}"))
	f.Add([]byte("title: f\nlogsource: {product: windows}\nfilter: {rules: [any], s: {User|startswith: adm_}, condition: not s}"))
	pipelines, err := Shipped()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var doc yaml.Node
		if yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 || !Is(doc.Content[0]) {
			return
		}
		if _, refusal := ReadFilter(doc.Content[0]); refusal != nil && refusal.Reason == "" {
			t.Fatal("a refusal that says nothing")
		}
		r, refusal := Read(doc.Content[0])
		if refusal != nil {
			if refusal.Reason == "" || refusal.Node == nil {
				t.Fatal("a refusal that says nothing")
			}
			return
		}
		c, refusal := pipelines.Compile(r)
		if refusal != nil {
			if refusal.Reason == "" || refusal.Node == nil {
				t.Fatal("a refusal that says nothing")
			}
			return
		}
		table := expression.New(expression.Options{})
		x, err := table.Build(c.Text, c.Tree)
		if err != nil {
			return
		}
		e := table.Evaluator()
		e.Load(tocsin.Fields{}, zero)
		if _, err := e.Holds(x); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzPipeline holds that no pipeline makes the reader or a rule fail otherwise than by a fault or refusal that says why.
func FuzzPipeline(f *testing.F) {
	for _, seed := range []string{
		"transformations: [{type: field_name_mapping, mapping: {Image: [a, b]}}, {type: drop_detection_item, field_name_conditions: [{type: include_fields, fields: [a]}]}]",
		"vars: {x: [1, 'a*']}\ntransformations: [{type: value_placeholders}, {type: replace_string, regex: '(.)b', replacement: '\\1', skip_special: true}]",
		"transformations: [{type: nest, items: [{type: add_condition, conditions: {a: $product}, template: true, rule_cond_expr: x or not y, rule_conditions: {x: {type: tag, tag: t}, y: {type: logsource}}}]}]",
	} {
		f.Add([]byte(seed))
	}
	shipped, err := Shipped()
	if err != nil {
		f.Fatal(err)
	}
	const text = "title: t\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {Image|endswith|expand: ['\\a%x%', 'b*'], X|re|i: a+, Y|fieldref: Image}, k: [x, y], condition: s and not 1 of k*}"
	f.Fuzz(func(t *testing.T, data []byte) {
		var doc, of yaml.Node
		if yaml.Unmarshal(data, &doc) != nil || len(doc.Content) == 0 {
			return
		}
		u, faults := ReadPipeline(doc.Content[0], "p")
		for _, fault := range faults {
			if fault.Reason == "" || fault.Node == nil {
				t.Fatal("a fault that says nothing")
			}
		}
		if len(faults) > 0 {
			return
		}
		if err := yaml.Unmarshal([]byte(text), &of); err != nil {
			t.Fatal(err)
		}
		r, refusal := Read(of.Content[0])
		if refusal != nil {
			t.Fatal(refusal.Reason)
		}
		if _, refusal := shipped.With([]*UserPipeline{u}, nil).Compile(r); refusal != nil && (refusal.Reason == "" || refusal.Node == nil) {
			t.Fatal("a refusal that says nothing")
		}
	})
}
