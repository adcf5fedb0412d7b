package measure

import (
	"cmp"
	"slices"
	"strings"

	"tocsin"
)

// A grouping counts rows that are alike, by the places of their words: a hundred thousand take some milliseconds.
type grouping struct {
	counting
	within bounds
	groups map[groupKey]*group
}

// A groupKey is an interval's number and the places of the words.
type groupKey struct {
	at     int32
	places [2]uint16
}

// A group is the rows of one interval with the same words.
type group struct {
	n      int64
	values []int64 // where a value is asked for
	sums   []int64
}

func (g *grouping) add(row uint32) {
	mark, ok := g.selects(row)
	if !ok {
		return
	}
	var value int64
	if g.value != nil {
		if value, ok = g.value.get(row); !ok {
			return
		}
	}
	at := g.within.find(mark)
	if at < 0 {
		return
	}
	key := groupKey{at: int32(at)}
	for n, column := range g.by {
		key.places[n] = column[row]
	}
	there := g.groups[key]
	if there == nil {
		there = &group{}
		if len(g.counting.sums) > 0 {
			there.sums = make([]int64, len(g.counting.sums))
		}
		g.groups[key] = there
	}
	there.n++
	if g.value != nil {
		there.values = append(there.values, value)
	}
	for n, column := range g.counting.sums {
		v, _ := column.get(row)
		there.sums[n] += v
	}
}

// all is what was counted, ordered by time, words and value.
func (g *grouping) all(spans []tocsin.Span, texts []string) []tocsin.Tally {
	type named struct {
		at   int32
		keys []string
		*group
	}
	ordered, size := make([]named, 0, len(g.groups)), 0
	for key, one := range g.groups {
		words := make([]string, len(g.by))
		for n := range words {
			words[n] = texts[key.places[n]]
		}
		ordered, size = append(ordered, named{key.at, words, one}), size+max(len(one.values), 1)
	}
	slices.SortFunc(ordered, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.at, b.at), slices.CompareFunc(a.keys, b.keys, strings.Compare))
	})
	all := make([]tocsin.Tally, 0, size)
	for _, one := range ordered {
		t := tocsin.Tally{At: spans[one.at].At, Keys: one.keys, N: one.n, Sums: one.sums}
		if len(t.Keys) == 0 {
			t.Keys = nil
		}
		if g.value == nil {
			all = append(all, t)
			continue
		}
		slices.Sort(one.values)
		t.N = 1
		for n, v := range one.values {
			if t.Value = v; n > 0 && one.values[n-1] == v {
				all[len(all)-1].N++
			} else {
				all = append(all, t)
			}
		}
	}
	return all
}

// Bounds are the intervals of a question, as numbers.
type bounds struct{ from, to []int64 }

func newBounds(spans []tocsin.Span) (b bounds) {
	for _, s := range spans {
		b.from, b.to = append(b.from, s.From.Unix()), append(b.to, s.To.Unix())
	}
	return b
}

// find is the number of the interval that a time lies in; -1 where it lies in none.
func (b *bounds) find(at int64) int {
	n, found := slices.BinarySearch(b.from, at)
	if !found {
		n--
	}
	if n < 0 || at >= b.to[n] {
		return -1
	}
	return n
}
