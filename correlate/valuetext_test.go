package correlate

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin"
)

// The text of a value is that value's alone, whatever was asked for before it and has its place.
func TestValueText(t *testing.T) {
	t.Parallel()
	l := newPool()
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Repeat(rapid.StringMatching(`[1-3:ab]{0,6}`).Draw(t, "text"), rapid.SampledFrom([]int{1, 1, 1, 40}).Draw(t, "times"))
	})
	value := rapid.OneOf(
		rapid.Map(text, tocsin.StringValue), rapid.Map(rapid.Int64Range(0, 30), tocsin.IntValue), rapid.Map(rapid.Bool(), tocsin.BoolValue),
	)
	rapid.Check(t, func(t *rapid.T) {
		v, other := value.Draw(t, "value"), value.Draw(t, "other")
		l.valueText(v)
		for i := range l.texts { // whatever hash they have
			l.texts[i] = valueText{string(appendValue(nil, other))}
		}
		for range 2 {
			if got, want := l.valueText(v), string(appendValue(nil, v)); len(got) != 1 || got[0] != want {
				t.Fatalf("%v: %q, want %q", v, got, want)
			}
		}
	})
}
