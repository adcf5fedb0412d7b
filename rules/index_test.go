package rules

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
	"tocsin/internal/expression"
)

// drawCondition makes a condition over a few fields and values, so that it often holds.
func drawCondition(t *rapid.T, depth int) string {
	fields := []string{"user.name", "event.code", "destination.port", "tags", "labels.a", "source.ip"}
	values := []string{`"a"`, `"b"`, `"4625"`, `"443"`, `4625`, `443`, `443.0`, `""`, `"10.0.0.1"`, `-0.0`, `0`, `"0"`, `true`}
	field := rapid.SampledFrom(fields).Draw(t, "field")
	value := func() string { return rapid.SampledFrom(values).Draw(t, "value") }
	if depth > 0 {
		switch rapid.IntRange(0, 4).Draw(t, "form") {
		case 0:
			return "(" + drawCondition(t, depth-1) + " and " + drawCondition(t, depth-1) + ")"
		case 1:
			return "(" + drawCondition(t, depth-1) + " or " + drawCondition(t, depth-1) + ")"
		case 2:
			return "not (" + drawCondition(t, depth-1) + ")"
		}
	}
	switch rapid.IntRange(0, 10).Draw(t, "leaf") {
	case 9:
		forms := []string{
			"len(%s) > 0", "len(%s) == nil", "nil == len(%s)", "all(%s, # == 1)", "count(%s, # == 1) < 1", "(%s ?? 1) == 1", "one(%s, # == \"a\")", "%s[0] == \"a\"",
			"%s == user.name", "%s != user.name", "1 + len(%s) > 1", "max(%s, 5) > 4", "trim(%s) in [\"a\"]", "%s > 5 ? true : user.name == nil", "%s == nil",
		}
		return fmt.Sprintf(rapid.SampledFrom(forms).Draw(t, "form"), field)
	case 10:
		return field + " >= " + value()
	case 0:
		return field + " != " + value()
	case 1:
		return field + " in [" + value() + ", " + value() + "]"
	case 2:
		return field + ` contains "4"`
	case 3:
		return field + " != nil"
	case 4:
		form := rapid.SampledFrom([]string{"%s(%s) == %s", "%s(%s) != %s", "%s(%s) in [%s]", "%s(%s) contains \"4\" and %s != 1"}).Draw(t, "form")
		return fmt.Sprintf(form, rapid.SampledFrom([]string{"lower", "upper", "fold"}).Draw(t, "function"), field, value())
	case 5:
		return value() + " in " + field
	case 6:
		return "any(" + field + ", # == " + value() + ")"
	default:
		return field + " == " + value()
	}
}

func drawAlert(t *rapid.T) *tocsin.Alert {
	values := []tocsin.Value{
		tocsin.StringValue("a"), tocsin.StringValue("A"), tocsin.StringValue("b"), tocsin.StringValue("4625"), tocsin.IntValue(4625), tocsin.IntValue(443),
		tocsin.FloatValue(443), tocsin.StringValue("443"), tocsin.StringValue("443.0"), tocsin.StringValue(""), tocsin.NullValue(), tocsin.BoolValue(true),
		tocsin.FloatValue(0), tocsin.IntValue(0), tocsin.StringValue("10.0.0.1"), tocsin.StringValue("-0"),
	}
	var leaves []tocsin.Field
	for _, name := range []string{"user.name", "event.code", "destination.port", "tags", "labels.a", "source.ip"} {
		n := rapid.IntRange(0, 3).Draw(t, "members")
		var members []tocsin.Value
		for range n {
			members = append(members, rapid.SampledFrom(values).Draw(t, "member"))
		}
		switch {
		case n == 1:
			leaves = append(leaves, tocsin.Field{Name: name, Value: members[0]})
		case n > 1:
			leaves = append(leaves, tocsin.Field{Name: name, Value: tocsin.ListValue(members...)})
		}
	}
	return &tocsin.Alert{ID: "a1", Time: noon, Fields: tocsin.NewFields(leaves)}
}

// anything lets conditions compare what ECS's types rule out: the index must hold for custom fields too.
func anything(files map[string]string) *Set {
	l := newLoader(Options{})
	var in []File
	for name, text := range files {
		in = append(in, File{Name: name, Path: name, Data: []byte(text)})
	}
	l.anyField = true
	set, err := l.load(in)
	if err != nil {
		panic(err)
	}
	return set
}

// TestIndexIsTheScan holds that trying only the rules that the index names gives what trying all gives.
func TestIndexIsTheScan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		files := map[string]string{}
		for i := range rapid.IntRange(1, 8).Draw(t, "rules") {
			files[fmt.Sprintf("%d.yml", i)] = ruleText(i, "when: |-\n  "+drawCondition(t, 3)+"\ncorrelate: {kind: match, group_by: []}")
		}
		set := anything(files)
		indexed, scan := set.Matcher(), set.Matcher()
		scan.scan = true
		for range 5 {
			a := drawAlert(t)
			if diff := cmp.Diff(scan.Match(a), indexed.Match(a)); diff != "" {
				t.Fatalf("index (-scan +index):\n%s", diff)
			}
		}
	})
}

// TestNativeIsTheMachine holds that a leaf that is evaluated natively says what expr's machine says.
func TestNativeIsTheMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := expression.New(expression.Options{})
		text := drawCondition(t, 2)
		native, err := table.Compile(text, nil)
		if err != nil {
			t.Fatal(err)
		}
		machine, err := table.Compile("any([1], "+text+")", nil)
		if err != nil {
			t.Fatal(err)
		}
		e := table.Evaluator()
		for range 5 {
			a := drawAlert(t)
			e.Load(a.Fields, a.Time)
			x, err1 := e.Holds(native)
			y, err2 := e.Holds(machine)
			if x != y || err1 != nil || err2 != nil {
				t.Fatalf("%s: native %v (%v), machine %v (%v) on %v", text, x, err1, y, err2, a.Fields)
			}
		}
	})
}

// FuzzLoad holds that no rule file makes loading fail otherwise than by faults that have a place.
func FuzzLoad(f *testing.F) {
	f.Add("a.yml", spraying)
	f.Add("a.yml", ruleText(1, "when: true\ncorrelate: {kind: match, group_by: []}"))
	f.Add("exceptions/a.yml", `{rule: "*", when: true, reason: r, owner: o, expires: 2026-01-01}`)
	f.Add("lists/a.csv", "value\n\"a\"\n")
	f.Add("lists/a.yml", "fold: true\nvalues: [a]")
	f.Fuzz(func(t *testing.T, name, text string) {
		if !fs.ValidPath(name) || name == "." {
			return
		}
		folder := fstest.MapFS{name: &fstest.MapFile{Data: []byte(text)}}
		set, err := Load([]Source{{FS: folder}}, Options{})
		if err != nil {
			if faults, ok := errors.AsType[Faults](err); !ok || len(faults) == 0 {
				t.Fatal("an error without faults")
			}
			_ = err.Error()
		}
		for _, r := range set.Rules() {
			for _, test := range r.Tests {
				if len(test.Inputs) < 50 {
					alerts := test.Alerts(noon)
					for i := range min(len(alerts), 20) {
						set.Matcher().Match(&alerts[i])
					}
				}
			}
		}
	})
}
