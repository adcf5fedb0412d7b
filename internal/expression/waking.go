package expression

import (
	"strings"
	"time"
)

// A Waking says when an index evaluates an expression, or one operand of its outermost or.
type Waking struct {
	Owner int32
	Lane  string   // what holds of the alerts that it is for; "" of all
	By    []string // it is evaluated where one of these is found; nil: on every alert of the lane
	Weak  bool     // what wakes it is common: a field that is there, or a test that no table knows
}

// Wakings are those of all expressions, in the order of their lanes.
func (x *Index) Wakings() []Waking {
	var out []Waking
	lane := 0
	for i, e := range x.entries {
		for lane+1 < len(x.lanes) && int32(i) >= x.lanes[lane+1].first {
			lane++
		}
		if e.opens >= 0 {
			continue
		}
		w := Waking{Owner: e.owner, Lane: x.condition(x.lanes[lane].when), Weak: x.wakers[i] == nil}
		for _, k := range x.wakers[i] {
			w.By, w.Weak = append(w.By, x.say(k)), w.Weak || k.how != found
		}
		out = append(out, w)
	}
	return out
}

func (x *Index) condition(when []*node) string {
	if len(when) == 0 {
		return ""
	}
	var b strings.Builder
	x.table.write(&b, &node{op: opAnd, kids: when})
	return strings.TrimSuffix(strings.TrimPrefix(b.String(), "("), ")")
}

func (x *Index) say(k waker) string {
	if k.how == there {
		return x.table.names[k.slot] + " != nil"
	}
	return x.table.leaves[k.leaf].text
}

// Measure makes the next [Finder.Find] tell how long it took to evaluate each owner's expressions, and under -1 what
// looking for all of them took. Owners that nothing woke are not told.
func (f *Finder) Measure(clock func() time.Duration, cost func(owner int32, d time.Duration)) {
	f.clock, f.cost = clock, cost
}

// measured is what [Finder.try] does, with a clock beside it.
func (f *Finder) measured() {
	begin := f.clock()
	f.cost(-1, begin-f.begun)
	for _, i := range f.woken {
		f.try(i)
		end := f.clock()
		f.cost(f.entries[i].owner, end-begin)
		begin = end
	}
	f.begun = begin
}
