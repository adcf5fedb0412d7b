package expression

import "slices"

// step is one question of a branching program: which leaf is asked, and where to go on either answer.
type step struct {
	leaf    int32
	yes, no int32 // places of steps; below 0 the end
	found   bool  // the texts that the leaf wants have been looked for: unless one was found it does not hold
}

// The ends of a program.
const (
	ends  int32 = -1 // it holds
	fails int32 = -2 // it does not
)

// branching turns skeletons into programs, each ending where the condition is decided.
type branching struct {
	steps []step
	found func(leaf int) bool
}

// compile adds the program of n, which goes on at yes or no, and returns where it starts.
func (b *branching) compile(n *node, yes, no int32) int32 {
	switch n.op {
	case opLeaf:
		b.steps = append(b.steps, step{leaf: int32(n.leaf), yes: yes, no: no, found: b.found(n.leaf)})
		return int32(len(b.steps) - 1)
	case opNot:
		return b.compile(n.kids[0], no, yes)
	case opAnd:
		for _, k := range slices.Backward(n.kids) {
			yes = b.compile(k, yes, no)
		}
		return yes
	case opOr:
		for _, k := range slices.Backward(n.kids) {
			no = b.compile(k, yes, no)
		}
		return no
	case opTrue:
		return yes
	default:
		return no
	}
}
