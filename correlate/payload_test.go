package correlate

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin"
)

// A payload says what it was made of, whatever was heard in between, and is the same as another where both say the same.
func TestPayload(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, all := newPool(), []saying{}
		origins := []*origin{{source: "a"}, {source: "b"}, {source: "a"}}
		text := rapid.SampledFrom([]string{"", "a", "ab", strings.Repeat("long", 40)})
		for range rapid.IntRange(1, 12).Draw(t, "sayings") {
			s := saying{from: rapid.SampledFrom(origins).Draw(t, "from"), seldom: l.none}
			for range rapid.IntRange(0, 3).Draw(t, "entities") {
				s.entities = append(s.entities, tocsin.Entity{
					Field: rapid.SampledFrom([]string{"f", "g"}).Draw(t, "field"), Role: rapid.SampledFrom([]string{"", "r"}).Draw(t, "role"), Value: text.Draw(t, "value"),
				})
			}
			s.values = rapid.SliceOfN(text, 0, 2).Draw(t, "values")
			if rapid.Bool().Draw(t, "more") {
				s.seldom = &seldom{
					absent: rapid.SliceOfN(text, 0, 2).Draw(t, "absent"),
					facts:  tocsin.Facts{Risk: float64(rapid.IntRange(0, 1).Draw(t, "risk")), IOC: rapid.Bool().Draw(t, "ioc"), Tactics: rapid.SliceOfN(text, 0, 2).Draw(t, "tactics")},
				}
			}
			all = append(all, s)
		}
		made := make([]*payload, len(all))
		for i := range all {
			made[i] = l.one(&all[i])
		}
		for i := range all {
			if got := spokenBy(made[i]); !saysSame(&got, &all[i]) {
				t.Fatalf("said %+v, kept %+v", all[i], got)
			}
			for j := range all {
				same := saysSame(&all[i], &all[j])
				if made[i].same(made[j]) != same || made[i].equal(made[j]) != same || same && made[i].weight != made[j].weight {
					t.Fatalf("%+v and %+v: %v %v", all[i], all[j], made[i].same(made[j]), made[i].equal(made[j]))
				}
			}
		}
	})
}

func spokenBy(p *payload) saying {
	s := saying{from: p.from, values: p.values, seldom: p.seldom}
	for _, n := range p.entities() {
		s.entities = append(s.entities, n)
	}
	return s
}

func saysSame(a, b *saying) bool {
	return *a.from == *b.from && slices.Equal(a.entities, b.entities) && slices.Equal(a.values, b.values) && a.seldom.equal(b.seldom)
}
