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
