package sqlite

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// measureColumns are the columns of table measures, in the order of [measureRow].
func measureColumns() []string {
	return slices.Concat([]string{"id"}, tocsin.Dimensions(), tocsin.Cohorts(), tocsin.MeasureValues())
}

func measureRow(m *tocsin.Measure) []any {
	row := []any{m.Incident}
	for _, name := range tocsin.Dimensions() {
		row = append(row, m.Words[name])
	}
	number := func(from map[string]int64, name string) {
		if v, ok := from[name]; ok {
			row = append(row, v)
		} else {
			row = append(row, nil)
		}
	}
	for _, name := range tocsin.Cohorts() {
		number(m.Marks, name)
	}
	for _, name := range tocsin.MeasureValues() {
		number(m.Values, name)
	}
	return row
}

// measure writes what statistics see of an incident, in the transaction of its projection.
func (s *Store) measure(ctx context.Context, i *tocsin.Incident) error {
	columns := measureColumns()
	m := i.Measure()
	_, err := s.exec(ctx, "measures of "+i.ID, "INSERT OR REPLACE INTO measures ("+strings.Join(columns, ", ")+") VALUES (?"+strings.Repeat(", ?", len(columns)-1)+")", measureRow(&m)...)
	return err
}

// measureAll writes the measures of incidents that have none: those of before they were kept.
func (s *Store) measureAll(ctx context.Context) error {
	for {
		var without []tocsin.Incident
		rows, err := s.write.QueryContext(ctx, `SELECT id, doc FROM incidents WHERE NOT EXISTS (SELECT 1 FROM measures WHERE measures.id = incidents.id) LIMIT 500`)
		if err != nil {
			return translate("measures", err)
		}
		for rows.Next() {
			var i tocsin.Incident
			var id string
			if err := rows.Scan(&id, into(&i)); err != nil {
				return translate("measures", err)
			}
			i.ID = id // also where somebody wrote another into the document: else it would be without for ever
			without = append(without, i)
		}
		if err := rows.Err(); err != nil {
			return translate("measures", err)
		}
		if err := rows.Close(); err != nil || len(without) == 0 {
			return translate("measures", err)
		}
		err = s.InTx(ctx, func(tx *Store) error {
			for n := range without {
				if err := tx.measure(ctx, &without[n]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// Tallies counts incidents that are alike; see [sinks.Measures]. The rows are counted here and not by SQL: an interval
// of a zone is nothing that SQLite knows. Only names of [tocsin.Dimensions], [tocsin.Cohorts] and
// [tocsin.MeasureValues] enter the text of the query.
func (s *Store) Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	t, err := tocsin.NewTallies(q)
	if err != nil {
		return nil, err
	}
	l, err := s.tallied(ctx, &q)
	if err != nil {
		return nil, err
	}
	columns := []string{q.Cohort}
	one := tocsin.Tally{Keys: make([]string, len(q.By)), Sums: make([]int64, len(q.Sums)), N: 1}
	var mark int64
	to := []any{&mark}
	for n, name := range q.By {
		columns, to = append(columns, name), append(to, &one.Keys[n])
	}
	if q.Value != "" {
		columns, to = append(columns, q.Value), append(to, &one.Value)
	}
	for n, name := range q.Sums {
		columns, to = append(columns, "coalesce("+name+", 0)"), append(to, &one.Sums[n])
	}
	rows, err := s.reader().QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM measures"+l.condition(), l.args...)
	if err != nil {
		return nil, translate("tallies", err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return nil, translate("tallies", err)
		}
		if at, ok := t.Within(mark); ok {
			one.At = at
			t.Merge(one)
		}
	}
	return t.All(), translate("tallies", rows.Err())
}

// tallied are the conditions of a query. A time that holds most of the incidents is read from the table in its order,
// which is several times faster than to look each up by the index.
func (s *Store) tallied(ctx context.Context, q *tocsin.TallyQuery) (listing, error) {
	var oldest, newest sql.NullInt64
	if err := s.reader().QueryRowContext(ctx, "SELECT (SELECT min("+q.Cohort+") FROM measures), (SELECT max("+q.Cohort+") FROM measures)").Scan(&oldest, &newest); err != nil {
		return listing{}, translate("tallies", err)
	}
	column := q.Cohort
	if most := 4 * (min(q.To.Unix(), newest.Int64) - max(q.From.Unix(), oldest.Int64)); most > newest.Int64-oldest.Int64 {
		column = "+" + column
	}
	l := listing{}
	l.where(column+" >= ?", q.From.Unix())
	l.where(column+" < ?", q.To.Unix())
	l.equal("tenant", q.Tenant)
	for name, words := range q.Where {
		l.any(name, words)
	}
	if q.Value != "" {
		l.where(q.Value + " IS NOT NULL")
	}
	return l, nil
}

// PutBacklog keeps what was taken of a day; see [sinks.Backlogs].
func (s *Store) PutBacklog(ctx context.Context, all []tocsin.Backlog) error {
	return s.InTx(ctx, func(tx *Store) error {
		for n := range all {
			b := &all[n]
			_, err := tx.exec(ctx, "backlog", `INSERT OR IGNORE INTO backlog (id, day, at, tenant, priority, open, late, p50_s, p90_s, oldest_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				b.ID(), b.Day, sinks.Nanos(b.At), b.Tenant, b.Priority, b.Open, b.Late, b.P50, b.P90, b.Oldest)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Backlogs tells what was taken; see [sinks.Backlogs].
func (s *Store) Backlogs(ctx context.Context, tenant, from, to string) ([]tocsin.Backlog, error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT day, at, tenant, priority, open, late, p50_s, p90_s, oldest_s FROM backlog
		WHERE tenant = ? AND day >= ? AND day < ? ORDER BY day, priority`, tenant, from, to)
	if err != nil {
		return nil, translate("backlog", err)
	}
	defer rows.Close()
	all := []tocsin.Backlog{}
	for rows.Next() {
		var b tocsin.Backlog
		var at int64
		if err := rows.Scan(&b.Day, &at, &b.Tenant, &b.Priority, &b.Open, &b.Late, &b.P50, &b.P90, &b.Oldest); err != nil {
			return nil, translate("backlog", err)
		}
		b.At = time.Unix(0, at).UTC()
		all = append(all, b)
	}
	return all, translate("backlog", rows.Err())
}
