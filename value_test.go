package tocsin_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// FuzzNumberValue compares with what strconv makes of the text.
func FuzzNumberValue(f *testing.F) {
	for _, text := range []string{
		"", "-", "0", "-0", "+5", "007", "999999999999999999", "9223372036854775807", "9223372036854775808", "1.5", ".5", "5.", "1e3", "1e400",
		"inf", "-Inf", "NaN", "0x1p4", "0x_1p4", "1_000", "10.0.0.1", "1e", "--1", "Infinity", "1 ", "e5", "_1",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, ok := tocsin.NumberValue(text)
		n, notInt := strconv.ParseInt(text, 10, 64)
		x, notFloat := strconv.ParseFloat(text, 64)
		want := tocsin.Absent
		switch {
		case len(text) > 40:
		case notInt == nil:
			want = tocsin.Int
		case notFloat == nil && !math.IsInf(x, 0) && !math.IsNaN(x):
			want = tocsin.Float
		}
		if v.Kind() != want || ok != (want != tocsin.Absent) {
			t.Fatalf("%q is of kind %d, %v; want %d", text, v.Kind(), ok, want)
		}
		if got, _ := v.Int(); want == tocsin.Int && got != n {
			t.Errorf("%q is %d, want %d", text, got, n)
		}
		if got, _ := v.Float(); want == tocsin.Float && got != x {
			t.Errorf("%q is %v, want %v", text, got, x)
		}
		if ok && v.Text() != text {
			t.Errorf("%q keeps %q", text, v.Text())
		}
	})
}

// TestValueHolds holds that a value gives back what it was made of, alone, in a list and cloned.
func TestValueHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.String(), 0, 5).Draw(t, "texts")
		n, x := rapid.Int64().Draw(t, "n"), rapid.Float64().Draw(t, "x")
		want := make([]string, 0, len(texts)+2)
		var members []tocsin.Value
		for _, s := range texts {
			members, want = append(members, tocsin.StringValue(s)), append(want, s)
		}
		members = append(members, tocsin.IntValue(n), tocsin.FloatValue(x))
		want = append(want, strconv.FormatInt(n, 10), strconv.FormatFloat(x, 'g', -1, 64))
		list := tocsin.ListValue(tocsin.ListValue(members...), tocsin.Value{})
		for _, v := range []tocsin.Value{list, list.Clone()} {
			if !v.Equal(list) || v.Len() != len(want) || len(v.Items()) != len(want) {
				t.Fatalf("%d members, want %d", v.Len(), len(want))
			}
			for i, text := range want {
				if v.At(i).Text() != text || !v.Items()[i].Equal(v.At(i)) {
					t.Errorf("member %d is %q, want %q", i, v.At(i).Text(), text)
				}
			}
			if v.Text() != strings.Join(want, ",") {
				t.Errorf("the list reads %q", v.Text())
			}
		}
	})
}

// TestFieldsByName holds that fields come by name and are found by it, whoever numbered their names.
func TestFieldsByName(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-c](\.[a-c]{0,2}){0,2}`), 0, 12, rapid.ID[string]).Draw(t, "texts")
		known := rapid.IntRange(0, len(texts)).Draw(t, "known")
		names, given := tocsin.NewNames(texts[:known])
		var leaves []tocsin.Leaf
		var plain []tocsin.Field
		for i, text := range texts {
			if i >= known {
				given = append(given, names.Add(text))
			}
			if names.Ranked(given[i]) != (i < known) || given[i].Text() != text {
				t.Fatalf("name %d is %q", i, given[i].Text())
			}
			leaves = append(leaves, tocsin.Leaf{Name: given[i], Value: tocsin.StringValue(text + "!")})
			plain = append(plain, tocsin.Field{Name: text, Value: tocsin.StringValue(text + "!")})
		}
		for _, f := range []tocsin.Fields{tocsin.LeafFields(names, leaves), tocsin.NewFields(plain)} {
			var got []string
			for name, v := range f.All() {
				got = append(got, name)
				if v.Text() != name+"!" || !f.Get(name).Equal(v) {
					t.Errorf("%s is %q", name, v.Text())
				}
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(texts)), got); diff != "" && len(texts) > 0 {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if f.Len() != len(texts) || !f.Get("none").IsAbsent() {
				t.Errorf("%d fields, want %d", f.Len(), len(texts))
			}
		}
	})
}

// TestNewFieldsJoins holds that two leaves of one name are a list and absent ones are left out.
func TestNewFieldsJoins(t *testing.T) {
	f := tocsin.NewFields([]tocsin.Field{
		{Name: "b", Value: tocsin.StringValue("1")}, {Name: "a"}, {Name: "b", Value: tocsin.StringsValue("2", "3")},
	})
	if f.Len() != 1 || f.Get("b").Text() != "1,2,3" {
		t.Errorf("%d fields, b is %q", f.Len(), f.Get("b").Text())
	}
}

// TestAppendAlertID holds that both ways to an alert's id lead to the same.
func TestAppendAlertID(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := tocsin.Ref{
			File: rapid.String().Draw(t, "file"), Line: rapid.Int64().Draw(t, "line"), Topic: rapid.String().Draw(t, "topic"),
			Partition: rapid.Int32().Draw(t, "partition"), Offset: rapid.Int64().Draw(t, "offset"), Incarnation: rapid.String().Draw(t, "life"),
		}
		tenant, sum := rapid.String().Draw(t, "tenant"), sha256.Sum256(rapid.SliceOf(rapid.Byte()).Draw(t, "raw"))
		want := tocsin.AlertID(tenant, ref, hex.EncodeToString(sum[:]))
		if got := string(tocsin.AppendAlertID([]byte("x"), tenant, ref, sum)); got != "x"+want {
			t.Errorf("%s, want x%s", got, want)
		}
	})
}
