package correlate

// A queue orders the states by when something is to be done for them: a binary heap. Ties go by rule and name, so
// that the order of what comes out never depends on how it got in. What is compared mostly stands in the queue itself: a
// look at each state would cost an access to memory.
type queue []place

// A place is a state in the queue; due and track are the state's own.
type place struct {
	due   int64
	track *track
	st    *state
}

func (p *place) sooner(other *place) bool {
	switch {
	case p.due != other.due:
		return p.due < other.due
	case p.track != other.track:
		return p.track.plan.id < other.track.plan.id
	default:
		return p.st.name < other.st.name
	}
}

func (q *queue) push(st *state) {
	st.slot = int32(len(*q))
	*q = append(*q, place{st.due, st.track, st})
	q.up(int(st.slot))
}

// fix restores the order after a change of st's due.
func (q *queue) fix(st *state) {
	i := int(st.slot)
	(*q)[i].due = st.due
	if !q.up(i) {
		q.down(i)
	}
}

func (q *queue) remove(st *state) {
	i, last := int(st.slot), len(*q)-1
	q.swap(i, last)
	(*q)[last] = place{}
	*q = (*q)[:last]
	if i < last {
		q.fix((*q)[i].st)
	}
}

func (q queue) swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].st.slot, q[j].st.slot = int32(i), int32(j)
}

func (q queue) up(i int) (moved bool) {
	for i > 0 {
		parent := (i - 1) / 2
		if !q[i].sooner(&q[parent]) {
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
		if child+1 < len(q) && q[child+1].sooner(&q[child]) {
			child++
		}
		if !q[child].sooner(&q[i]) {
			return
		}
		q.swap(i, child)
		i = child
	}
}

// sooner puts the states in order again after lateness has become less: some are due sooner than they wait for.
func (q queue) sooner(lateness int64) {
	for i := range q {
		st := q[i].st
		st.due = min(st.due, st.nextDue(lateness))
		q[i].due = st.due
	}
	for i := len(q)/2 - 1; i >= 0; i-- {
		q.down(i)
	}
}
