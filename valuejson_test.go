package tocsin

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// TestValueReadsAsAny holds that the quick roads of reading a value and the general one are one, for good JSON and bad.
func TestValueReadsAsAny(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{`null`, `true`, `false`, `[]`, `{}`, `""`, `0`, `-0`, `007`, `1e400`, `1.50`, `12345678901234567890`, `nul`, `-`, ` 1`, `"a[{"`, `"\ud800"`, `[[1],2]`, `[{"a":1}]`, `"`, ``, `[1,]`, "\"\xff\""}),
		rapid.Map(rapid.String(), func(s string) string {
			b, err := json.Marshal(s)
			if err != nil {
				return "null"
			}
			return string(b)
		}),
		rapid.Map(rapid.Float64(), func(f float64) string {
			b, err := json.Marshal(f)
			if err != nil {
				return "null"
			}
			return string(b)
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := piece.Draw(t, "value")
		if rapid.Bool().Draw(t, "list") {
			text = "[" + text + "," + piece.Draw(t, "second") + "]"
		}
		var quick, slow Value
		quickErr, slowErr := quick.UnmarshalJSON([]byte(text)), slow.unmarshalAny([]byte(text))
		if (quickErr == nil) != (slowErr == nil) {
			t.Fatalf("%q: %v, and %v as anything", text, quickErr, slowErr)
		}
		if quickErr == nil && (quick.Kind() != slow.Kind() || quick.Text() != slow.Text() || KeyText([]Value{quick}) != KeyText([]Value{slow})) {
			t.Fatalf("%q reads as %v %s, as anything %v %s", text, quick.Kind(), quick.Text(), slow.Kind(), slow.Text())
		}
	})
}

// BenchmarkValueJSON reads values as documents have them.
func BenchmarkValueJSON(b *testing.B) {
	for name, text := range map[string]string{"string": `"203.0.113.7"`, "number": `1234`, "list": `["authentication","session"]`} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v Value
				if err := v.UnmarshalJSON([]byte(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
