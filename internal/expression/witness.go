package expression

// Witness lists terms of which at least one must hold on every alert that satisfies the expression; ok is false
// where there is no such list and the expression must always be tried. An index of terms to expressions finds every
// expression that can hold of an alert from the alert's own values, see [Evaluator.Keys].
func (x *Expr) Witness() (terms []Term, ok bool) { return x.table.witness(x.root) }

// maxTerms is where a list of alternatives stops being a good index.
const maxTerms = 512

func (t *Table) witness(n *node) ([]Term, bool) {
	switch n.op {
	case opFalse:
		return nil, true
	case opLeaf:
		terms := t.leaves[n.leaf].terms
		return terms, len(terms) > 0
	case opAnd:
		var best []Term
		found := false
		for _, k := range n.kids {
			if terms, ok := t.witness(k); ok && (!found || t.better(terms, best)) {
				best, found = terms, true
			}
		}
		return best, found
	case opOr:
		var all []Term
		for _, k := range n.kids {
			terms, ok := t.witness(k)
			if !ok || len(all)+len(terms) > maxTerms {
				return nil, false
			}
			all = append(all, terms...)
		}
		return all, true
	default:
		return nil, false
	}
}

// better prefers fewer terms.
func (t *Table) better(a, b []Term) bool { return len(a) < len(b) }

// Keys calls f with every term that the loaded alert's values make true.
func (e *Evaluator) Keys(f func(Term)) {
	for _, slot := range e.used {
		for _, item := range items(e.slots[slot]) {
			for _, k := range keysOf(fromValue(item)) {
				f(Term{Slot: slot, Key: k})
			}
		}
	}
}
