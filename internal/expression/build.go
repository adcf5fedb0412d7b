package expression

import (
	"encoding/binary"
	"slices"

	"tocsin/internal/expression/literal"
)

// indexing builds the lanes of an index.
type indexing struct {
	*Index
	lanesOf [][]int32 // leaf -> lanes that look up what it wants
}

// laneBuild is the state of building one lane.
type laneBuild struct {
	*indexing
	drafts   []*draft
	nodes    []*node // of drafts: what is left to evaluate
	wakers   [][]waker
	first    int32 // the entry of the first draft
	by       map[int]*fieldBuild
	wakes    map[int][]int32 // leaf -> entries that it wakes
	tabled   map[int]bool    // leaf -> its wants are in tables
	order    []int           // slots, in the order of their first use
	records  bool            // texts anywhere in the record wake entries
	keywords []literal.Literal
	groups   map[string]int32 // leaves -> group
	key      []byte           // of groups, while it is put together
	joins    map[int][]int32  // leaf -> groups
	from     int              // the first target
}

// fieldBuild is a field's literals by view.
type fieldBuild struct {
	field
	literals [modifiers][]literal.Literal
	hints    [modifiers][]int32
}

// lane builds the lane of a plot.
func (x *indexing) lane(p *plot) {
	b := &laneBuild{
		indexing: x, drafts: p.drafts, first: int32(len(x.entries)),
		by: map[int]*fieldBuild{}, wakes: map[int][]int32{}, tabled: map[int]bool{},
		groups: map[string]int32{}, joins: map[int][]int32{}, from: len(x.targets),
	}
	for _, d := range p.drafts {
		n := &node{op: opAnd, kids: d.terms}
		if len(d.terms) == 1 {
			n = d.terms[0]
		}
		b.nodes = append(b.nodes, n)
	}
	l := lane{always: b.choose(), when: p.when, first: b.first}
	for _, n := range b.nodes {
		b.enter(n)
	}
	b.compile()
	b.finish(&l)
	x.lanes = append(x.lanes, l)
}

// choose chooses what wakes each entry and returns those that nothing does.
func (b *laneBuild) choose() (always []int32) {
	w := &witness{table: b.table, count: map[int]int{}}
	for _, n := range b.nodes {
		for id := range leavesOf(n) {
			w.count[id]++
		}
	}
	b.wakers = make([][]waker, len(b.nodes))
	for i, n := range b.nodes {
		wakers, _, ok := w.of(n, false)
		if b.wakers[i] = slices.Clip(wakers); !ok {
			always, b.wakers[i] = append(always, b.first+int32(i)), nil
		} else if wakers == nil {
			b.wakers[i] = []waker{} // it never holds
		}
		for _, k := range wakers {
			b.wake(k, b.first+int32(i))
		}
	}
	return always
}

// leavesOf are the leaves of a skeleton.
func leavesOf(n *node) map[int]bool {
	all := map[int]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opLeaf {
			all[n.leaf] = true
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(n)
	return all
}

func (b *laneBuild) wake(k waker, entry int32) {
	switch k.how {
	case there:
		f := b.field(k.slot)
		f.there = once(f.there, entry)
	case asked:
		f := b.field(b.table.leaves[k.leaf].slots[0])
		i := slices.IndexFunc(f.asked, func(q inquiry) bool { return q.leaf == int32(k.leaf) })
		if i < 0 {
			i, f.asked = len(f.asked), append(f.asked, inquiry{leaf: int32(k.leaf)})
		}
		f.asked[i].wakes = once(f.asked[i].wakes, entry)
	default:
		b.wakes[k.leaf] = once(b.wakes[k.leaf], entry)
		b.records = b.records || b.table.leaves[k.leaf].mode == anywhere
	}
}

func once(entries []int32, entry int32) []int32 {
	if n := len(entries); n > 0 && entries[n-1] == entry {
		return entries
	}
	return append(entries, entry)
}

func (b *laneBuild) field(slot int) *fieldBuild {
	f := b.by[slot]
	if f == nil {
		f = &fieldBuild{field: field{slot: slot}}
		b.by[slot] = f
		b.order = append(b.order, slot)
	}
	return f
}

// enter puts what the leaves of n want into the tables: what wakes entries, and what is found along with it for
// nothing.
func (b *laneBuild) enter(n *node) {
	for _, k := range n.kids {
		b.enter(k)
	}
	if n.op != opLeaf || b.tabled[n.leaf] {
		return
	}
	l, wakes := b.table.leaves[n.leaf], b.wakes[n.leaf]
	if _, ok := l.findable(); !ok || wakes == nil && (l.ordinary() || l.thorough() || l.mode == anywhere && !b.records) {
		return
	}
	b.tabled[n.leaf] = true
	b.lanesOf[n.leaf] = append(b.lanesOf[n.leaf], int32(len(b.lanes)))
	from := int32(len(b.Index.wakes))
	b.Index.wakes = append(b.Index.wakes, wakes...)
	t := target{leaf: int32(n.leaf), from: from, to: int32(len(b.Index.wakes))}
	if l.mode == anywhere {
		for _, text := range l.keywords() {
			b.keywords = append(b.keywords, literal.Literal{Text: text, ID: b.target(t)})
		}
		return
	}
	f := b.field(l.slots[0])
	for _, v := range l.wants {
		f.want(v, b.target(t.of(v)))
	}
}

func (t target) of(v want) target {
	t.decides = v.kind == decides
	return t
}

func (b *laneBuild) target(t target) int32 {
	b.targets = append(b.targets, t)
	return int32(len(b.targets) - 1)
}

func (f *fieldBuild) want(v want, id int32) {
	if v.kind == numeric {
		if f.numbers == nil {
			f.numbers = map[float64][]int32{}
		}
		f.numbers[v.number] = append(f.numbers[v.number], id)
		return
	}
	f.literals[v.mod] = append(f.literals[v.mod], literal.Literal{Text: v.text, Place: v.place, ID: id})
	if v.kind == hints {
		f.hints[v.mod] = append(f.hints[v.mod], id)
	}
}

// compile writes the entries and their programs.
func (b *laneBuild) compile() {
	c := &branching{steps: b.steps, found: func(leaf int) bool { return b.tabled[leaf] }, group: b.group}
	for i, d := range b.drafts {
		b.entries = append(b.entries, entry{start: c.compile(b.nodes[i], ends, fails), owner: d.owner, opens: d.opens})
	}
	b.steps = c.steps
	b.Index.wakers = append(b.Index.wakers, b.wakers...)
	b.join()
}

// group numbers a group of leaves of which one was found or none.
func (b *laneBuild) group(leaves []int) int32 {
	slices.Sort(leaves)
	b.key = b.key[:0]
	for _, id := range leaves {
		b.key = binary.LittleEndian.AppendUint32(b.key, uint32(id))
	}
	g, known := b.groups[string(b.key)]
	if !known {
		g = int32(b.Index.groups)
		b.groups[string(b.key)] = g
		b.Index.groups++
		for _, id := range leaves {
			b.joins[id] = append(b.joins[id], g)
		}
	}
	return g
}

// join tells the lane's targets which groups their leaf is in.
func (b *laneBuild) join() {
	places := map[int32][2]int32{}
	for i := b.from; i < len(b.targets); i++ {
		t := &b.targets[i]
		place, known := places[t.leaf]
		if !known {
			place[0] = int32(len(b.Index.joins))
			b.Index.joins = append(b.Index.joins, b.joins[int(t.leaf)]...)
			place[1] = int32(len(b.Index.joins))
			places[t.leaf] = place
		}
		t.in, t.past = place[0], place[1]
	}
}

// finish makes the tables.
func (b *laneBuild) finish(l *lane) {
	l.bySlot = make([]int32, len(b.table.names))
	for i := range l.bySlot {
		l.bySlot[i] = -1
	}
	for _, slot := range b.order {
		f := b.by[slot]
		for m, all := range f.literals {
			if len(all) > 0 {
				f.texts = append(f.texts, search{set: literal.New(all), mod: modifier(m), hints: f.hints[m], id: b.Index.searches})
				b.Index.searches++
			}
		}
		l.bySlot[slot] = int32(len(l.fields))
		l.fields = append(l.fields, f.field)
	}
	if b.keywords != nil {
		l.record = &record{literal.NewLoose(b.keywords)}
	}
}
