package correlate

import (
	"cmp"
	"strings"
)

// A queue orders the states by when something is to be done for them: a binary heap. Ties go by rule and name, so
// that the order of what comes out never depends on how it got in.
type queue []*state

func (st *state) sooner(other *state) bool {
	return cmp.Or(cmp.Compare(st.due, other.due), strings.Compare(st.track.plan.id, other.track.plan.id),
		strings.Compare(st.name, other.name)) < 0
}

func (q *queue) push(st *state) {
	st.slot = int32(len(*q))
	*q = append(*q, st)
	q.up(int(st.slot))
}

// fix restores the order after a change of st's due.
func (q *queue) fix(st *state) {
	if i := int(st.slot); !q.up(i) {
		q.down(i)
	}
}

func (q *queue) remove(st *state) {
	i, last := int(st.slot), len(*q)-1
	q.swap(i, last)
	(*q)[last] = nil
	*q = (*q)[:last]
	if i < last {
		q.fix((*q)[i])
	}
}

func (q queue) swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].slot, q[j].slot = int32(i), int32(j)
}

func (q queue) up(i int) (moved bool) {
	for i > 0 {
		parent := (i - 1) / 2
		if !q[i].sooner(q[parent]) {
			break
		}
		q.swap(i, parent)
		i, moved = parent, true
	}
	return moved
}

func (q queue) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(q) {
			return
		}
		if child+1 < len(q) && q[child+1].sooner(q[child]) {
			child++
		}
		if !q[child].sooner(q[i]) {
			return
		}
		q.swap(i, child)
		i = child
	}
}

// sooner puts the states in order again after lateness has become less: some are due sooner than they wait for.
func (q queue) sooner(lateness int64) {
	for _, st := range q {
		st.due = min(st.due, st.nextDue(lateness))
	}
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}
