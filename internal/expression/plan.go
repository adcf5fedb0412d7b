package expression

import (
	"cmp"
	"slices"

	"tocsin/internal/expression/literal"
)

// What evaluating a leaf costs, by rule of thumb: nanoseconds on a short text.
const (
	costCheap   = 5
	costText    = 15
	costGuarded = 40
	costSearch  = 1_000 // a pattern, or the whole record
	costProgram = 10_000
)

func (l *leaf) cost() int {
	switch {
	case l.mode == program:
		return costProgram
	case l.mode == anywhere:
		return costSearch
	case l.mode != anyItem && l.mode != noItem:
		return costCheap
	}
	switch t := l.test.(type) {
	case patternTest:
		if len(t.needs) > 0 {
			return costGuarded
		}
		return costSearch
	case wildTest, globTest:
		return costText
	case partTest:
		if t.place == literal.Inside {
			return costText
		}
	}
	return costCheap
}

// canFail reports whether evaluating the leaf may end in an error.
func (l *leaf) canFail() bool { return l.mode == program || l.steps > 0 }

// plan is a skeleton with the operands of each connective in the order of their cost. What can fail comes last and
// keeps its order, so that which error is met, and whether one is, hangs on the expression alone.
func (t *Table) plan(n *node) *node {
	if len(n.kids) == 0 {
		return n
	}
	out := &node{op: n.op, leaf: n.leaf, kids: make([]*node, len(n.kids))}
	for i, k := range n.kids {
		out.kids[i] = t.plan(k)
	}
	costs := make(map[*node]int, len(out.kids))
	for _, k := range out.kids {
		if costs[k] = t.cost(k); t.canFail(k) {
			costs[k] = 1 << 40
		}
	}
	slices.SortStableFunc(out.kids, func(a, b *node) int { return cmp.Compare(costs[a], costs[b]) })
	return out
}

func (t *Table) cost(n *node) int {
	if n.op == opLeaf {
		return t.leaves[n.leaf].cost()
	}
	sum := 0
	for _, k := range n.kids {
		sum += t.cost(k)
	}
	return sum
}

func (t *Table) canFail(n *node) bool {
	if n.op == opLeaf {
		return t.leaves[n.leaf].canFail()
	}
	return slices.ContainsFunc(n.kids, t.canFail)
}
