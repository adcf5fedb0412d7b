package correlate

// A queue orders the states by when something is to be done for them: a heap. Ties go by rule and name, so
// that the order of what comes out never depends on how it got in. What is compared mostly stands in the queue itself: a
// look at each state would cost an access to memory.
type queue []place

// A place is a state in the queue; due is the state's own, nth its rule's.
type place struct {
	due int64
	st  *state
	nth int
}

func placeOf(st *state) place { return place{st.due, st, st.track.nth} }

func (p *place) sooner(other *place) bool {
	switch {
	case p.due != other.due:
		return p.due < other.due
	case p.nth != other.nth:
		return p.nth < other.nth
	case p.st.track == other.st.track:
		return p.st.name < other.st.name
	default: // not counted yet
		return p.st.track.plan.id < other.st.track.plan.id
	}
}

// recount notes the numbers that the rules were given, which are in the order of those before.
func (q queue) recount() {
	for i := range q {
		q[i].nth = q[i].st.track.nth
	}
}

func (q *queue) push(st *state) {
	*q = append(*q, place{})
	q.up(len(*q)-1, placeOf(st))
}

// fix restores the order after a change of st's due.
func (q *queue) fix(st *state) { q.settle(int(st.slot), placeOf(st)) }

func (q *queue) remove(st *state) {
	i, last := int(st.slot), len(*q)-1
	moved := (*q)[last]
	(*q)[last] = place{}
	*q = (*q)[:last]
	if i < last {
		q.settle(i, moved)
	}
}

// settle puts p where it belongs, given that place i is free.
func (q queue) settle(i int, p place) {
	if i > 0 && p.sooner(&q[(i-1)/branches]) {
		q.up(i, p)
	} else {
		q.down(i, p)
	}
}

// branches is how many places stand below one: the more, the fewer levels a place that is put off has to go down, and what
// is compared there stands in two lines of the processor's cache.
const branches = 4

// put makes p the place i.
func (q queue) put(i int, p place) {
	q[i] = p
	p.st.slot = int32(i)
}

// up puts p at the free place i or above it.
func (q queue) up(i int, p place) {
	for i > 0 {
		parent := (i - 1) / branches
		if !p.sooner(&q[parent]) {
			break
		}
		q.put(i, q[parent])
		i = parent
	}
	q.put(i, p)
}

// down puts p at the free place i or below it.
func (q queue) down(i int, p place) {
	for {
		first := branches*i + 1
		if first >= len(q) {
			break
		}
		child := first
		for j := first + 1; j < min(first+branches, len(q)); j++ {
			if q[j].sooner(&q[child]) {
				child = j
			}
		}
		if !q[child].sooner(&p) {
			break
		}
		q.put(i, q[child])
		i = child
	}
	q.put(i, p)
}

// sooner puts the states in order again after lateness has become less: some are due sooner than they wait for.
func (q queue) sooner(lateness int64) {
	for i := range q {
		st := q[i].st
		st.due = min(st.due, st.nextDue(lateness))
		q[i].due = st.due
	}
	for i := (len(q) - 2) / branches; i >= 0 && len(q) > 1; i-- {
		q.down(i, q[i])
	}
}
