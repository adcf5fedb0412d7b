package expression

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// TestExplain shows which leaves explain an expression.
func TestExplain(t *testing.T) {
	fields := tocsin.NewFields([]tocsin.Field{{Name: "a", Value: tocsin.StringValue("x")}, {Name: "b", Value: tocsin.StringValue("y")}})
	for _, c := range []struct {
		text string
		want []string
	}{
		{`a == "x"`, []string{`a == "x" yes`}},
		{`a == "z"`, nil},
		{`b == "y" and a == "x"`, []string{`b == "y" yes`, `a == "x" yes`}},
		{`a == "q" or b == "y" or a == "x"`, []string{`b == "y" yes`}},
		{`a == "x" and not (b == "z" or b == "w")`, []string{`a == "x" yes`, `b == "z" no`, `b == "w" no`}},
		{`a == "x" and not (b == "z" and a == "x")`, []string{`a == "x" yes`, `b == "z" no`}},
		{`a contains "x" and (a == "x" or a == "z")`, []string{`a contains "x" yes`, `a == "x" yes`}},
		{`(b == "y" or b == "z") and (a == "x" or true)`, []string{`b == "y" yes`}},
	} {
		table := New(Options{})
		x, err := table.Compile(c.text, nil)
		if err != nil {
			t.Fatal(c.text, err)
		}
		e := table.Evaluator()
		e.Load(fields, testTime)
		var got []string
		for _, r := range e.Explain(x) {
			word := " no"
			if r.Holds {
				word = " yes"
			}
			got = append(got, r.Expr+word)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

// TestExplainSuffices holds that what explains an expression makes it hold whatever the other fields are, and that the
// index finds it and says the same.
func TestExplainSuffices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var grow func(depth int) Tree
		grow = func(depth int) Tree {
			kind := rapid.IntRange(0, 3).Draw(t, "kind")
			if kind == 0 || depth == 0 {
				field := "f" + strconv.Itoa(rapid.IntRange(0, 7).Draw(t, "field"))
				return Covers(field, Glob{{Wild: '*'}, {Text: rapid.SampledFrom([]string{"long text", "word", "w"}).Draw(t, "text")}}, false)
			}
			var kids []Tree
			for range rapid.IntRange(1, 6).Draw(t, "kids") {
				kids = append(kids, grow(depth-1))
			}
			switch kind {
			case 1:
				return All(kids...)
			case 2:
				return Some(kids...)
			default:
				return Negate(kids[0])
			}
		}
		draw := func() (fields []tocsin.Field) {
			for i := range 8 {
				if text := rapid.SampledFrom([]string{"", "a long text", "a word", "else"}).Draw(t, "value"); text != "" {
					fields = append(fields, tocsin.Field{Name: "f" + strconv.Itoa(i), Value: tocsin.StringValue(strings.Clone(text))})
				}
			}
			return fields
		}
		fields := draw()
		table := New(Options{})
		x, err := table.Build("x", grow(3))
		if err != nil {
			t.Skip(err)
		}
		e := table.Evaluator()
		e.Load(tocsin.NewFields(fields), testTime)
		holds, _ := e.Holds(x)
		readings := e.Explain(x)
		known := map[int]bool{}
		for _, d := range e.decided {
			known[table.leaves[uint32(d)].slots[0]] = true
		}
		if _, mayNot := e.could(x.root, func(slot int) bool { return known[slot] }); holds && mayNot && len(readings) < maxReadings {
			t.Errorf("%v does not explain it", readings)
		}
		if holds != (readings != nil) {
			t.Errorf("it holds: %v, readings %v", holds, readings)
		}
		e.Load(tocsin.NewFields(fields), testTime)
		found := len(table.NewIndex([]*Expr{x}, []int32{1}).Finder(e).Find()) > 0
		if diff := cmp.Diff(readings, e.Explain(x)); found != holds || diff != "" {
			t.Errorf("it holds: %v, found %v; readings %s", holds, found, diff)
		}
		other := draw()
		e.Load(tocsin.NewFields(other), testTime)
		fresh := table.Evaluator()
		fresh.Load(tocsin.NewFields(other), testTime)
		if diff := cmp.Diff(fresh.Explain(x), e.Explain(x)); diff != "" {
			t.Errorf("another alert is explained by the one before: %s", diff)
		}
	})
}
