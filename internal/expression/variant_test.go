package expression

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVariants(t *testing.T) {
	for source, want := range map[string][]Variant{
		`a == 1`: {{`true`, `a == 1`, "", 0}},
		`a == 1 and b == 2 and c == 3`: {
			{`b == 2 and c == 3`, `a == 1`, "and", 0}, {`a == 1 and c == 3`, `b == 2`, "and", 0}, {`a == 1 and b == 2`, `c == 3`, "and", 0},
		},
		`a == 1 and (b == 2 or c == 3)`: {
			{`b == 2 or c == 3`, `a == 1`, "and", 0},
			{`a == 1`, `b == 2 or c == 3`, "and", 0},
			{`a == 1 and c == 3`, `b == 2`, "or", 0},
			{`a == 1 and b == 2`, `c == 3`, "or", 0},
		},
		`not (a == 1)`:           {{`a == 1`, `a == 1`, "not", 0}},
		`a not in ["x", "y"]`:    {{`a in ["x", "y"]`, `a in ["x", "y"]`, "not", 0}},
		`any(a, # > 1 && # < 9)`: {{`any(a, # < 9)`, `# > 1`, "and", 0}, {`any(a, # > 1)`, `# < 9`, "and", 0}},
		`80 < a < 500`:           {{`a < 500`, `80 < a`, "and", 0}, {`80 < a`, `a < 500`, "and", 0}},
		`broken and`:             nil,
	} {
		table := New(Options{Lookup: func(string) (Type, bool) { return Any, true }})
		got := table.Variants(source)
		for i := range got {
			got[i].Offset = 0
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
		for _, v := range got { // what is printed reads as what was meant
			if _, err := table.Compile(v.Text, nil); err != nil {
				t.Errorf("%s: %s: %v", source, v.Text, err)
			}
		}
	}
}

func TestVariantsSayWhere(t *testing.T) {
	table := New(Options{Lookup: func(string) (Type, bool) { return Any, true }})
	const source = `a.b == 1 and not (c in ["x"]) and any(d, # > 1 or # < 9)`
	var got []string
	for _, v := range table.Variants(source) {
		got = append(got, source[v.Offset:])
	}
	want := []string{source, source[13:], source[18:], source[34:], source[41:], source[50:]}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzVariants: a variant of a condition that compiles is one that compiles too.
func FuzzVariants(f *testing.F) {
	for _, s := range []string{
		`a == 1 and b == "x\"y\\z" or not (c in ["a", 'b'])`, `any(a, # matches "(?i)\\bx") and (b ?? "x") == "y"`, `80 < a < 500 and b[0] == 1`,
		`winlog.event_data["Param-1"] == "x" or a ? b == 1 : c == 2`, `let n = len(a); n > 2 and n < 9`, `a in 1..5 and now().Hour() < 6`,
		`a startsWith "x" and not wild(b, "*\\ntds.dit") and cidr(c, "10.0.0.0/8")`, "all(a, `x` == # or # != nil)",
	} {
		f.Add(s)
	}
	table := New(Options{Lookup: func(string) (Type, bool) { return Any, true }})
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1<<12 {
			t.Skip("longer than what finds something")
		}
		if _, err := table.Compile(source, nil); err != nil {
			return
		}
		for _, v := range table.Variants(source) {
			if _, err := table.Compile(v.Text, nil); err != nil {
				t.Errorf("%s: without %s it is %s: %v", source, v.Dropped, v.Text, err)
			}
			if v.Offset < 0 || v.Offset > len(source) {
				t.Errorf("%s: %s begins at %d", source, v.Dropped, v.Offset)
			}
		}
	})
}
