package sigma

import (
	"errors"
	"fmt"
	"slices"
)

// readExtended makes clauses of an expression over the names of the rules: and, or and brackets. It puts them in
// conjunctive normal form, each clause a set of rules of which one must have matched.
func (c *Correlation) readExtended(s string) error {
	if len(s) > maxCondition {
		return fmt.Errorf("condition of %d bytes: the limit is %d", len(s), maxCondition)
	}
	over := false
	g := &grammar[[]uint64]{
		tokens: words(s),
		and:    func(a, b []uint64) []uint64 { return least(append(slices.Clip(a), b...)) },
		or: func(left, right []uint64) []uint64 { // a or (b and c) is (a or b) and (a or c)
			var both []uint64
			for _, a := range left {
				for _, b := range right {
					both = append(both, a|b)
				}
			}
			if both = least(both); len(both) > maxClauses {
				over = true
				return both[:1]
			}
			return both
		},
		not: func([]uint64) ([]uint64, error) {
			return nil, errors.New("condition with not: a rule that does not match within a span is no kind of rule here")
		},
		name: func(_ *grammar[[]uint64], name string) ([]uint64, error) {
			i := slices.Index(c.Rules, name)
			if i < 0 {
				return nil, fmt.Errorf("condition names %q, which rules does not", name)
			}
			return []uint64{1 << i}, nil
		},
	}
	clauses, err := g.parse()
	if over && err == nil {
		err = fmt.Errorf("condition of more than %d clauses", maxClauses)
	}
	c.Clauses = clauses
	return err
}

// least drops clauses that follow from others: those that hold another whole.
func least(clauses []uint64) []uint64 {
	var out []uint64
	for i, c := range clauses {
		follows := slices.ContainsFunc(clauses, func(o uint64) bool { return o != c && o&c == o })
		if !follows && !slices.Contains(clauses[:i], c) {
			out = append(out, c)
		}
	}
	return out
}
