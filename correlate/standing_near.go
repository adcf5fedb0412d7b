package correlate

import (
	"cmp"
	"slices"
	"strings"

	"tocsin"
)

// The bounds of the search for other keys: it runs while the engine waits.
const (
	nearKeys  = 5
	nearLooks = 20_000 // states compared, those nearest to firing first: some ms
	nearText  = 64     // bytes of a value that is compared letter by letter
)

// near are other keys of the rule: those that look like the one asked for, and then those nearest to firing.
func (tk *track) near(asked *state, tenant string, key []tocsin.Value) []tocsin.NearKey {
	type found struct {
		st    *state
		alike int
		order int
	}
	var best []found
	looked := 0
	for i := range tk.buckets {
		for st := tk.buckets[i].tail; st != nil && looked < nearLooks; st = st.prev {
			if st == asked || st.tenant() != tenant {
				continue
			}
			looked++
			f := found{st, alike(key, st.key()), looked}
			at, _ := slices.BinarySearchFunc(best, f, func(a, b found) int { return cmp.Or(b.alike-a.alike, a.order-b.order) })
			if at < nearKeys {
				best = slices.Insert(best, at, f)
				best = best[:min(len(best), nearKeys)]
			}
		}
	}
	out := make([]tocsin.NearKey, 0, len(best))
	for _, f := range best {
		f.st.unlag()
		k := tocsin.NearKey{Group: tk.group(f.st.key()), Alike: f.alike > 0, Fired: len(f.st.bursts) > 0, Newest: instant(f.st.newestAt())}
		if !k.Fired {
			k.Missing = f.st.lacks()
		}
		out = append(out, k)
	}
	return out
}

// alike says how much two keys look like each other: 0 for not at all.
func alike(a, b []tocsin.Value) int {
	sum := 0
	for i := range a {
		sum += alikeText(a[i].Text(), b[i].Text())
	}
	return sum
}

func alikeText(a, b string) int {
	switch {
	case a == "" || b == "":
		return 0
	case a == b:
		return 8
	case strings.EqualFold(a, b):
		return 6
	case min(len(a), len(b)) >= 3 && (strings.Contains(a, b) || strings.Contains(b, a)):
		return 4
	case min(len(a), len(b)) >= 4 && nearly(a, b):
		return 3
	}
	return 0
}

// nearly reports whether one or two letters make the difference.
func nearly(a, b string) bool {
	if len(a) > nearText || len(b) > nearText || max(len(a), len(b))-min(len(a), len(b)) > 2 {
		return false
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		least := row[0]
		for j := range len(b) {
			next := before
			if a[i] != b[j] {
				next = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], next
			least = min(least, next)
		}
		if least > 2 {
			return false
		}
	}
	return row[len(b)] <= 2
}
