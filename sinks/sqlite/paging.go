package sqlite

import (
	"slices"
	"strings"
)

// manyFound is how many found incidents make it worth to go through a list in its own order until a page is full,
// instead of finding them all and sorting them.
const manyFound = 1000

// restrictedAlone is a constant, so that the index of what is restricted serves.
const restrictedAlone = "visibility = 'restricted'"

// paging is the condition as pages have it, of so many incidents in all. Many are passed in the order of the list,
// which ends as soon as the page is full: nothing but the order may choose the index. Few are found first, by the index
// that has what is filtered by, and nothing else is read.
func (l *listing) paging(total int64) string {
	switch {
	case l.table != "incidents" || len(l.conds) == 0:
		return l.condition()
	case total < manyFound, slices.Contains(l.conds, restrictedAlone): // whose index has nothing else, however many they are
		return " WHERE rowid IN (SELECT rowid FROM incidents" + l.condition() + ")"
	}
	ordered := []string{"(" + l.rank, "(" + l.at, l.rank, l.at} // a place in the list, and bounds of its times
	conds := slices.Clone(l.conds)
	for n, cond := range conds {
		if column, _, _ := strings.Cut(cond, " "); !slices.Contains(ordered, column) && !strings.HasPrefix(cond, "(") {
			conds[n] = "+" + cond
		}
	}
	return " WHERE " + strings.Join(conds, " AND ")
}
