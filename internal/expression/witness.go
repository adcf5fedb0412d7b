package expression

import (
	"slices"

	"tocsin/internal/expression/literal"
)

// waker is what wakes an entry of the index: a leaf one of whose wants is found, or that holds when it is asked; or
// the presence of a field.
type waker struct {
	how  wakerKind
	leaf int // found, asked
	slot int // there
}

type wakerKind uint8

const (
	found wakerKind = iota // texts and numbers are looked up in tables
	asked                  // the leaf is evaluated once for all that it wakes
	there                  // the field is present
)

// Weights say how often a waker wakes, by rule of thumb; they are multiplied by the number of rules that ask for the
// same, as what many ask for is common.
const (
	weightLong   = 1   // a text inside another, of twelve bytes and more
	weightPart   = 2   // of seven and more
	weightShort  = 64  // of less: all bytes are probed for it
	weightWhole  = 4   // a whole value, or a long part at one of its ends
	weightBrief  = 256 // of a character or two
	weightEnd    = 16  // a short part at one of its ends
	weightAsked  = 256 // a comparison that no table knows
	weightThere  = 512
	weightRecord = 8   // a text anywhere in the record
	weightCommon = 128 // a text inside others that many records hold
)

// witness chooses wakers of which at least one wakes on every alert that satisfies a skeleton: of the operands of
// an and the rarest, of those of an or all.
type witness struct {
	table *Table
	count map[int]int // leaf -> entries that ask for it
}

// of are the wakers of n, or of its negation, and their weight; ok is false where there are none.
func (w *witness) of(n *node, negated bool) (wakers []waker, weight int, ok bool) {
	switch n.op {
	case opLeaf:
		return w.leaf(n.leaf, negated)
	case opNot:
		return w.of(n.kids[0], !negated)
	case opTrue, opFalse:
		return nil, 0, (n.op == opTrue) == negated
	}
	if (n.op == opAnd) == negated {
		return w.all(n.kids, negated)
	}
	return w.rarest(n.kids, negated)
}

func (w *witness) rarest(kids []*node, negated bool) (best []waker, least int, ok bool) {
	for _, k := range kids {
		if wakers, weight, found := w.of(k, negated); found && (!ok || weight < least) {
			best, least, ok = wakers, weight, true
		}
	}
	return best, least, ok
}

func (w *witness) all(kids []*node, negated bool) (all []waker, sum int, ok bool) {
	for _, k := range kids {
		wakers, weight, ok := w.of(k, negated)
		if !ok {
			return nil, 0, false
		}
		all, sum = append(all, wakers...), sum+weight
	}
	return all, sum, true
}

func (w *witness) leaf(id int, negated bool) ([]waker, int, bool) {
	l := w.table.leaves[id]
	if negated {
		if l.mode == isAbsent && l.member == 0 {
			return []waker{{how: there, slot: l.slots[0]}}, weightThere, true
		}
		return nil, 0, false
	}
	if weight, ok := l.findable(); ok {
		return []waker{{how: found, leaf: id}}, weight * (1 + w.count[id]), true
	}
	switch {
	case l.mode == anywhere, !l.needsValue():
		return nil, 0, false
	case l.mode == isThere || l.cost() > costText:
		return []waker{{how: there, slot: l.slots[0]}}, weightThere, true
	default:
		return []waker{{how: asked, leaf: id}}, weightAsked, true
	}
}

// needsValue reports whether the leaf can hold only where its first field is present.
func (l *leaf) needsValue() bool {
	return l.mode != isAbsent && l.mode != isNamed && (l.mode != program || l.strict) && len(l.slots) > 0
}

// findable reports whether tables can find all that the leaf wants, and how common that is.
func (l *leaf) findable() (weight int, ok bool) {
	if l.mode == anywhere {
		n := len(l.keywords())
		return weightRecord * n, n > 0
	}
	for _, v := range l.wants {
		if v.kind != numeric && len(v.text) < v.place.Least() {
			return 0, false
		}
		weight += v.weight()
	}
	return weight, len(l.wants) > 0
}

func (v want) weight() int {
	switch {
	case v.place == literal.Inside && v.ordinary():
		return weightCommon
	case v.kind == numeric || v.place == literal.Whole:
		return weightWhole
	case v.place != literal.Inside && len(v.text) < 8:
		return weightEnd
	case v.place != literal.Inside:
		return weightWhole
	case len(v.text) < 4:
		return weightBrief
	case len(v.text) < literal.Long:
		return weightShort
	case len(v.text) < 12:
		return weightPart
	default:
		return weightLong
	}
}

// ordinary reports whether what is wanted is a text that many records hold.
func (v want) ordinary() bool { return v.kind != numeric && literal.Ordinary(v.text) }

// ordinary reports whether finding what the leaf wants says little.
func (l *leaf) ordinary() bool { return slices.ContainsFunc(l.wants, want.ordinary) }

// thorough reports whether finding all that the leaf wants needs every byte of a text to be probed.
func (l *leaf) thorough() bool {
	for _, v := range l.wants {
		if v.kind != numeric && v.place == literal.Inside && len(v.text) < literal.Long {
			return true
		}
	}
	return false
}
