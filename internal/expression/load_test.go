package expression

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// TestLoadForgets holds that nothing of one alert shows in the next, whatever fields either has and whoever numbered their names.
func TestLoadForgets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := New(Options{Mark: "mark."})
		for _, name := range []string{"a", "b", "mark.c", "d", "e"} {
			table.Slot(name)
		}
		texts := []string{"e", "mark.c", "x", "a", "mark.y", "b", "d"}
		names, given := tocsin.NewNames(texts)
		used := table.Evaluator()
		for n := range rapid.IntRange(1, 6).Draw(t, "alerts") {
			var leaves []tocsin.Leaf
			var fields []tocsin.Field
			for _, i := range rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6}).Draw(t, "order")[:rapid.IntRange(0, 7).Draw(t, "fields")] {
				v := tocsin.StringValue(strconv.Itoa(n) + texts[i])
				leaves, fields = append(leaves, tocsin.Leaf{Name: given[i], Value: v}), append(fields, tocsin.Field{Name: texts[i], Value: v})
			}
			numbered, loose := tocsin.LeafFields(names, leaves), tocsin.NewFields(fields)
			fresh := table.Evaluator()
			fresh.Load(loose, testTime)
			if rapid.Bool().Draw(t, "numbered") {
				loose = numbered
			}
			used.Load(loose, testTime)
			if diff := cmp.Diff(loaded(fresh), loaded(used)); diff != "" || fresh.Marked() != used.Marked() {
				t.Fatalf("alert %d, marked %v (-alone +after others):\n%s", n, used.Marked(), diff)
			}
		}
	})
}

// loaded is what an evaluator holds, by slot.
func loaded(e *Evaluator) []string {
	var all []string
	for slot := range e.table.Slots() {
		all = append(all, e.Get(slot).Text())
	}
	return all
}
