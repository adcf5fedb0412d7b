package sqlite

import (
	"context"
	"database/sql"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Outcomes tells how incidents turned out; see [sinks.Outcomes]. Of most it reads columns alone.
func (s *Store) Outcomes(ctx context.Context, tenant string, most int) ([]tocsin.Outcome, error) {
	l := listing{}
	l.where("(disposition <> '' OR status = ?)", string(tocsin.MergedIncident))
	l.equal("tenant", tenant)
	return all(ctx, s, "outcomes", "SELECT id, opened, disposition, CASE status WHEN 'merged' THEN coalesce(doc ->> '$.merged_into', '') ELSE '' END FROM incidents"+
		l.condition()+" ORDER BY opened DESC, id LIMIT ?", append(l.args, most), func(rows *sql.Rows) (o tocsin.Outcome, err error) {
		var opened int64
		err = rows.Scan(&o.ID, &opened, &o.Disposition, &o.Into)
		o.Opened = time.Unix(0, opened).UTC()
		return o, err
	})
}

// Findings tells what became of events; see [sinks.Outcomes].
func (s *Store) Findings(ctx context.Context, tenant string, since time.Time, most int) ([]tocsin.Finding, error) {
	l := listing{}
	l.equal("tenant", tenant)
	l.within("detected", since, time.Time{})
	return all(ctx, s, "findings", "SELECT doc FROM verdicts"+l.condition()+" ORDER BY detected DESC, id LIMIT ?", append(l.args, most), func(rows *sql.Rows) (f tocsin.Finding, err error) {
		return f, rows.Scan(into(&f))
	})
}

// all reads every row of a query.
func all[T any](ctx context.Context, s *Store, what, query string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := s.reader().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, translate(what, err)
	}
	defer rows.Close()
	items := []T{}
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, translate(what, err)
		}
		items = append(items, item)
	}
	return items, translate(what, rows.Err())
}

var _ sinks.Outcomes = (*Store)(nil)
