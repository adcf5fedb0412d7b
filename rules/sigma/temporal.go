package sigma

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// readExtended makes clauses of an expression over the names of the rules: and, or and brackets. It puts them in
// conjunctive normal form, each clause a set of rules of which one must have matched.
func (c *Correlation) readExtended(n *yaml.Node) {
	s := n.Value
	if len(s) > maxCondition {
		c.say(n, "correlate a part of the rules and chain the correlations", "condition of %d bytes: the limit is %d", len(s), maxCondition)
		return
	}
	var used []string
	over := false
	clauses, err := c.clauses(s, &used, &over).parse()
	if over && err == nil {
		err = wrong("correlate a part of the rules and chain the correlations", "condition of more than %d clauses", maxClauses)
	}
	if err != nil {
		c.found.fault(textPlace(n), "correlation: ", err)
	}
	for i, name := range c.Rules {
		if err == nil && !slices.Contains(used, name) {
			c.say(c.Place(i), "name it in the condition, or leave it out", "the condition does not ask for rule %s", name)
		}
	}
	c.Clauses = clauses
}

// clauses reads a condition into clauses that must all hold, each of rules of which one must. It notes the rules that are
// used, and whether the clauses are more than there may be.
func (c *Correlation) clauses(condition string, used *[]string, over *bool) *grammar[[]uint64] {
	return &grammar[[]uint64]{
		tokens: words(condition),
		and:    func(a, b []uint64) []uint64 { return least(append(slices.Clip(a), b...)) },
		or: func(left, right []uint64) []uint64 { // a or (b and c) is (a or b) and (a or c)
			var both []uint64
			for _, a := range left {
				for _, b := range right {
					both = append(both, a|b)
				}
			}
			if both = least(both); len(both) > maxClauses {
				*over = true
				return both[:1]
			}
			return both
		},
		not: func([]uint64) ([]uint64, error) {
			return nil, wrong("write a native rule of kind absence, or a sequence with an absent step",
				"condition with not: that a rule does not match holds of some span nearly always, and the specification does not say of which one it must")
		},
		name: func(g *grammar[[]uint64], name string) ([]uint64, error) {
			i := slices.Index(c.Rules, name)
			if i < 0 {
				return nil, g.wrong(g.at-1, fault.DidYouMean(name, c.Rules), "condition names %q, which rules does not", name)
			}
			*used = append(*used, name)
			return []uint64{1 << i}, nil
		},
	}
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
