package rules

import (
	"crypto/sha256"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/expression"
)

// A Test is one case of a rule's tests: alerts, and the events that the rule must make of them. No event expected
// means that there must be none.
type Test struct {
	Name    string
	Shuffle bool           // the alerts' order of arrival must not matter
	Until   *time.Duration // how far after the last alert the watermark comes before the input ends; nil: not beyond it
	Inputs  []TestAlert
	Expect  []Expectation
	File    string
	Line    int
	Expects Place // of the key expect's value
}

// A TestAlert stands for Times alerts, the i-th (from 1) at At + (i-1)·Every, with ${i} in strings replaced by i.
type TestAlert struct {
	At    time.Duration
	Times int
	Every time.Duration
	Set   []tocsin.Field
}

// An Expectation is one event that must come out. What it leaves out is not looked at.
type Expectation struct {
	Group    []tocsin.Field  // values of group fields
	Count    int             // alerts of the event; 0: not looked at
	First    *time.Duration  // its first and last alert, as offsets from the start of the test
	Last     *time.Duration  //
	Entities []tocsin.Field  // field -> all the values that the event names of it, in any order
	Activity tocsin.Activity // "": open or closed
	Incident *bool           // whether the event is promoted, in any mode
	Priority string
	Category string
	Line     int
	Keys     map[string]Place // where the value of each key that was written stands; "" for the expectation itself
}

// maxTestAlerts bounds one test.
const maxTestAlerts = 20_000

func (d *draft) readTest(v *yaml.Node) {
	t := Test{File: d.file, Line: v.Line}
	d.by(v, "the test", testKeys(), map[string]func(*yaml.Node){
		"name":    d.text(&t.Name),
		"shuffle": d.boolean(&t.Shuffle),
		"until":   d.offset(&t.Until),
		"alerts":  d.list(func(n *yaml.Node) { d.readTestAlert(n, &t) }),
		"expect": func(n *yaml.Node) {
			t.Expects = Place{n.Line, n.Column}
			d.list(func(n *yaml.Node) { d.readExpectation(n, &t) })(n)
		},
	})
	total := 0
	for _, a := range t.Inputs {
		total += a.Times
	}
	if total > maxTestAlerts {
		d.fault(v, "", "a test of %d alerts: the limit is %d", total, maxTestAlerts)
	}
	d.rule.Tests = append(d.rule.Tests, t)
}

func (d *draft) readTestAlert(v *yaml.Node, t *Test) {
	a := TestAlert{Times: 1}
	d.by(v, "the test's alert", testAlertKeys(), map[string]func(*yaml.Node){
		"at":    d.duration(&a.At),
		"times": d.whole(&a.Times, 1, maxTestAlerts),
		"every": d.duration(&a.Every),
		"set":   d.setFields(&a.Set),
	})
	t.Inputs = append(t.Inputs, a)
}

func (d *draft) readExpectation(v *yaml.Node, t *Test) {
	e := Expectation{Line: v.Line, Keys: map[string]Place{"": {v.Line, v.Column}}}
	var incident bool
	var activity string
	d.by(v, "the expected event", expectationKeys(), map[string]func(*yaml.Node){
		"group":    d.setFields(&e.Group),
		"count":    d.whole(&e.Count, 1, maxTestAlerts),
		"first":    d.offset(&e.First),
		"last":     d.offset(&e.Last),
		"entities": d.setFields(&e.Entities),
		"activity": d.word(&activity, activities...),
		"incident": func(n *yaml.Node) {
			d.boolean(&incident)(n)
			e.Incident = &incident
		},
		"priority": d.word(&e.Priority, priorities...),
		"category": d.text(&e.Category),
	})
	e.Activity = tocsin.Activity(activity)
	for i := 0; v.Kind == yaml.MappingNode && i+1 < len(v.Content); i += 2 {
		e.Keys[v.Content[i].Value] = Place{v.Content[i+1].Line, v.Content[i+1].Column}
	}
	t.Expect = append(t.Expect, e)
}

// The words of an expectation.
var (
	activities = []string{string(tocsin.Open), string(tocsin.Closed), string(tocsin.Merged), string(tocsin.Withdrawn)}
	priorities = []string{"P1", "P2", "P3", "P4", "P5"}
)

// offset reads a duration that may be left out.
func (d *draft) offset(into **time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		var offset time.Duration
		d.duration(&offset)(n)
		*into = &offset
	}
}

// Fires reports whether the test expects an event.
func (t Test) Fires() bool {
	for _, e := range t.Expect {
		if e.Activity != tocsin.Merged && e.Activity != tocsin.Withdrawn {
			return true
		}
	}
	return false
}

// Untested says what a rule of status stable must have and this one lacks: a test that expects an event and one that
// expects none. Nil for nothing; what was written as a Sigma rule has no place for tests.
func (r *Rule) Untested() []string {
	if r.Status != Stable || r.Sigma {
		return nil
	}
	fires, silent := false, false
	for _, t := range r.Tests {
		fires = fires || t.Fires()
		silent = silent || !t.Fires()
	}
	var lacks []string
	if !fires {
		lacks = append(lacks, "a test that expects an event")
	}
	if !silent {
		lacks = append(lacks, "a test that expects none")
	}
	return lacks
}

// setFields reads field: value lines; a value is a scalar or a list of scalars.
func (d *draft) setFields(into *[]tocsin.Field) func(*yaml.Node) {
	return func(v *yaml.Node) {
		if v.Kind != yaml.MappingNode {
			d.fault(v, "write field: value lines", "fields are %s, not a mapping", describe(v))
			return
		}
		seen := map[string]bool{}
		for i := 0; i+1 < len(v.Content); i += 2 {
			k, n := v.Content[i], v.Content[i+1]
			var name string
			faults := d.found
			d.field(&name)(k)
			if seen[name] {
				d.fault(k, "keep one of the two", "%s is set twice", name)
			}
			seen[name] = true
			if value, ok := d.fieldValue(name, n); ok && d.found == faults {
				*into = append(*into, tocsin.Field{Name: name, Value: value})
			}
		}
	}
}

func (d *draft) fieldValue(name string, n *yaml.Node) (tocsin.Value, bool) {
	switch n.Kind {
	case yaml.SequenceNode:
		var members []tocsin.Value
		for _, m := range n.Content {
			v, ok := d.fieldValue(name, m)
			if !ok {
				return tocsin.Value{}, false
			}
			members = append(members, v)
		}
		return tocsin.ListValue(members...), true
	case yaml.ScalarNode:
		return d.scalar(name, n), true
	default:
		d.fault(n, "write its fields as dotted names", "a value or a list of values is wanted here, not %s", describe(n))
		return tocsin.Value{}, false
	}
}

// scalar is a value as decoding makes it: ECS says what is a string, whatever it looks like.
func (d *draft) scalar(name string, n *yaml.Node) tocsin.Value {
	if n.ShortTag() == "!!null" {
		return tocsin.NullValue()
	}
	typ, _ := d.l.lookup(name)
	if typ != expression.Keyword && typ != expression.IP && typ != expression.Date {
		switch n.ShortTag() {
		case "!!int", "!!float":
			if v, ok := tocsin.NumberValue(n.Value); ok {
				return v
			}
		case "!!bool":
			return tocsin.BoolValue(strings.EqualFold(n.Value, "true"))
		}
	}
	return tocsin.StringValue(n.Value)
}

// Alerts makes the test's alerts, in the order in which they are written, with event times from base on. The same
// test gives the same alerts.
func (t Test) Alerts(base time.Time) []tocsin.Alert {
	var out []tocsin.Alert
	for _, in := range t.Inputs {
		for i := range in.Times {
			at := base.Add(in.At + time.Duration(i)*in.Every).UTC()
			out = append(out, t.alert(in.Set, at, i+1, len(out)))
		}
	}
	return out
}

func (t Test) alert(set []tocsin.Field, at time.Time, i, line int) tocsin.Alert {
	leaves := make([]tocsin.Field, len(set), len(set)+1)
	document := map[string]tocsin.Value{"@timestamp": tocsin.StringValue(at.Format(time.RFC3339Nano))}
	for j, f := range set {
		leaves[j] = tocsin.Field{Name: f.Name, Value: numbered(f.Value, i)}
		document[f.Name] = leaves[j].Value
	}
	raw, err := json.Marshal(document)
	if err != nil {
		raw = nil // values marshal
	}
	a := tocsin.Alert{
		Tenant: "default", Source: "test", Format: "ecs", Ref: tocsin.Ref{File: "test", Line: int64(line)},
		Time: at, SHA256: sha256.Sum256(raw), Raw: raw,
		Fields: tocsin.NewFields(append(leaves, tocsin.Field{Name: "@timestamp", Value: document["@timestamp"]})),
	}
	a.ID = tocsin.AlertID(a.Tenant, a.Ref, a.Digest())
	return a
}

// numbered replaces ${i} in strings. A string that becomes a number stays a string.
func numbered(v tocsin.Value, i int) tocsin.Value {
	switch v.Kind() {
	case tocsin.String:
		s, _ := v.Str()
		return tocsin.StringValue(strings.ReplaceAll(s, "${i}", strconv.Itoa(i)))
	case tocsin.List:
		members := make([]tocsin.Value, 0, len(v.Items()))
		for _, m := range v.Items() {
			members = append(members, numbered(m, i))
		}
		return tocsin.ListValue(members...)
	default:
		return v
	}
}
