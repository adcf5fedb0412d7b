package correlate

import (
	"cmp"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestRecent compares a recent with a list that is sorted anew after each sighting.
func TestRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 8).Draw(t, "limit")
		r, last := recentOf(nil), map[string]int64{}
		for at := range int64(rapid.IntRange(1, 60).Draw(t, "sightings")) {
			s := sighting{strconv.Itoa(rapid.IntRange(0, 12).Draw(t, "value")), 100*at - rapid.Int64Range(0, 1000).Draw(t, "late")*100 + at}
			if old, known := last[s.value]; !known || old < s.at {
				last[s.value] = s.at
			}
			r.note(s, limit)
			if rapid.IntRange(0, 9).Draw(t, "expire") == 0 {
				floor := 100 * (at - rapid.Int64Range(0, 10).Draw(t, "window"))
				r.expire(floor)
				for v, seen := range last {
					if seen <= floor {
						delete(last, v)
					}
				}
			}
			var want []sighting
			for v, seen := range last {
				want = append(want, sighting{v, seen})
			}
			slices.SortFunc(want, func(a, b sighting) int { return cmp.Compare(b.at, a.at) })
			if len(want) > limit {
				for _, lost := range want[limit:] { // what comes back is seen anew
					delete(last, lost.value)
				}
				want = want[:limit]
			}
			if diff := gocmp.Diff(want, r.sightings(), gocmp.AllowUnexported(sighting{})); diff != "" && len(want)+r.len() > 0 {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if r.len() != len(r.sightings()) {
				t.Fatalf("%d values in the index, %d in the list", r.len(), len(r.sightings()))
			}
		}
	})
}
