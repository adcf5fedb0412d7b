package app

import (
	"cmp"
	"slices"

	"tocsin/rules"
)

// mostCosted bounds the rules whose cost is a metric: the rest cost less than any of these.
const mostCosted = 100

// costliest are the rules that cost most, of those that cost anything.
func costliest(states []rules.State) []rules.State {
	costly := slices.DeleteFunc(slices.Clone(states), func(s rules.State) bool { return s.Cost == 0 })
	slices.SortFunc(costly, func(a, b rules.State) int { return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(a.Rule, b.Rule)) })
	return costly[:min(len(costly), mostCosted)]
}
