package sqlite

import (
	"slices"
	"strings"
)

// Conditions of which most incidents may be.
const (
	ofPriority = "priority IN"
	ofTitle    = "titled IN"
	ofMany     = "id IN (SELECT incident FROM links WHERE kind = '" // a team or a rule has some thousands
)

// The columns of the indices of filters and of titles beside those.
const (
	filtersIndex = " status tenant priority assignee breached class category platform coordinator disposition "
	titledIndex  = " status tenant priority assignee breached "
)

// finding is the condition as counts have it, and where a few are to be found. SQLite does not know that priorities,
// titles and teams are of many incidents, and would look up each of them to see what else is asked for: the index of
// filters has all of it, and reading that from end to end takes some milliseconds for a hundred thousand.
func (l *listing) finding() string {
	asked, many, titled, beyond, elsewhere := 0, false, false, false, false
	for _, cond := range l.conds {
		column, _, _ := strings.Cut(cond, " ")
		switch {
		case column == "rowid":
		case strings.HasPrefix(cond, ofMany):
			many = true
		case column == "titled":
			titled = true
		default:
			asked++
			elsewhere = elsewhere || !strings.Contains(filtersIndex, " "+column+" ")
			beyond = beyond || !strings.Contains(titledIndex, " "+column+" ")
		}
	}
	found := listing{conds: slices.Clone(l.conds)}
	for n, cond := range found.conds {
		if strings.HasPrefix(cond, ofPriority) || !elsewhere &&
			(strings.HasPrefix(cond, ofMany) && (asked > 0 || titled) || strings.HasPrefix(cond, ofTitle) && (beyond || many)) {
			found.conds[n] = "+" + cond
		}
	}
	return found.condition()
}

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
	case slices.Contains(l.conds, restrictedAlone): // whose index has nothing else, however many they are
		return " WHERE rowid IN (SELECT rowid FROM incidents" + l.condition() + ")"
	case total < manyFound:
		return " WHERE rowid IN (SELECT rowid FROM incidents" + l.finding() + ")"
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
