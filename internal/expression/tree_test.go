package expression

import (
	"net/netip"
	"strings"
	"testing"

	"tocsin"
)

func TestTree(t *testing.T) {
	fields := tocsin.NewFields([]tocsin.Field{
		{Name: "s", Value: tocsin.StringValue(`C:\Büro\A.EXE`)},
		{Name: "n", Value: tocsin.IntValue(42)},
		{Name: "b", Value: tocsin.BoolValue(true)},
		{Name: "f", Value: tocsin.FloatValue(1.5)},
		{Name: "l", Value: tocsin.StringsValue("One", "two")},
		{Name: "e", Value: tocsin.StringValue("")},
		{Name: "ip", Value: tocsin.StringValue("::ffff:10.1.2.3")},
		{Name: "null", Value: tocsin.NullValue()},
		{Name: "part", Value: tocsin.StringValue("BÜRO")},
	})
	g := func(parts ...string) Glob {
		var out Glob
		for _, p := range parts {
			if p == "*" || p == "?" {
				out = append(out, GlobPart{Wild: p[0]})
			} else {
				out = append(out, GlobPart{Text: p})
			}
		}
		return out
	}
	for name, c := range map[string]struct {
		tree Tree
		want bool
	}{
		"equal":              {Covers("s", g(`c:\bÜro\a.exe`), false), true},
		"exact":              {Covers("s", g(`c:\bÜro\a.exe`), true), false},
		"single":             {Covers("s", g(`c:\b`, "?", `ro\a`, "*"), false), true},
		"single and suffix":  {Covers("s", g("*", "r", "?", `\a.`, "?", "xe"), false), true},
		"stars":              {Covers("s", g("*", "b", "*", "a", "*"), false), true},
		"order":              {Covers("s", g("*", "exe", "*", "c:", "*"), false), false},
		"overlap":            {Covers("e", g("a", "*", "a"), false), false},
		"empty":              {Covers("e", g(), false), true},
		"star over empty":    {Covers("e", g("*"), false), true},
		"one over empty":     {Covers("e", g("?"), false), false},
		"number":             {Covers("n", g("42"), false), true},
		"truth":              {Covers("b", g("TRUE"), false), true},
		"fraction":           {Covers("f", g("1.", "?"), false), true},
		"list":               {Covers("l", g("TWO"), false), true},
		"member":             {Covers("l[0]", g("one"), false), true},
		"other member":       {Covers("l[1]", g("one"), false), false},
		"no such member":     {IsAbsent("l[2]"), true},
		"null":               {IsAbsent("null"), true},
		"absent":             {Covers("no", g("*"), false), false},
		"regexp":             {Matches("s", `A\.EXE$`), true},
		"regexp of case":     {Matches("s", `a\.exe$`), false},
		"regexp of a number": {Matches("n", `^4`), true},
		"within":             {Within("ip", netip.MustParsePrefix("10.0.0.0/8")), true},
		"greater":            {Compares("n", ">", 41.5), true},
		"contains field":     {Relates("s", "part", Holds, false), true},
		"exact field":        {Relates("s", "part", Holds, true), false},
		"all of none":        {All(), true},
		"some of none":       {Some(), false},
		"zero":               {Tree{}, false},
		"not":                {Negate(Covers("no", g("x"), false)), true},
		"mentions fields":    {Mentions(g("*", "two", "*"), false), true},
	} {
		table := New(Options{})
		x, err := table.Build(name, c.tree)
		if err != nil {
			t.Fatal(name, err)
		}
		e := table.Evaluator()
		e.Load(fields, testTime)
		if got, err := e.Holds(x); got != c.want || err != nil {
			t.Errorf("%s: %v, %v, want %v", name, got, err, c.want)
		}
		e.Load(fields, testTime)
		if found := len(table.NewIndex([]*Expr{x}, []int32{1}).Finder(e).Find()) > 0; found != c.want {
			t.Errorf("%s: the index finds it: %v, want %v", name, found, c.want)
		}
	}
}

func TestTreeLimits(t *testing.T) {
	deep := Covers("a", nil, false)
	for range 2 * maxDepth {
		deep = Negate(deep)
	}
	for name, tree := range map[string]Tree{
		"nests deeper": deep, "RE2": Matches("a", "(?=x)"), "the limit is": Matches("a", strings.Repeat("a", maxTreePattern+1)),
	} {
		if _, err := New(Options{}).Build("", tree); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v, want %q", err, name)
		}
	}
}
