package sigma

import (
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"tocsin/internal/expression"
	"tocsin/internal/fault"
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
		return expression.Tree{}, wrong("take it apart: several conditions are a list, one of which must hold", "condition of %d bytes: the limit is %d", len(s), maxCondition)
	}
	if before, _, piped := strings.Cut(s, "|"); piped {
		return expression.Tree{}, &remedied{
			reason: "condition aggregates with | (the old form)", remedy: "write a Sigma correlation: correlation: {type: event_count, …}",
			offset: utf8.RuneCountInString(before),
		}
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
		err = wrong("let a pipeline leave one item at least", "pipelines have dropped all that the condition asks for")
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
		return term{}, g.wrong(g.at-1, c.known(name), "condition names %q, which detection does not define", name)
	}
	return c.picked(name)
}

// known is what helps where no selection has a name: the nearest one, or not where that was meant.
func (c *condition) known(name string) string {
	if near := fault.Nearest(name, append([]string{"not"}, c.names...)); near != "" {
		return "did you mean " + near + "?"
	}
	return fault.DidYouMean(name, c.names)
}

func (c *condition) picked(name string) (term, error) {
	tree, nothing, err := c.pick(name)
	return term{kids: []expression.Tree{tree}, nothing: nothing}, err
}

func (c *condition) quantified(g *grammar[term], quantity string) (term, error) {
	pattern := g.next()
	if pattern == "" {
		return term{}, g.wrong(g.at, "write 1 of selection_*, or all of them", "condition ends after of")
	}
	var any bool
	switch strings.ToLower(quantity) {
	case "1", "any":
		any = true
	case "all":
	default:
		return term{}, g.wrong(g.at-3, "write a count as several selections and all of them", "condition asks for %q of selections: Sigma has 1, any and all", quantity)
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
		return out, g.wrong(g.at-1, fault.DidYouMean(pattern, c.names), "condition asks of %s, which fits no selection", pattern)
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
