package sqlite

import (
	"strings"

	"tocsin"
)

// knownTo leaves out what is restricted and does not name the reader. Few incidents are: those to leave out are found
// first, by an index of their own.
func (l *listing) knownTo(r *tocsin.Reader) {
	if r == nil {
		return
	}
	links := "kind = 'shared' AND value = ?"
	args := []any{r.Name}
	if len(r.Teams) > 0 {
		links += " OR kind = 'team' AND value IN (?" + strings.Repeat(", ?", len(r.Teams)-1) + ")"
		for _, team := range r.Teams {
			args = append(args, team)
		}
	}
	named := "id IN (SELECT incident FROM links WHERE " + links + ")"
	if r.Name != "" {
		named = "assignee = ? OR coordinator = ? OR " + named
		args = append([]any{r.Name, r.Name}, args...)
	}
	l.where("rowid NOT IN (SELECT rowid FROM incidents WHERE visibility = 'restricted' AND NOT ("+named+"))", args...)
}
