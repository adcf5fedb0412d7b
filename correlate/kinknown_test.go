package correlate

import (
	"testing"

	"pgregory.net/rapid"
)

// A table of kins finds what was put in and not taken out, whatever else has its place.
func TestKinTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table, want := newKinTable(), map[kinName]*kin{}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			name := kinName{rapid.Uint64Range(0, 20).Draw(t, "place"), rapid.Uint64Range(0, 2).Draw(t, "rest")}
			if k := want[name]; k != nil && rapid.Bool().Draw(t, "remove") {
				table.remove(k)
				delete(want, name)
			} else if k == nil {
				want[name] = &kin{name: name}
				table.put(want[name])
			}
			for place := range uint64(21) {
				for rest := range uint64(3) {
					if n := (kinName{place, rest}); table.find(n) != want[n] {
						t.Fatalf("%v: found %p, want %p", n, table.find(n), want[n])
					}
				}
			}
		}
	})
}
