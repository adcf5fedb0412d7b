package expression

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/cputime"
)

// hostileFields is the worst alert that the limits of decoding let through.
func hostileFields() tocsin.Fields {
	long := strings.Repeat("a", maxValue)
	var list, texts []tocsin.Value
	for i := range 2 * maxItems {
		list = append(list, tocsin.IntValue(int64(i)))
		texts = append(texts, tocsin.StringValue(long))
	}
	return tocsin.NewFields([]tocsin.Field{
		{Name: "xs", Value: tocsin.ListValue(list...)},
		{Name: "texts", Value: tocsin.ListValue(texts...)},
		{Name: "long", Value: tocsin.StringValue(long)},
	})
}

// TestHostile holds that an expression is refused or stopped in time, whoever wrote it and whatever the alert says.
func TestHostile(t *testing.T) {
	lets := func(n int, format string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, format, i+1, i, i)
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		text    string
		refused bool // at compile time; else the run must end with an error or in time
	}{
		"parentheses":       {strings.Repeat("(", 600_000) + "1", true},
		"parentheses, few":  {strings.Repeat("(", 8_000) + "a == 1" + strings.Repeat(")", 8_000), true},
		"brackets":          {strings.Repeat("a[", 5_000) + "1" + strings.Repeat("]", 5_000), true},
		"minuses":           {strings.Repeat("-", 16_000) + "1 == 1", true},
		"minuses, spaced":   {strings.Repeat("- ", 8_000) + "1 == 1", true},
		"nots":              {strings.Repeat("not ", 4_000) + "true", true},
		"ors":               {strings.Repeat("a==1 or ", 2_000) + "b==1", false},
		"ternaries":         {strings.Repeat("a?b:", 4_000) + "true", true},
		"coalesce":          {strings.Repeat("a??", 5_000) + "a == 1", true},
		"powers":            {strings.Repeat("2**", 5_000) + "2 == 1", true},
		"pluses":            {strings.Repeat("a+", 8_000) + "a == 1", true},
		"pipes":             {"a" + strings.Repeat("|lower()", 2_000) + " == 'x'", true},
		"members":           {"a" + strings.Repeat(".b", 8_000) + " == 'x'", true},
		"chains":            {"a" + strings.Repeat("?.b", 5_000) + " == 'x'", true},
		"comparisons":       {"a" + strings.Repeat("<a", 8_000), true},
		"ors in a loop":     {"any(xs, " + strings.Repeat("# == 1 or ", 1_000) + "# == 2)", false},
		"ands in a loop":    {"any(xs, " + strings.Repeat("# >= 0 and ", 1_000) + "# == 2)", false},
		"names in a loop":   {"any(xs, " + strings.Repeat("a.b == 1 or ", 1_000) + "# == 2)", false},
		"pattern, list":     {"texts matches '(a+)+$' or texts matches '(a|aa){1,80}b'", false},
		"pattern, loop":     {"all(xs, not (long matches '(a|aa){1,80}b'))", false},
		"array":             {"a in [" + strings.Repeat("1,", 8_000) + "1]", false},
		"if":                {strings.Repeat("if a {", 60) + "true" + strings.Repeat("} else {false}", 60), true},
		"cubic loop":        {"all(xs, all(xs, all(xs, # >= 0)))", false},
		"cubic range":       {"all(1..256, all(1..256, all(1..256, # >= 0)))", false},
		"wide range":        {"any(1..1000000000, # == 5)", true},
		"nested map":        {"len(map(xs, map(xs, map(xs, #)))) > 0", false},
		"lower in loops":    {"all(xs, all(xs, lower(long) != 'x'))", false},
		"split in loops":    {"all(xs, all(xs, len(split(long, 'a')) > 1))", false},
		"lists in loops":    {"all(xs, all(xs, texts != texts))", false},
		"long lists":        {"texts == texts and texts contains long and long in texts", false},
		"text in texts":     {"texts endsWith texts", false},
		"doubling lets":     {"let v0 = 'ab'; " + lets(7, "let v%d = v%d + v%d; ") + "len(v7) > 0", false},
		"many lets":         {"let v0 = 1; " + lets(9, "let v%d = v%d + v%d; ") + "v9 > 0", true},
		"adding strings":    {"long + 'x' == long", true},
		"repeat":            {"repeat('a', 1000000000) == 'x'", true},
		"replace":           {"replace(long, 'a', 'aaaaaaaaaaaa') == 'x'", true},
		"toJSON":            {"toJSON(xs) == 'x'", true},
		"sort":              {"sort(xs) == xs", true},
		"reduce":            {"reduce(xs, # + #acc) > 1", true},
		"groupBy":           {"len(groupBy(xs, #)) > 1", true},
		"environment":       {"len($env) > 0", true},
		"function name":     {"$field(1) == 1", true},
		"method":            {"long.String() == 'x'", true},
		"pattern":           {"long matches '(a+)+$'", false},
		"pattern, nested":   {"long matches '((a*)*)*b'", false},
		"pattern, counted":  {"long matches '(a{1,30}){1,30}b'", true},
		"pattern, wide":     {"long matches '.*.*.*.*.*.*.*.*b'", false},
		"pattern, states":   {"long matches '(a|aa|aaa|aaaa){1,50}b'", false},
		"pattern, too long": {"long matches '" + strings.Repeat("a", 2_000) + "'", true},
		"pattern, dynamic":  {"long matches xs", true},
		"wild, stars":       {"wild(long, '" + strings.Repeat("*a", 500) + "*b')", false},
		"wild, questions":   {"wild(long, '*" + strings.Repeat("?a", 16) + "b*')", false},
		"NUL":               {"a == 'x\x00'", false},
		"not UTF-8":         {"a == '\xff'", true},
		"empty":             {"", true},
		"comment":           {"/* " + strings.Repeat("(", 1_000), true},
		"open string":       {"'" + strings.Repeat("(", 1_000), true},
		"big numbers":       {"1e308 * 10 > 1", false},
		"huge number":       {"9223372036854775808 > 1", true},
		"division":          {"1 / 0 > 1 or 1 % 0 == 1", false},
	} {
		t.Run(name, func(t *testing.T) {
			compiled, ran := time.Hour, time.Hour
			for range 5 { // the best of some: other work shares the machine
				c1, r1, grown := tryHostile(t, c.text, c.refused)
				compiled, ran = min(compiled, c1), min(ran, r1)
				if grown > 96<<20 {
					t.Errorf("it allocated %d MiB", grown>>20)
				}
				if compiled < limit && ran < limit {
					return
				}
			}
			t.Errorf("compiling took %v, running %v", compiled, ran)
		})
	}
}

const limit = 50 * time.Millisecond * slowness

// tryHostile compiles and runs text once, and tells how long that took and what it allocated.
func tryHostile(t *testing.T, text string, refused bool) (compiled, ran time.Duration, grown uint64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cputime.Thread()
	table := New(Options{})
	x, err := table.Compile(text, nil)
	compiled = cputime.Thread() - start
	if (err != nil) != refused {
		t.Fatalf("refused: %v (%.200v), want %v", err != nil, err, refused)
	}
	if err == nil {
		e := table.Evaluator()
		e.Load(hostileFields(), testTime)
		start = cputime.Thread()
		_, err = e.Holds(x)
		ran = cputime.Thread() - start
	}
	t.Log(compiled, ran, err)
	runtime.ReadMemStats(&after)
	return compiled, ran, after.TotalAlloc - before.TotalAlloc
}

// TestHostileNames holds that names cannot grow an expression without bound, nor use themselves.
func TestHostileNames(t *testing.T) {
	double := Names{"n0": "a == 1 and b == 2"}
	for i := range 40 {
		double[fmt.Sprintf("n%d", i+1)] = fmt.Sprintf("n%d or n%d", i, i)
	}
	for text, names := range map[string]Names{
		"n40": double,
		"x":   {"x": "x"},
		"y":   {"y": "z and a == 1", "z": "not y"},
		"w":   {"w": "any([1], w)"},
	} {
		if _, err := New(Options{}).Compile(text, names); err == nil {
			t.Errorf("%s compiled", text)
		}
	}
}
