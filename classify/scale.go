package classify

import "slices"

// A scale is an ordered list of words, each with a number that conditions see.
type scale struct{ words []word }

type word struct {
	name  string
	value int
}

// value is the number of a word.
func (s scale) value(name string) (int, bool) {
	if i := s.index(name); i >= 0 {
		return s.words[i].value, true
	}
	return 0, false
}

func (s scale) index(name string) int {
	return slices.IndexFunc(s.words, func(w word) bool { return w.name == name })
}

// name is the first word of a number, "" for none.
func (s scale) name(value int) string {
	for _, w := range s.words {
		if w.value == value {
			return w.name
		}
	}
	return ""
}

// names lists the words in their order.
func (s scale) names() []string {
	names := make([]string, len(s.words))
	for i, w := range s.words {
		names[i] = w.name
	}
	return names
}

// step moves a word up (by > 0) or down the scale: one step is the next number, and of several words with that number
// the first. It stops at the ends.
func (s scale) step(name string, by int) string {
	value, ok := s.value(name)
	if !ok {
		return name
	}
	values := make([]int, 0, len(s.words))
	for _, w := range s.words {
		values = append(values, w.value)
	}
	slices.Sort(values)
	values = slices.Compact(values)
	i, _ := slices.BinarySearch(values, value)
	j := min(max(i+by, 0), len(values)-1)
	if j == i {
		return name
	}
	return s.name(values[j])
}

// least is the first word of the lowest number.
func (s scale) least() string {
	if len(s.words) == 0 {
		return ""
	}
	return slices.MinFunc(s.words, func(a, b word) int { return a.value - b.value }).name
}
