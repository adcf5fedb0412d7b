package expression

import "tocsin"

// Witness lists terms of which at least one must hold on every alert that satisfies the expression; ok is false
// where there is no such list and the expression must always be tried. An index of terms to expressions finds every
// expression that can hold of an alert from the alert's own values, see [Index].
// Of several such lists it takes the one whose terms are the rarest among the leaves of the table's expressions, as
// counted by [Expr.Count]: what many rules ask for wakes many of them.
func (x *Expr) Witness(count map[Term]int) (terms []Term, ok bool) {
	return x.table.witness(x.root, count)
}

// Count adds one to count for each term of the expression's leaves.
func (x *Expr) Count(count map[Term]int) { x.table.count(x.root, count) }

func (t *Table) count(n *node, count map[Term]int) {
	if n.op == opLeaf {
		for _, term := range t.leaves[n.leaf].terms {
			count[term]++
		}
	}
	for _, k := range n.kids {
		t.count(k, count)
	}
}

// maxTerms is where a list of alternatives stops being a good index.
const maxTerms = 512

func (t *Table) witness(n *node, count map[Term]int) ([]Term, bool) {
	switch n.op {
	case opFalse:
		return nil, true
	case opLeaf:
		l := t.leaves[n.leaf]
		if len(l.terms) == 0 && l.needsValue() {
			return []Term{{Slot: l.slots[0]}}, true
		}
		return l.terms, len(l.terms) > 0
	case opAnd:
		var best []Term
		found := false
		for _, k := range n.kids {
			if terms, ok := t.witness(k, count); ok && (!found || cost(terms, count) < cost(best, count)) {
				best, found = terms, true
			}
		}
		return best, found
	case opOr:
		var all []Term
		for _, k := range n.kids {
			terms, ok := t.witness(k, count)
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

// cost is how often terms wake an expression, by rule of thumb: a field is there far more often than it has a value.
func cost(terms []Term, count map[Term]int) int {
	n := 0
	for _, t := range terms {
		if t.Key == (Key{}) {
			n += 1 << 20
		}
		n += max(count[t], 1)
	}
	return n
}

// needsValue reports whether the leaf can hold only where its first field is present.
func (l *leaf) needsValue() bool {
	return l.mode != isAbsent && l.mode != isNamed && (l.mode != program || l.strict) && len(l.slots) > 0
}

// An Index finds what is entered under terms from the values of an alert.
type Index struct{ slots []slotIndex }

// slotIndex has the entries of one slot's terms.
type slotIndex struct {
	texts   map[string][]int32
	lower   map[string][]int32
	numbers map[float64][]int32
	truths  [2][]int32
	present []int32
}

// Enter enters an entry under terms, once under each.
func (x *Index) Enter(terms []Term, entry int32) {
	for _, t := range terms {
		for len(x.slots) <= t.Slot {
			x.slots = append(x.slots, slotIndex{})
		}
		x.slots[t.Slot].enter(t, entry)
	}
}

func (s *slotIndex) enter(t Term, entry int32) {
	k := t.Key
	switch k.kind {
	case kindNone:
		s.present = once(s.present, entry)
	case kindText:
		if t.Lower {
			if s.lower == nil {
				s.lower = map[string][]int32{}
			}
			s.lower[k.Text] = once(s.lower[k.Text], entry)
			return
		}
		if s.texts == nil {
			s.texts = map[string][]int32{}
		}
		s.texts[k.Text] = once(s.texts[k.Text], entry)
	case kindBool:
		s.truths[int(k.Number)] = once(s.truths[int(k.Number)], entry)
	default:
		if s.numbers == nil {
			s.numbers = map[float64][]int32{}
		}
		s.numbers[k.Number] = once(s.numbers[k.Number], entry)
	}
}

func once(entries []int32, entry int32) []int32 {
	if n := len(entries); n > 0 && entries[n-1] == entry {
		return entries
	}
	return append(entries, entry)
}

// Find calls f with every entry that a value of the loaded alert may satisfy, some more than once.
func (e *Evaluator) Find(x *Index, f func(entry int32)) {
	for _, slot := range e.used {
		if slot >= len(x.slots) {
			continue
		}
		s := &x.slots[slot]
		if s.present != nil && present(e.slots[slot]) {
			for _, entry := range s.present {
				f(entry)
			}
		}
		if s.lower != nil {
			for _, item := range e.folded(slot).Items() {
				text, _ := item.Str()
				for _, entry := range s.lower[text] {
					f(entry)
				}
			}
		}
		if s.texts == nil && s.numbers == nil && s.truths[0] == nil && s.truths[1] == nil {
			continue
		}
		v := e.slots[slot]
		if v.Kind() != tocsin.List {
			s.find(v, f)
			continue
		}
		for _, item := range items(v) {
			s.find(item, f)
		}
	}
}

func (s *slotIndex) find(v tocsin.Value, f func(entry int32)) {
	each := func(entries []int32) {
		for _, entry := range entries {
			f(entry)
		}
	}
	x := fromValue(v)
	switch x.kind {
	case kindText:
		each(s.texts[x.s])
		if s.numbers != nil {
			if n, ok := parsed(x.s).number(); ok {
				each(s.numbers[n])
			}
		}
	case kindInt, kindFloat:
		n, _ := x.number()
		each(s.numbers[n])
	case kindBool:
		each(s.truths[x.i])
	}
}
