package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// readExtended makes clauses of an expression over the names of the rules: and, or and brackets. It puts them in
// conjunctive normal form, each clause a set of rules of which one must have matched.
func (c *Correlation) readExtended(s string) error {
	if len(s) > maxCondition {
		return fmt.Errorf("condition of %d bytes: the limit is %d", len(s), maxCondition)
	}
	p := &extended{tokens: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s)), rules: c.Rules}
	clauses, err := p.or()
	if err == nil && p.at < len(p.tokens) {
		err = fmt.Errorf("condition goes on with %q where it should end", p.tokens[p.at])
	}
	c.Clauses = clauses
	return err
}

type extended struct {
	tokens []string
	at     int
	depth  int
	rules  []string
}

func (p *extended) word(w string) bool {
	if p.at < len(p.tokens) && strings.EqualFold(p.tokens[p.at], w) {
		p.at++
		return true
	}
	return false
}

// or joins clauses one by one: a or (b and c) is (a or b) and (a or c).
func (p *extended) or() ([]uint64, error) {
	left, err := p.and()
	for err == nil && p.word("or") {
		var right []uint64
		if right, err = p.and(); err != nil {
			break
		}
		var both []uint64
		for _, a := range left {
			for _, b := range right {
				both = append(both, a|b)
			}
		}
		if left = least(both); len(left) > maxClauses {
			return nil, fmt.Errorf("condition of more than %d clauses", maxClauses)
		}
	}
	return left, err
}

func (p *extended) and() ([]uint64, error) {
	left, err := p.operand()
	for err == nil && p.word("and") {
		var right []uint64
		if right, err = p.operand(); err == nil {
			left = least(append(left, right...))
		}
	}
	return left, err
}

func (p *extended) operand() ([]uint64, error) {
	if p.depth++; p.depth > maxNesting {
		return nil, fmt.Errorf("condition nests deeper than %d", maxNesting)
	}
	defer func() { p.depth-- }()
	if p.word("not") {
		return nil, errors.New("condition with not: a rule that does not match within a span is no kind of rule here")
	}
	if p.word("(") {
		inner, err := p.or()
		if err == nil && !p.word(")") {
			err = errors.New("condition lacks a closing bracket")
		}
		return inner, err
	}
	if p.at >= len(p.tokens) {
		return nil, errors.New("condition ends where a rule was expected")
	}
	i := slices.Index(p.rules, p.tokens[p.at])
	if i < 0 {
		return nil, fmt.Errorf("condition names %q, which rules does not", p.tokens[p.at])
	}
	p.at++
	return []uint64{1 << i}, nil
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
