package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
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
		rows, err := s.write.QueryContext(ctx, `SELECT doc FROM incidents WHERE NOT EXISTS (SELECT 1 FROM measures WHERE measures.id = incidents.id) LIMIT 500`)
		if err != nil {
			return translate("measures", err)
		}
		for rows.Next() {
			var i tocsin.Incident
			if err := rows.Scan(into(&i)); err != nil {
				return translate("measures", err)
			}
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

// Tallies counts incidents that are alike; see [sinks.Measures]. Only names of [tocsin.Dimensions], [tocsin.Cohorts]
// and [tocsin.MeasureValues] enter the text of the query.
func (s *Store) Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	t, err := tocsin.NewTallies(q)
	if err != nil {
		return nil, err
	}
	l, columns, err := tallyQuery(&q)
	if err != nil {
		return nil, err
	}
	group := columns[:1+len(q.By)]
	if q.Value != "" {
		group = columns[:2+len(q.By)]
	}
	rows, err := s.reader().QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+", count(*) FROM json_each(?) b CROSS JOIN measures m"+
		l.condition()+" GROUP BY "+strings.Join(group, ", "), l.args...)
	if err != nil {
		return nil, translate("tallies", err)
	}
	defer rows.Close()
	zone := q.Zone
	if zone == nil {
		zone = time.UTC
	}
	for rows.Next() {
		one := tocsin.Tally{Keys: make([]string, len(q.By)), Sums: make([]int64, len(q.Sums))}
		var at int64
		to := []any{&at}
		for n := range one.Keys {
			to = append(to, &one.Keys[n])
		}
		to = append(to, &one.Value)
		for n := range one.Sums {
			to = append(to, &one.Sums[n])
		}
		if err := rows.Scan(append(to, &one.N)...); err != nil {
			return nil, translate("tallies", err)
		}
		one.At = time.Unix(at, 0).In(zone)
		t.Merge(one)
	}
	return t.All(), translate("tallies", rows.Err())
}

// tallyQuery are the conditions and the columns of a query: the interval, the words, the value, the sums.
func tallyQuery(q *tocsin.TallyQuery) (listing, []string, error) {
	spans, err := q.Spans()
	if err != nil {
		return listing{}, nil, err
	}
	bounds := make([][3]int64, len(spans))
	for n, s := range spans {
		bounds[n] = [3]int64{s.At.Unix(), s.From.Unix(), s.To.Unix()}
	}
	text, err := json.Marshal(bounds)
	if err != nil {
		return listing{}, nil, fmt.Errorf("tallies: %w", err)
	}
	l := listing{args: []any{string(text)}}
	l.where("m." + q.Cohort + " >= json_extract(b.value, '$[1]')")
	l.where("m." + q.Cohort + " < json_extract(b.value, '$[2]')")
	l.equal("m.tenant", q.Tenant)
	for name, words := range q.Where {
		l.any("m."+name, words)
	}
	columns := []string{"json_extract(b.value, '$[0]')"}
	for _, name := range q.By {
		columns = append(columns, "m."+name)
	}
	if q.Value == "" {
		columns = append(columns, "0")
	} else {
		l.where("m." + q.Value + " IS NOT NULL")
		columns = append(columns, "m."+q.Value)
	}
	for _, name := range q.Sums {
		columns = append(columns, "coalesce(sum(m."+name+"), 0)")
	}
	return l, columns, nil
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
