package expression

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tocsin"
)

// TestBriefIndex holds that an index that asks finds what holds, as one that looks it up does.
func TestBriefIndex(t *testing.T) {
	questions := []string{
		`a == "x"`, `a != "x"`, `a == 1`, `a == "1"`, `a > 1`, `a == nil`, `b != nil`, `a == "x" and b == "y"`, `not (a == "x" or b == "y")`, `b == "x" or b >= 2`,
	}
	values := []tocsin.Value{
		{},
		tocsin.NullValue(), tocsin.StringValue("x"), tocsin.StringValue("y"), tocsin.StringValue("1"), tocsin.IntValue(1), tocsin.FloatValue(2), tocsin.BoolValue(true),
		tocsin.StringsValue("y", "x"), tocsin.ListValue(), tocsin.ListValue(tocsin.IntValue(1), tocsin.StringValue("x")),
	}
	brief := 0
	rapid.Check(t, func(t *rapid.T) {
		table := New(Options{})
		var all []*Expr
		var owners []int32
		for i, text := range rapid.SliceOfN(rapid.SampledFrom(questions), 1, 3).Draw(t, "questions") {
			x, err := table.Compile(text, nil)
			if err != nil {
				t.Fatal(err)
			}
			all, owners = append(all, x), append(owners, int32(i))
		}
		index, e, alone := table.NewIndex(all, owners), table.Evaluator(), table.Evaluator()
		finder := index.Finder(e)
		if index.brief {
			brief++
		}
		for range 4 {
			fields := tocsin.NewFields([]tocsin.Field{
				{Name: "a", Value: rapid.SampledFrom(values).Draw(t, "a")}, {Name: "b", Value: rapid.SampledFrom(values).Draw(t, "b")},
			})
			e.Load(fields, testTime)
			alone.Load(fields, testTime)
			found := slices.Clone(finder.Find())
			for i, x := range all {
				one, err1 := alone.Holds(x)
				two, err2 := e.Holds(x)
				if one != two || one != slices.Contains(found, int32(i)) || err1 != nil || err2 != nil {
					t.Fatalf("%s: %v alone, %v with the index, which found %v", x.Text(), one, two, found)
				}
			}
		}
	})
	if brief == 0 {
		t.Error("no index was brief")
	}
}
