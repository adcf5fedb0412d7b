package correlate

import (
	"testing"

	"pgregory.net/rapid"
)

// A table of keys finds what was put in and not taken out, whatever else has its place.
func TestKeyTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table, want := newKeyTable[*kin](), map[keyHash]*kin{}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			name := keyHash{rapid.Uint64Range(0, 20).Draw(t, "place"), rapid.Uint64Range(0, 2).Draw(t, "rest")}
			if k := want[name]; k != nil && rapid.Bool().Draw(t, "remove") {
				table.remove(name[0], k)
				delete(want, name)
			} else if k == nil {
				want[name] = &kin{name: name}
				table.put(name[0], want[name])
			}
			for place := range uint64(21) {
				for rest := range uint64(3) {
					if n := (keyHash{place, rest}); table.find(n) != want[n] {
						t.Fatalf("%v: found %p, want %p", n, table.find(n), want[n])
					}
				}
			}
		}
	})
}
