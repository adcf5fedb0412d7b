package expression

import "slices"

// step is one question of a branching program: which leaf is asked, and where to go on either answer.
type step struct {
	leaf    int32 // of a group its number
	yes, no int32 // places of steps; below 0 the end
	kind    stepKind
}

type stepKind uint8

const (
	direct   stepKind = iota
	lookedUp          // the texts that the leaf wants have been looked for: unless one was found it does not hold
	grouped           // whether a text was found that some leaf of a group wants
)

// The ends of a program.
const (
	ends  int32 = -1 // it holds
	fails int32 = -2 // it does not
)

// branching turns skeletons into programs, each ending where the condition is decided.
type branching struct {
	steps  []step
	found  func(leaf int) bool
	group  func(leaves []int) int32
	leaves []int // of the or at hand
}

// compile adds the program of n, which goes on at yes or no, and returns where it starts.
func (b *branching) compile(n *node, yes, no int32) int32 {
	switch n.op {
	case opLeaf:
		s := step{leaf: int32(n.leaf), yes: yes, no: no}
		if b.found(n.leaf) {
			s.kind = lookedUp
		}
		return b.add(s)
	case opNot:
		return b.compile(n.kids[0], no, yes)
	case opAnd:
		for _, k := range slices.Backward(n.kids) {
			yes = b.compile(k, yes, no)
		}
		return yes
	case opOr:
		return b.either(n.kids, yes, no)
	case opTrue:
		return yes
	default:
		return no
	}
}

func (b *branching) add(s step) int32 {
	b.steps = append(b.steps, s)
	return int32(len(b.steps) - 1)
}

// fewestGrouped is how many leaves are worth the question whether any of them was found.
const fewestGrouped = 3

// either is the program of an or. Where no text was found that its looked-up leaves want, which is mostly so, one
// question settles all of them.
func (b *branching) either(kids []*node, yes, no int32) int32 {
	isFound := func(k *node) bool { return k.op == opLeaf && b.found(k.leaf) }
	b.leaves = b.leaves[:0]
	for _, k := range kids {
		if isFound(k) {
			b.leaves = append(b.leaves, k.leaf)
		}
	}
	if len(b.leaves) < fewestGrouped {
		for _, k := range slices.Backward(kids) {
			no = b.compile(k, yes, no)
		}
		return no
	}
	group := b.group(b.leaves)
	for _, k := range slices.Backward(kids) {
		if !isFound(k) {
			no = b.compile(k, yes, no)
		}
	}
	some := no
	for _, k := range slices.Backward(kids) {
		if isFound(k) {
			some = b.compile(k, yes, some)
		}
	}
	return b.add(step{leaf: group, yes: some, no: no, kind: grouped})
}
