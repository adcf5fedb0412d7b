package literal

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawText(t *rapid.T, least, most int) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune(`abAB\.e é☃`)), least, most, -1).Draw(t, "text")
}

func drawLiterals(t *rapid.T) []Literal {
	var all []Literal
	for i := range rapid.IntRange(0, 200).Draw(t, "literals") {
		all = append(all, Literal{Text: drawText(t, 0, 12), Place: Place(rapid.IntRange(0, 3).Draw(t, "place")), ID: int32(i)})
	}
	return all
}

func stands(l Literal, text string) bool {
	switch l.Place {
	case Whole:
		return text == l.Text
	case Opens:
		return strings.HasPrefix(text, l.Text)
	case Closes:
		return strings.HasSuffix(text, l.Text)
	default:
		return strings.Contains(text, l.Text)
	}
}

// TestFind holds that a set finds exactly what looking for each literal by itself finds.
func TestFind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawLiterals(t)
		set, hits := New(all), NewHits(len(all))
		for range 5 {
			text := drawText(t, 0, 60)
			var want []int32
			for _, l := range all {
				if len(l.Text) >= l.Place.Least() && stands(l, text) {
					want = append(want, l.ID)
				}
			}
			hits.Reset()
			set.Find(text, hits)
			slices.Sort(hits.IDs)
			if !slices.Equal(hits.IDs, want) {
				t.Fatalf("in %q found %v, want %v", text, hits.IDs, want)
			}
		}
	})
}

// TestLoose holds the same of sets that look inside texts without regard to case.
func TestLoose(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := drawLiterals(t)
		for i := range all {
			all[i].Text, all[i].Place = strings.ToLower(all[i].Text), Inside
		}
		set, hits := NewLoose(all), NewHits(len(all))
		for range 5 {
			text := drawText(t, 0, 60)
			var want []int32
			for _, l := range all {
				if len(l.Text) >= gramBytes && strings.Contains(strings.ToLower(text), l.Text) {
					want = append(want, l.ID)
				}
			}
			hits.Reset()
			set.Find(text, hits)
			slices.Sort(hits.IDs)
			if !slices.Equal(hits.IDs, want) {
				t.Fatalf("in %q found %v, want %v", text, hits.IDs, want)
			}
		}
	})
}

// TestAlike holds that literals which share all their grams cost what comparing costs, and are found.
func TestAlike(t *testing.T) {
	var all []Literal
	for i := range 1000 {
		all = append(all, Literal{Text: strings.Repeat("a", 7+i), Place: Inside, ID: int32(i)})
	}
	set, hits := New(all), NewHits(len(all))
	set.Find(strings.Repeat("a", 1<<16), hits)
	if len(hits.IDs) != len(all) {
		t.Fatalf("%d found of %d", len(hits.IDs), len(all))
	}
}
