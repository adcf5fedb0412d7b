package correlate

// defaultFew is how many values a key of kind distinct keeps in a plain list.
const defaultFew = 32

// recentCost is about what one value takes in a [recent], without its text, which is the held alert's.
const recentCost = 96

// A recent is the values that a key of kind distinct with a wide window saw last. A sighting in order costs the same
// however many there are; one out of order costs a step for each value that was seen after it.
type recent struct {
	index          map[string]int32 // value to place in nodes
	nodes          []recentNode
	free           int32 // first place that is not in use; they are linked by older
	newest, oldest int32
}

// A recentNode is one value in the list by time; its neighbours are places in nodes, or nowhere.
type recentNode struct {
	sighting
	newer, older int32
}

const nowhere = -1

// recentOf holds the sightings, which are newest first.
func recentOf(seen []sighting) *recent {
	r := &recent{
		index: make(map[string]int32, 2*len(seen)), nodes: make([]recentNode, 0, 2*len(seen)), free: nowhere, newest: nowhere, oldest: nowhere,
	}
	for _, s := range seen {
		r.put(s, r.oldest)
	}
	return r
}

func (r *recent) len() int { return len(r.index) }

// note keeps the limit values seen last, exactly, whatever the order in which they come.
func (r *recent) note(s sighting, limit int) {
	i, known := r.index[s.value]
	switch {
	case known && r.nodes[i].at >= s.at:
		return
	case known:
		s.value = r.nodes[i].value
		if i == r.newest {
			r.nodes[i].at = s.at
			return
		}
		r.unlink(i)
		r.link(i, s, r.after(s.at))
		return
	case r.len() >= limit && r.nodes[r.oldest].at >= s.at:
		return
	case r.len() >= limit:
		r.remove(r.oldest)
	}
	r.put(s, r.after(s.at))
}

// after is the place of the oldest value that was seen after time t.
func (r *recent) after(t int64) int32 {
	if r.oldest != nowhere && r.nodes[r.oldest].at > t {
		return r.oldest
	}
	at := int32(nowhere)
	for i := r.newest; i != nowhere && r.nodes[i].at > t; i = r.nodes[i].older {
		at = i
	}
	return at
}

// put adds a value that is next older than that at newer, or the newest where that is nowhere.
func (r *recent) put(s sighting, newer int32) {
	i := r.free
	if i == nowhere {
		i = int32(len(r.nodes))
		r.nodes = append(r.nodes, recentNode{})
	} else {
		r.free = r.nodes[i].older
	}
	r.link(i, s, newer)
	r.index[s.value] = i
}

func (r *recent) link(i int32, s sighting, newer int32) {
	older := r.newest
	if newer != nowhere {
		older = r.nodes[newer].older
	}
	r.nodes[i] = recentNode{s, newer, older}
	r.join(newer, i)
	r.join(i, older)
}

func (r *recent) unlink(i int32) { r.join(r.nodes[i].newer, r.nodes[i].older) }

// join makes two places neighbours; nowhere stands for the ends.
func (r *recent) join(newer, older int32) {
	if newer == nowhere {
		r.newest = older
	} else {
		r.nodes[newer].older = older
	}
	if older == nowhere {
		r.oldest = newer
	} else {
		r.nodes[older].newer = newer
	}
}

func (r *recent) remove(i int32) {
	r.unlink(i)
	delete(r.index, r.nodes[i].value)
	r.nodes[i] = recentNode{older: r.free}
	r.free = i
}

// expire forgets the values that were not seen after time t.
func (r *recent) expire(t int64) {
	for r.oldest != nowhere && r.nodes[r.oldest].at <= t {
		r.remove(r.oldest)
	}
}

// sightings are the values, the newest first.
func (r *recent) sightings() []sighting {
	seen := make([]sighting, 0, r.len())
	for i := r.newest; i != nowhere; i = r.nodes[i].older {
		seen = append(seen, r.nodes[i].sighting)
	}
	return seen
}
