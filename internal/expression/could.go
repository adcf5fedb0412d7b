package expression

import (
	"slices"

	"tocsin"
	"tocsin/internal/expression/literal"
)

// Could reports whether the expression may hold of a record of which only the fields in the slots that known names are
// known, as they are loaded: every other field may have any value or none. It errs to the side of true.
func (e *Evaluator) Could(x *Expr, known func(slot int) bool) bool {
	may, _ := e.could(x.root, known)
	return may
}

// could says whether the node may hold, and whether it may not.
func (e *Evaluator) could(n *node, known func(slot int) bool) (may, mayNot bool) {
	switch n.op {
	case opLeaf:
		l := e.table.leaves[n.leaf]
		if l.mode == anywhere || len(l.slots) == 0 || slices.ContainsFunc(l.slots, func(s int) bool { return !known(s) }) {
			return true, true
		}
		ok, err := e.leaf(n.leaf)
		return ok && err == nil, !ok || err != nil
	case opNot:
		may, mayNot = e.could(n.kids[0], known)
		return mayNot, may
	case opAnd, opOr:
		all, none := true, true // of the kids: may hold, may not hold
		for _, k := range n.kids {
			y, no := e.could(k, known)
			if n.op == opAnd {
				all, mayNot = all && y, mayNot || no
			} else {
				none, may = none && no, may || y
			}
		}
		if n.op == opAnd {
			return all, mayNot
		}
		return may, none
	default:
		return n.op == opTrue, n.op != opTrue
	}
}

// Forget takes the field in a slot away from what is loaded. It is called before anything is asked of the record.
func (e *Evaluator) Forget(slot int) { e.slots[slot] = tocsin.Value{} }

// Named are the texts that leaves of the expression compare the field in a slot with, where they can be listed; sorted.
func (x *Expr) Named(slot int) []string {
	var texts []string
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opLeaf {
			l := x.table.leaves[n.leaf]
			for _, w := range l.wants {
				if l.slots[0] == slot && w.place == literal.Whole && w.kind != numeric {
					texts = append(texts, w.text)
				}
			}
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(x.root)
	slices.Sort(texts)
	return slices.Compact(texts)
}
