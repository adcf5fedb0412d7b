package sigma

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"tocsin/internal/expression"
)

// term is a part of a condition. A selection whose every item a pipeline has dropped is nothing: it takes its place
// in the condition with it.
type term struct {
	kids    []expression.Tree
	any     bool
	nothing bool
}

func (t term) tree() expression.Tree {
	if t.any {
		return expression.Some(t.kids...)
	}
	return expression.All(t.kids...)
}

func termOf(tree expression.Tree) term { return term{kids: []expression.Tree{tree}} }

// joinedTerms is both terms under one connective; a run of the same one stays flat.
func joinedTerms(a, b term, alternatives bool) term {
	switch {
	case a.nothing:
		return b
	case b.nothing:
		return a
	case len(a.kids) > 1 && a.any != alternatives:
		a = termOf(a.tree())
	}
	return term{kids: append(slices.Clip(a.kids), b.tree()), any: alternatives}
}

// parseCondition reads a condition over the named selections. pick gives the tree of a selection; nothing is one that
// was dropped.
func parseCondition(s string, names []string, pick func(string) (tree expression.Tree, nothing bool, err error)) (expression.Tree, error) {
	if len(s) > maxCondition {
		return expression.Tree{}, fmt.Errorf("condition of %d bytes: the limit is %d", len(s), maxCondition)
	}
	if strings.Contains(s, "|") {
		return expression.Tree{}, errors.New("condition aggregates with | (the old form): write a Sigma correlation")
	}
	c := &condition{names: names, pick: pick}
	g := &grammar[term]{
		tokens: words(s),
		and:    func(a, b term) term { return joinedTerms(a, b, false) },
		or:     func(a, b term) term { return joinedTerms(a, b, true) },
		not: func(a term) (term, error) {
			if a.nothing {
				return a, nil
			}
			return termOf(expression.Negate(a.tree())), nil
		},
		name: c.operand,
	}
	out, err := g.parse()
	if err == nil && out.nothing {
		err = errors.New("pipelines have dropped all that the condition asks for")
	}
	return out.tree(), err
}

type condition struct {
	names []string // of all selections, in their order
	pick  func(name string) (tree expression.Tree, nothing bool, err error)
}

// operand is a selection, or a quantifier over several.
func (c *condition) operand(g *grammar[term], name string) (term, error) {
	if g.word("of") {
		return c.quantified(g, name)
	}
	if !slices.Contains(c.names, name) {
		return term{}, fmt.Errorf("condition names %q, which detection does not define", name)
	}
	return c.picked(name)
}

func (c *condition) picked(name string) (term, error) {
	tree, nothing, err := c.pick(name)
	return term{kids: []expression.Tree{tree}, nothing: nothing}, err
}

func (c *condition) quantified(g *grammar[term], quantity string) (term, error) {
	pattern := g.next()
	if pattern == "" {
		return term{}, errors.New("condition ends after of")
	}
	var any bool
	switch strings.ToLower(quantity) {
	case "1", "any":
		any = true
	case "all":
	default:
		return term{}, fmt.Errorf("condition asks for %q of selections: Sigma has 1, any and all", quantity)
	}
	out := term{nothing: true}
	found := false
	for _, name := range c.names {
		if !chosen(pattern, name) {
			continue
		}
		found = true
		kid, err := c.picked(name)
		if err != nil {
			return kid, err
		}
		out = joinedTerms(out, kid, any)
	}
	if !found {
		return out, fmt.Errorf("condition asks of %s, which fits no selection", pattern)
	}
	return closed(out), nil
}

// closed closes a run: what follows does not join it.
func closed(t term) term {
	if t.nothing {
		return t
	}
	return termOf(t.tree())
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
	ok, err := path.Match(strings.ReplaceAll(strings.ReplaceAll(pattern, "[", `\[`), "?", `\?`), name)
	return ok && err == nil
}
