package expression

import (
	"slices"

	"tocsin/internal/expression/literal"
)

// An Index finds, of many expressions of one table, those that hold of an alert, at a cost that hardly grows with
// their number. Expressions are put into lanes by what they ask of the kind of record, so that those for other records
// cost nothing. In a lane each is woken by the rarest texts that it cannot do without, all of which are looked up
// together, field by field; only what is woken is evaluated. An Index is immutable and may be shared.
type Index struct {
	table    *Table
	lanes    []lane // the first is open to every alert
	entries  []entry
	steps    []step   // of all entries
	targets  []target // by literal ID
	wakes    []int32  // of all targets: entries
	joins    []int32  // of all targets: groups of leaves that their leaf is in
	groups   int
	searches int
	tables   []int32   // of all leaves: lanes that look up what they want
	tabled   []int32   // leaf -> where its lanes begin in tables; the next leaf's begin where they end
	wakers   [][]waker // by entry; nil of those that are always evaluated
	brief    bool      // it is so small that asking costs less than finding
}

// entry is an expression, or one operand of its outermost or; or the condition under which a lane opens.
type entry struct {
	start int32 // its first step
	owner int32 // what the caller knows it by; of a lane -1
	opens int32 // the lane that it opens, -1 for none
}

// lane is a part of the index that is searched if its condition holds.
type lane struct {
	fields []field
	bySlot []int32 // slot -> place in fields, -1 for none
	always []int32 // entries that nothing wakes
	record *record // nil for none
	when   []*node // all hold where the lane is open
	first  int32   // its first entry
}

// field is what a lane looks for in the values of one slot.
type field struct {
	slot    int
	texts   []search
	numbers map[float64][]int32
	asked   []inquiry
	there   []int32 // entries
}

// search is what is looked for in one view of a field.
type search struct {
	set   *literal.Set
	mod   modifier
	hints []int32 // literals that only hint at their leaf
	id    int     // its number in the index
}

// inquiry is a leaf to ask where its field is present, and what it wakes.
type inquiry struct {
	leaf  int32
	wakes []int32
}

// target is what a literal that was found means.
type target struct {
	leaf     int32
	from, to int32 // of wakes
	in, past int32 // of joins
	decides  bool  // the leaf holds
}

// NewIndex makes an index of expressions of the table. owners tell whose each is; they may repeat.
func (t *Table) NewIndex(expressions []*Expr, owners []int32) *Index {
	x := &Index{table: t}
	var drafts []*draft
	for i, e := range expressions {
		drafts = append(drafts, t.drafts(e.plan, owners[i])...)
	}
	b := &indexing{Index: x, lanesOf: make([][]int32, len(t.leaves))}
	for _, l := range layOut(drafts) {
		b.lane(l)
	}
	x.tabled = make([]int32, 1, len(t.leaves)+1)
	for _, lanes := range b.lanesOf {
		x.tables = append(x.tables, lanes...)
		x.tabled = append(x.tabled, int32(len(x.tables)))
	}
	x.brief = x.isBrief()
	x.entries, x.steps = slices.Clip(x.entries), slices.Clip(x.steps)
	x.targets, x.wakes, x.wakers, x.joins = slices.Clip(x.targets), slices.Clip(x.wakes), slices.Clip(x.wakers), slices.Clip(x.joins)
	return x
}
