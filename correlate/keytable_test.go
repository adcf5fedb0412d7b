package correlate

import (
	"testing"

	"pgregory.net/rapid"

	"tocsin"
)

// A table of keys finds what was put in and not taken out, whatever else has its place.
func TestKeyTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		table, want := newKeyTable[*kin](), map[fingerprint]*kin{}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			name := fingerprint{rapid.Uint64Range(0, 20).Draw(t, "place"), rapid.Uint64Range(0, 2).Draw(t, "rest")}
			if k := want[name]; k != nil && rapid.Bool().Draw(t, "remove") {
				table.remove(name.at, k)
				delete(want, name)
			} else if k == nil {
				want[name] = &kin{name: name}
				table.put(name.at, want[name])
			}
			for place := range uint64(21) {
				for rest := range uint64(3) {
					if n := (fingerprint{place, rest}); table.find(n) != want[n] {
						t.Fatalf("%v: found %p, want %p", n, table.find(n), want[n])
					}
				}
			}
		}
	})
}

// A key has one hash, whether it is asked for by its match or by its name, and no other key has it.
func TestHashOfName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e, known := newEngine(Config{}, planSet{}), map[fingerprint]string{}
		value := rapid.OneOf(
			rapid.Map(rapid.SampledFrom([]string{"", "a", "11:a", "12:ab", "5", "true"}), tocsin.StringValue),
			rapid.Just(tocsin.IntValue(5)), rapid.Just(tocsin.BoolValue(true)), rapid.Just(tocsin.NullValue()),
			rapid.Just(tocsin.StringsValue("a", "b")),
		)
		for range rapid.IntRange(1, 20).Draw(t, "keys") {
			m := tocsin.Match{Tenant: rapid.SampledFrom([]string{"", "a", "default", "11:a"}).Draw(t, "tenant"), Key: rapid.SliceOfN(value, 0, 3).Draw(t, "key")}
			name := string(appendName(nil, m.Tenant, m.Key))
			h := e.hashName(&m)
			if again := e.pool.hashOfName(name); again != h {
				t.Fatalf("%q has two hashes", name)
			}
			if other, ok := known[h]; ok && other != name {
				t.Fatalf("%q and %q have one hash", name, other)
			}
			known[h] = name
		}
	})
}
