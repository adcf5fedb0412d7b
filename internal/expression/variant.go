package expression

import (
	"slices"

	"github.com/expr-lang/expr/ast"
)

// A Variant is a condition with one of its terms dropped.
type Variant struct {
	Text    string // of the whole condition; it means the same as the original but for the term
	Dropped string // the text of the term
	From    string // what it was dropped from: and, or, not, or "" where it was all there was
	Offset  int    // of the term in the original, in characters
}

// maxVariants bounds the variants of one condition.
const maxVariants = 200

// Variants are the conditions that source becomes when one term of an and or an or is dropped, or a not before a term, in the
// order of the text; of a condition with one term it is one that always holds. Nil where source is no condition.
func (t *Table) Variants(source string) []Variant {
	c := &compilation{table: t}
	root := c.source(source)
	if root == nil {
		return nil
	}
	v := &variation{}
	if !v.walk(root, func(n ast.Node) ast.Node { return n }) {
		v.add(Variant{Text: "true", Dropped: root.String(), Offset: begins(root)})
	}
	return v.all
}

type variation struct{ all []Variant }

func (v *variation) add(x Variant) {
	if len(v.all) < maxVariants {
		v.all = append(v.all, x)
	}
}

// walk adds the variants of n, which whole puts back into the condition, and reports whether there is one.
func (v *variation) walk(n ast.Node, whole func(ast.Node) ast.Node) bool {
	before := len(v.all)
	if before == maxVariants {
		return true
	}
	switch x := n.(type) {
	case *ast.UnaryNode:
		if x.Operator != "not" && x.Operator != "!" {
			return false
		}
		v.add(Variant{Text: whole(x.Node).String(), Dropped: x.Node.String(), From: "not", Offset: begins(x.Node)})
		v.walk(x.Node, func(n ast.Node) ast.Node { return whole(&ast.UnaryNode{Operator: x.Operator, Node: n}) })
	case *ast.BinaryNode:
		if op := skeletonOp(x.Operator); op != opLeaf {
			v.run(operands(x, op), x.Operator, op, whole)
		}
	case *ast.BuiltinNode:
		for i, a := range x.Arguments {
			if p, ok := a.(*ast.PredicateNode); ok {
				v.walk(p.Node, func(n ast.Node) ast.Node {
					call := *x
					call.Arguments = slices.Clone(x.Arguments)
					call.Arguments[i] = &ast.PredicateNode{Node: n}
					return whole(&call)
				})
			}
		}
	}
	return len(v.all) > before
}

// run drops each operand of a run of the same operator.
func (v *variation) run(all []ast.Node, operator string, op nodeOp, whole func(ast.Node) ast.Node) {
	from := "and"
	if op == opOr {
		from = "or"
	}
	for i, o := range all {
		if len(v.all) == maxVariants {
			return
		}
		rest := slices.Delete(slices.Clone(all), i, i+1)
		v.add(Variant{Text: whole(joined(rest, operator)).String(), Dropped: o.String(), From: from, Offset: begins(o)})
		v.walk(o, func(n ast.Node) ast.Node {
			other := slices.Clone(all)
			other[i] = n
			return whole(joined(other, operator))
		})
	}
}

// joined is the run of nodes with the operator between them; there is one node at least.
func joined(nodes []ast.Node, operator string) ast.Node {
	n := nodes[0]
	for _, right := range nodes[1:] {
		n = &ast.BinaryNode{Operator: operator, Left: n, Right: right}
	}
	return n
}

// begins is where the text of a node begins: an operator's own place is between its operands.
func begins(n ast.Node) int {
	first := n.Location().From
	switch x := n.(type) {
	case *ast.BinaryNode:
		first = min(first, begins(x.Left))
	case *ast.MemberNode:
		first = min(first, begins(x.Node))
	case *ast.ConditionalNode:
		first = min(first, begins(x.Cond))
	}
	return first
}
