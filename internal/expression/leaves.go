package expression

import "tocsin"

// A Leaf is one test of an expression and what it read on the alert that is loaded.
type Leaf struct {
	Expr   string         // as people read it
	Holds  bool           //
	Error  string         // why it cannot be said; "" where it can
	Fields []tocsin.Field // that it reads, each with its value; an absent one has an absent value
}

// Leaves are all the leaves of an expression, each once, in the order in which they stand.
func (e *Evaluator) Leaves(x *Expr) []Leaf {
	var leaves []Leaf
	seen := map[int]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opLeaf && !seen[n.leaf] {
			seen[n.leaf] = true
			leaves = append(leaves, e.seen(n.leaf))
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(x.root)
	return leaves
}

func (e *Evaluator) seen(id int) Leaf {
	l := e.table.leaves[id]
	holds, err := e.leaf(id)
	out := Leaf{Expr: l.text, Holds: holds && err == nil}
	if err != nil {
		out.Error = err.Error()
	}
	for _, slot := range l.slots {
		out.Fields = append(out.Fields, tocsin.Field{Name: e.table.names[slot], Value: e.slots[slot]})
	}
	return out
}
