package expression

import (
	"net/netip"
	"testing"

	"tocsin"
)

// A tree's text compiles to the same condition.
func TestTreeSource(t *testing.T) {
	fields := tocsin.NewFields([]tocsin.Field{
		{Name: "s", Value: tocsin.StringValue("C:\\B\u00fcro\\a*b.EXE \"q\"")},
		{Name: "n", Value: tocsin.IntValue(42)},
		{Name: "b", Value: tocsin.BoolValue(true)},
		{Name: "l", Value: tocsin.StringsValue("One", "two")},
		{Name: "x.a b.not", Value: tocsin.StringValue("odd")},
		{Name: "at", Value: tocsin.StringValue("2026-03-03T23:30:00.5+05:00")},
		{Name: "ip", Value: tocsin.StringValue("10.1.2.3")},
	})
	for source, c := range map[string]struct {
		tree Tree
		want bool
	}{
		`wild(s, "*\\\\a\\**\"q\"")`:                {Covers("s", ParseGlob(`*\\a\**"q"`), false), true},
		`wild_cased(s, "*\\*b.EXE*")`:               {Covers("s", ParseGlob(`*\*b.EXE*`), true), true},
		`wild_cased(s, "*\\*B.EXE*")`:               {Covers("s", ParseGlob(`*\*B.EXE*`), true), false},
		`wild(b, "TRUE")`:                           {Covers("b", ParseGlob("TRUE"), false), true},
		`wild(l[1], "TWO")`:                         {Covers("l[1]", ParseGlob("TWO"), false), true},
		`has_fields(x)`:                             {HasFields("x"), true},
		`has_fields(s)`:                             {HasFields("s"), false},
		`l[2] == nil`:                               {IsAbsent("l[2]"), true},
		`wild(x["a b"]["not"], "od?")`:              {Covers("x.a b.not", ParseGlob("od?"), false), true},
		`regex(n, "^4.$")`:                          {Matches("n", "^4.$"), true},
		`cidr(ip, "10.0.0.0/8")`:                    {Within("ip", netip.MustParsePrefix("10.0.0.0/8")), true},
		`n > 41.5`:                                  {Compares("n", ">", 41.5), true},
		`related(s, "contains", b)`:                 {Relates("s", "b", Holds, false), false},
		`related_cased(n, "==", n)`:                 {Relates("n", "n", Same, true), true},
		`mentions("*ODD*")`:                         {Mentions(ParseGlob("*ODD*"), false), true},
		`mentions_cased("*ODD*")`:                   {Mentions(ParseGlob("*ODD*"), true), false},
		`time_part(at, "hour", 23)`:                 {PartOfTime("at", "hour", 23), true},
		`time_part(at, "week", 10)`:                 {PartOfTime("at", "week", 10), true},
		`time_part(s, "year", 2026)`:                {PartOfTime("s", "year", 2026), false},
		`not (s == nil) and (n == nil or b != nil)`: {},
		`not (wild(s, "c*")) or n == nil`:           {Some(Negate(Covers("s", ParseGlob("c*"), false)), All(IsAbsent("n"), All())), false},
	} {
		table := New(Options{})
		x, err := table.Compile(source, nil)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if c.tree.zero {
			if got, err := c.tree.Source(); got != source || err != nil {
				t.Errorf("%s: its text is %s, %v", source, got, err)
			}
			y, err := table.Build("", c.tree)
			if err != nil {
				t.Fatal(err)
			}
			e := table.Evaluator()
			e.Load(fields, testTime)
			a, _ := e.Holds(x)
			b, _ := e.Holds(y)
			if a != c.want || b != c.want {
				t.Errorf("%s: %v as text, %v as a tree, want %v", source, a, b, c.want)
			}
		}
	}
	if _, err := Covers("s", Glob{{Text: "\xff"}}, false).Source(); err == nil {
		t.Error("a pattern that is no text has a source")
	}
}

func TestTreeCallFaults(t *testing.T) {
	for _, source := range []string{
		`regex(s)`, `regex(s, t)`, `regex(s, "(")`, `mentions(s)`, `related(s, "near", t)`, `related(s, "==", "t")`,
		`time_part(s, "second", 1)`, `time_part(s, "hour", "x")`, `wild_cased(lower(s), "x")`, `wild(s)`, `wild_cased("a", "b")`,
	} {
		if _, err := New(Options{}).Compile(source, nil); err == nil {
			t.Errorf("%s compiles", source)
		}
	}
}
