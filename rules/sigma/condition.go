package sigma

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"tocsin/internal/expression"
)

// maxCondition bounds a condition: bytes, and open brackets and nots.
const (
	maxCondition = 16 << 10
	maxNesting   = 64
)

// condition is the parser of one condition. pick gives the tree of a selection.
type condition struct {
	tokens []string
	at     int
	depth  int
	names  []string // of all selections, in their order
	pick   func(name string) (expression.Tree, error)
}

// parseCondition reads a condition over the named selections.
func parseCondition(s string, names []string, pick func(string) (expression.Tree, error)) (expression.Tree, error) {
	if len(s) > maxCondition {
		return expression.Tree{}, fmt.Errorf("condition of %d bytes: the limit is %d", len(s), maxCondition)
	}
	if strings.Contains(s, "|") {
		return expression.Tree{}, errors.New("condition aggregates with | (the old form): write a Sigma correlation")
	}
	s = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s)
	c := &condition{tokens: strings.Fields(s), names: names, pick: pick}
	tree, err := c.or()
	if err == nil && c.at < len(c.tokens) {
		err = fmt.Errorf("condition goes on with %q where it should end", c.tokens[c.at])
	}
	return tree, err
}

// word takes the next token if it is the keyword.
func (c *condition) word(keyword string) bool {
	if c.at < len(c.tokens) && strings.EqualFold(c.tokens[c.at], keyword) {
		c.at++
		return true
	}
	return false
}

func (c *condition) or() (expression.Tree, error) { return c.run("or", expression.Some, c.and) }

func (c *condition) and() (expression.Tree, error) { return c.run("and", expression.All, c.not) }

func (c *condition) run(keyword string, join func(...expression.Tree) expression.Tree, operand func() (expression.Tree, error)) (expression.Tree, error) {
	var kids []expression.Tree
	for {
		kid, err := operand()
		if err != nil {
			return kid, err
		}
		kids = append(kids, kid)
		if !c.word(keyword) {
			return join(kids...), nil
		}
	}
}

func (c *condition) not() (expression.Tree, error) {
	if c.depth++; c.depth > maxNesting {
		return expression.Tree{}, fmt.Errorf("condition nests deeper than %d", maxNesting)
	}
	defer func() { c.depth-- }()
	if c.word("not") {
		kid, err := c.not()
		return expression.Negate(kid), err
	}
	if c.word("(") {
		kid, err := c.or()
		if err == nil && !c.word(")") {
			err = errors.New("condition lacks a closing bracket")
		}
		return kid, err
	}
	return c.operand()
}

// operand is a selection, or a quantifier over several.
func (c *condition) operand() (expression.Tree, error) {
	if c.at >= len(c.tokens) {
		return expression.Tree{}, errors.New("condition ends where a selection was expected")
	}
	name := c.tokens[c.at]
	c.at++
	if c.word("of") {
		return c.quantified(name)
	}
	if !slices.Contains(c.names, name) {
		return expression.Tree{}, fmt.Errorf("condition names %q, which detection does not define", name)
	}
	return c.pick(name)
}

func (c *condition) quantified(quantity string) (expression.Tree, error) {
	if c.at >= len(c.tokens) {
		return expression.Tree{}, errors.New("condition ends after of")
	}
	pattern := c.tokens[c.at]
	c.at++
	var kids []expression.Tree
	for _, name := range c.names {
		if !chosen(pattern, name) {
			continue
		}
		kid, err := c.pick(name)
		if err != nil {
			return kid, err
		}
		kids = append(kids, kid)
	}
	if len(kids) == 0 {
		return expression.Tree{}, fmt.Errorf("condition asks of %s, which fits no selection", pattern)
	}
	switch strings.ToLower(quantity) {
	case "1", "any":
		return expression.Some(kids...), nil
	case "all":
		return expression.All(kids...), nil
	default:
		return expression.Tree{}, fmt.Errorf("condition asks for %q of selections: Sigma has 1, any and all", quantity)
	}
}

// chosen reports whether a quantifier's pattern means the selection. Names that start with an underscore are only
// meant by themselves.
func chosen(pattern, name string) bool {
	if strings.EqualFold(pattern, "them") {
		return !strings.HasPrefix(name, "_")
	}
	if strings.HasPrefix(name, "_") && !strings.HasPrefix(pattern, "_") {
		return false
	}
	ok, err := path.Match(strings.NewReplacer("[", `\[`, "?", `\?`).Replace(pattern), name)
	return ok && err == nil
}
