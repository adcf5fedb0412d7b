package expression

import "slices"

// mostAsked is how many questions an index may have that asks them instead of looking for what wakes its entries: a look-up costs
// about as much as so many.
const mostAsked = 4

// isBrief reports whether the index has few questions, all of them cheap.
func (x *Index) isBrief() bool {
	return len(x.lanes) == 1 && len(x.steps) <= mostAsked && !slices.ContainsFunc(x.steps, func(s step) bool {
		return s.kind == grouped || !x.table.leaves[s.leaf].cheap()
	})
}

// cheap reports whether a leaf compares whole values with a constant, or asks whether they are there.
func (l *leaf) cheap() bool {
	switch l.mode {
	case isThere, isAbsent, isNamed:
		return true
	case anyItem, noItem:
		switch l.test.(type) {
		case equalText, ordered, isTrue:
			return l.mod == asIs && l.work == 0
		}
	}
	return false
}

// ask is [Finder.Find] where all entries are tried.
func (f *Finder) ask() []int32 {
	f.owners, f.tried = f.owners[:0], 0
	for i := range f.entries {
		if f.asked(f.entries[i].start) {
			f.owners = append(f.owners, f.entries[i].owner)
		}
	}
	return f.owners
}

// asked runs the program of an entry where nothing was looked up.
func (f *Finder) asked(at int32) bool {
	for at >= 0 {
		s := &f.steps[at]
		ok, err := f.e.leaf(int(s.leaf))
		if err != nil {
			return true
		}
		if at = s.no; ok {
			at = s.yes
		}
	}
	return at == ends
}
