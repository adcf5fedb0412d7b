package sqlite

import (
	"cmp"
	"context"
	"strings"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// A listing is a query for one page of a table's documents in the order of [sinks.Key]. Only constants of this
// package enter its text; what people ask for goes in as arguments.
type listing struct {
	name  string // of the listing, in cursors
	table string
	rank  string // column of [sinks.Key.Rank], or ''
	at    string // column of [sinks.Key.At]
	doc   string // the expression that is read; "": doc
	// The order is descending by rank, and the earliest first, where these say so.
	rankDown, atUp bool
	conds          []string
	args           []any
}

func (l *listing) where(cond string, args ...any) {
	l.conds = append(l.conds, cond)
	l.args = append(l.args, args...)
}

// equal asks for a column's value; "" asks for nothing.
func (l *listing) equal(column, value string) {
	if value != "" {
		l.where(column+" = ?", value)
	}
}

// any asks for one of several values; none asks for nothing.
func (l *listing) any(column string, values []string) {
	if len(values) == 0 {
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = v
	}
	l.where(column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")", args...)
}

func (l *listing) condition() string {
	if len(l.conds) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(l.conds, " AND ")
}

// within asks for a time in [since, until); zero is open.
func (l *listing) within(column string, since, until time.Time) {
	if !since.IsZero() {
		l.where(column+" >= ?", sinks.Nanos(since))
	}
	if !until.IsZero() {
		l.where(column+" < ?", sinks.Nanos(until))
	}
}

// behind asks for what comes after a place.
func (l *listing) behind(k sinks.Key) {
	than := map[bool]string{false: " < ?", true: " > ?"}
	at := "(" + l.at + than[l.atUp] + " OR (" + l.at + " = ? AND id > ?))"
	if l.rank == "''" {
		l.where(at, k.At, k.At, k.ID)
		return
	}
	l.where("("+l.rank+than[!l.rankDown]+" OR ("+l.rank+" = ? AND "+at+"))", k.Rank, k.Rank, k.At, k.At, k.ID)
}

// list reads one page.
func list[T any](ctx context.Context, s *Store, l listing, limit int, cursor string) (tocsin.Page[T], error) {
	page := tocsin.Page[T]{Items: []T{}}
	after, resumed, err := sinks.ParseCursor(l.name, cursor)
	if err != nil {
		return page, err
	}
	if err := s.reader().QueryRowContext(ctx, "SELECT count(*) FROM "+l.table+l.finding(), l.args...).Scan(&page.Total); err != nil {
		return page, translate(l.name, err)
	}
	if page.Total == 0 {
		return page, nil
	}
	if resumed {
		l.behind(after)
	}
	size := sinks.PageSize(limit)
	order := " ORDER BY " + l.at + map[bool]string{false: " DESC", true: ""}[l.atUp] + ", id LIMIT ?"
	if l.rank != "''" {
		order = " ORDER BY " + l.rank + map[bool]string{false: "", true: " DESC"}[l.rankDown] + "," + strings.TrimPrefix(order, " ORDER BY")
	}
	rows, err := s.reader().QueryContext(ctx, "SELECT "+l.rank+", "+l.at+", id, "+cmp.Or(l.doc, "doc")+" FROM "+l.table+l.paging(page.Total)+order, append(l.args, size+1)...)
	if err != nil {
		return page, translate(l.name, err)
	}
	defer rows.Close()
	var last sinks.Key
	for rows.Next() {
		if len(page.Items) == size {
			page.Cursor = sinks.Cursor(l.name, last)
			break
		}
		var item T
		if err := rows.Scan(&last.Rank, &last.At, &last.ID, into(&item)); err != nil {
			return page, translate(l.name, err)
		}
		page.Items = append(page.Items, item)
	}
	return page, translate(l.name, rows.Err())
}
