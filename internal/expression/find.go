package expression

import (
	"hash/maphash"
	"time"

	"tocsin"
	"tocsin/internal/expression/literal"
)

// A Finder searches an index with the alert that an evaluator has loaded. It is for one goroutine.
type Finder struct {
	*Index
	e      *Evaluator
	hits   *literal.Hits
	done   int      // hits that were looked at
	open   []int32  // lanes
	woken  []int32  // entries of the lane that is searched
	marks  []uint32 // entry -> generation in which it was woken
	groups []uint32 // group of leaves -> generation in which a text of theirs was found
	gen    uint32
	tried  uint32   // the evaluator's generation of the alert that was searched with
	past   []uint32 // lane -> generation in which it was searched
	owners []int32

	seed     maphash.Seed
	memories []memory // of searches

	clock func() time.Duration // nil: nothing is measured
	cost  func(owner int32, d time.Duration)
	begun time.Duration
}

// Finder makes a finder. The evaluator must be of the index's table.
func (x *Index) Finder(e *Evaluator) *Finder {
	f := &Finder{
		Index: x, e: e, hits: literal.NewHits(len(x.targets)),
		marks: make([]uint32, len(x.entries)), groups: make([]uint32, x.groups), past: make([]uint32, len(x.lanes)),
		seed: maphash.MakeSeed(), memories: make([]memory, x.searches),
	}
	e.finder = f
	return f
}

// Find are the owners of the expressions that hold of the loaded alert or that fail on it, some more than once. The
// slice is good until the next call.
func (f *Finder) Find() []int32 {
	if f.brief && f.clock == nil {
		return f.ask()
	}
	f.owners, f.open, f.done = f.owners[:0], append(f.open[:0], 0), 0
	f.hits.Reset()
	if f.gen++; f.gen == 0 {
		clear(f.marks)
		clear(f.groups)
		clear(f.past)
		f.gen = 1
	}
	f.tried = f.e.gen
	if f.clock != nil {
		f.begun = f.clock()
	}
	for i := 0; i < len(f.open); i++ {
		f.search(&f.lanes[f.open[i]])
		if f.past[f.open[i]] = f.gen; f.clock != nil {
			f.measured()
			continue
		}
		for _, entry := range f.woken {
			f.try(entry)
		}
	}
	f.clock = nil
	return f.owners
}

// try evaluates an entry.
func (f *Finder) try(entry int32) {
	switch n := &f.entries[entry]; {
	case !f.holds(n.start):
	case n.opens >= 0:
		f.open = append(f.open, n.opens)
	default:
		f.owners = append(f.owners, n.owner)
	}
}

// search searches one lane: what it wakes is then to be tried.
func (f *Finder) search(l *lane) {
	f.woken = f.woken[:0]
	f.wake(l.always)
	if len(l.fields) < len(f.e.used) {
		for i := range l.fields {
			if p := &l.fields[i]; !f.e.slots[p.slot].IsAbsent() {
				f.field(p)
			}
		}
	} else {
		for _, slot := range f.e.used {
			if slot < len(l.bySlot) && l.bySlot[slot] >= 0 {
				f.field(&l.fields[l.bySlot[slot]])
			}
		}
	}
	if l.record != nil {
		l.record.search(f.e, f.hits)
		f.take()
	}
}

func (f *Finder) wake(entries []int32) {
	for _, i := range entries {
		if f.marks[i] != f.gen {
			f.marks[i] = f.gen
			f.woken = append(f.woken, i)
		}
	}
}

// field looks up the values of one field.
func (f *Finder) field(p *field) {
	e := f.e
	for i := range p.texts {
		if s := &p.texts[i]; f.texts(p.slot, s) && len(s.hints) > 0 {
			for _, id := range s.hints {
				f.hit(id)
			}
		}
	}
	if p.numbers != nil {
		f.numbers(p, e.slots[p.slot])
	}
	if (p.there != nil || p.asked != nil) && present(e.slots[p.slot]) {
		f.wake(p.there)
		for _, q := range p.asked {
			if ok, err := e.leaf(int(q.leaf)); ok || err != nil {
				f.wake(q.wakes)
			}
		}
	}
}

// texts looks up the texts of one field as a search sees them, and reports whether that may lack something: see
// [Evaluator.odd].
func (f *Finder) texts(slot int, s *search) (odd bool) {
	e := f.e
	text, single := e.slots[slot].Str()
	single = single && len(text) <= longestText
	var r *remembered
	if single {
		var known bool
		if r, known = f.memories[s.id].of(f.seed, text); known {
			for _, id := range r.found {
				f.hit(id)
			}
			return r.odd
		}
	}
	for _, text := range e.view(slot, s.mod) {
		s.set.Find(text, f.hits)
	}
	odd = e.odd(slot, s.mod)
	if single {
		r.keep(text, f.hits.IDs[f.done:], odd)
	}
	f.take()
	return odd
}

func (f *Finder) numbers(p *field, v tocsin.Value) {
	if v.Kind() != tocsin.List {
		f.number(p, v)
		return
	}
	for _, item := range items(v) {
		f.number(p, item)
	}
}

func (f *Finder) number(p *field, v tocsin.Value) {
	x := fromValue(v)
	if x.kind == kindText {
		x = parsed(x.s)
	}
	if n, ok := x.number(); ok {
		for _, id := range p.numbers[n] {
			f.hit(id)
		}
	}
}

// take looks at the literals that were found since it was called last.
func (f *Finder) take() {
	for ; f.done < len(f.hits.IDs); f.done++ {
		f.hit(f.hits.IDs[f.done])
	}
}

// hit notes that a leaf holds or may hold, and wakes what waits for it.
func (f *Finder) hit(id int32) {
	t := &f.targets[id]
	v := &f.e.memo[t.leaf]
	switch {
	case v.gen == f.e.gen && v.state != maybe:
	case t.decides:
		*v = verdict{gen: f.e.gen, state: yes}
	default:
		*v = verdict{gen: f.e.gen, state: maybe}
	}
	for _, g := range f.joins[t.in:t.past] {
		f.groups[g] = f.gen
	}
	f.wake(f.wakes[t.from:t.to])
}

// holds runs the program of an entry. A failure counts as holding: the owner's evaluation will meet it again.
func (f *Finder) holds(at int32) bool {
	e := f.e
	for at >= 0 {
		s := &f.steps[at]
		if s.kind == grouped {
			if at = s.no; f.groups[s.leaf] == f.gen {
				at = s.yes
			}
			continue
		}
		v := e.memo[s.leaf]
		ok := v.state == yes
		if v.gen != e.gen || v.state > yes {
			if ok = false; s.kind == direct || v.gen == e.gen {
				var err error
				if ok, err = e.leaf(int(s.leaf)); err != nil {
					return true
				}
			}
		}
		if at = s.no; ok {
			at = s.yes
		}
	}
	return at == ends
}

// lacks reports whether a leaf that nothing was said of cannot hold of the loaded alert: a lane that looks up what it wants
// was searched, and did not find it.
func (f *Finder) lacks(leaf int) bool {
	if f.tried != f.e.gen || leaf+1 >= len(f.tabled) { // a leaf that came after the index
		return false
	}
	for _, lane := range f.tables[f.tabled[leaf]:f.tabled[leaf+1]] {
		if f.past[lane] == f.gen {
			return true
		}
	}
	return false
}
