package tocsin

import (
	"cmp"
	"iter"
	"slices"
	"strings"
)

// A Field is one leaf of an ECS document: its dotted name and its value.
type Field struct {
	Name  string
	Value Value
}

// A Name is a field's dotted name as a [Names] gives it out. It is immutable and safe for any goroutine.
type Name struct {
	text string
	id   int32
}

// Text is the dotted name.
func (n *Name) Text() string { return n.text }

// ID is the name's number in its [Names], from 0 without gaps: what a reader of many alerts keeps a table by.
func (n *Name) ID() int { return int(n.id) }

// A Names gives out names, each with a number. One maker of alerts has one, so that whoever reads its alerts looks a
// name up once and from then on by its number. Adding is for one goroutine; what it gave out is for all.
type Names struct {
	ranked int32 // names below this number are numbered in their order
	next   int32
}

// NewNames returns a Names of these texts and the name of each. They are numbered in their order, which makes alerts
// with no other names cheap to sort.
func NewNames(texts []string) (*Names, []*Name) {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(texts[a], texts[b]) })
	slab, given := make([]Name, len(texts)), make([]*Name, len(texts))
	for rank, i := range order {
		slab[rank] = Name{text: texts[i], id: int32(rank)}
		given[i] = &slab[rank]
	}
	return &Names{ranked: int32(len(texts)), next: int32(len(texts))}, given
}

// Add gives out one more name. Its number is the next, whatever its text.
func (n *Names) Add(text string) *Name {
	n.next++
	return &Name{text: text, id: n.next - 1}
}

// Ranked reports whether the name's number says where it stands in the order of all such names.
func (n *Names) Ranked(name *Name) bool { return name.id < n.ranked }

// A Leaf is a [Field] whose name has a number.
type Leaf struct {
	Name  *Name
	Value Value
}

// Fields are the leaves of one ECS document, each name once. The zero value is empty. Fields are immutable.
type Fields struct {
	leaves []Leaf
	names  *Names // whose names they have; nil where they are numbered by nobody, and sorted then
}

// NewFields takes over leaves and sorts them. Of two leaves with one name both are kept, as a list. Absent values
// are left out.
func NewFields(leaves []Field) Fields {
	leaves = slices.DeleteFunc(leaves, func(f Field) bool { return f.Value.IsAbsent() })
	byName := func(a, b Field) int { return cmp.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(leaves, byName) {
		slices.SortStableFunc(leaves, byName)
	}
	kept := leaves[:0]
	for _, f := range leaves {
		if n := len(kept); n > 0 && kept[n-1].Name == f.Name {
			kept[n-1].Value = ListValue(kept[n-1].Value, f.Value)
			continue
		}
		kept = append(kept, f)
	}
	names, own := make([]Name, len(kept)), make([]Leaf, len(kept))
	for i, f := range kept {
		names[i] = Name{text: f.Name, id: int32(i)}
		own[i] = Leaf{Name: &names[i], Value: f.Value}
	}
	return Fields{leaves: own}
}

// LeafFields takes over leaves as they are, in any order. All names are of names and differ in their texts, and no
// value is absent.
func LeafFields(names *Names, leaves []Leaf) Fields { return Fields{leaves: leaves, names: names} }

// Get returns the value of the named leaf, [Absent] where there is none. It looks at every name: whoever asks for many
// goes through [Fields.Leaves].
func (f Fields) Get(name string) Value {
	for i := range f.leaves {
		if f.leaves[i].Name.text == name {
			return f.leaves[i].Value
		}
	}
	return Value{}
}

// Len is the number of leaves.
func (f Fields) Len() int { return len(f.leaves) }

// Leaves are all leaves in no order, for reading alone.
func (f Fields) Leaves() []Leaf { return f.leaves }

// Names is what numbers the leaves' names, nil where the numbers mean nothing beyond these fields.
func (f Fields) Names() *Names { return f.names }

// All yields the leaves by name.
func (f Fields) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if f.names == nil {
			for i := range f.leaves {
				if !yield(f.leaves[i].Name.text, f.leaves[i].Value) {
					return
				}
			}
			return
		}
		var room [128]uint64
		for _, key := range f.order(room[:0]) {
			l := &f.leaves[uint32(key)]
			if !yield(l.Name.text, l.Value) {
				return
			}
		}
	}
}

// order appends the places of the leaves by name, in the lower half of each number.
func (f Fields) order(to []uint64) []uint64 {
	ranked := true
	for i := range f.leaves {
		id := f.leaves[i].Name.id
		ranked = ranked && id < f.names.ranked
		to = append(to, uint64(id)<<32|uint64(i))
	}
	if ranked {
		slices.Sort(to)
	} else {
		slices.SortFunc(to, func(a, b uint64) int {
			return strings.Compare(f.leaves[uint32(a)].Name.text, f.leaves[uint32(b)].Name.text)
		})
	}
	return to
}
