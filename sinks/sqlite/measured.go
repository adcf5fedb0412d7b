package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"tocsin"
)

// MeasuresSince tells what was written; see [sinks.Measures]. Triggers number each row of table measures when it is
// written, whoever writes it, and writers come one after the other: a mark is the last number.
func (s *Store) MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error) {
	found := tocsin.Measures{Next: mark, Total: -1}
	last := int64(0)
	if mark != "" {
		var err error
		if last, err = strconv.ParseInt(mark, 10, 64); err != nil {
			return found, fmt.Errorf("mark %.40q of measures: %w", mark, tocsin.ErrQuery)
		}
	}
	columns := strings.Join(measureColumns()[1:], ", m.")
	rows, err := s.reader().QueryContext(ctx, "SELECT d.n, d.id, m.id IS NOT NULL, m."+columns+` FROM measured d LEFT JOIN measures m ON m.id = d.id
		WHERE d.n > ? ORDER BY d.n LIMIT ?`, last, max(limit, 1))
	if err != nil {
		return found, translate("measures", err)
	}
	defer rows.Close()
	one := newMeasureScan()
	count := 0
	for ; rows.Next(); count++ {
		if err := rows.Scan(one.to...); err != nil {
			return found, translate("measures", err)
		}
		if last = one.n; one.there {
			found.All = append(found.All, one.measure())
		} else {
			found.Gone = append(found.Gone, one.id)
		}
	}
	found.Next, found.More = strconv.FormatInt(last, 10), count == max(limit, 1)
	return found, translate("measures", rows.Err())
}

// A measureScan is what one row is scanned into.
type measureScan struct {
	n       int64
	id      string
	there   bool
	words   []sql.NullString
	numbers []sql.NullInt64 // cohorts, then values
	to      []any
}

func newMeasureScan() *measureScan {
	m := &measureScan{
		words:   make([]sql.NullString, len(tocsin.Dimensions())),
		numbers: make([]sql.NullInt64, len(tocsin.Cohorts())+len(tocsin.MeasureValues())),
	}
	m.to = []any{&m.n, &m.id, &m.there}
	for n := range m.words {
		m.to = append(m.to, &m.words[n])
	}
	for n := range m.numbers {
		m.to = append(m.to, &m.numbers[n])
	}
	return m
}

func (m *measureScan) measure() tocsin.Measure {
	one := tocsin.Measure{Incident: m.id, Words: map[string]string{}, Marks: map[string]int64{}, Values: map[string]int64{}}
	for n, name := range tocsin.Dimensions() {
		one.Words[name] = m.words[n].String
	}
	one.Tenant = one.Words["tenant"]
	cohorts := tocsin.Cohorts()
	for n, name := range cohorts {
		if m.numbers[n].Valid {
			one.Marks[name] = m.numbers[n].Int64
		}
	}
	for n, name := range tocsin.MeasureValues() {
		if v := m.numbers[len(cohorts)+n]; v.Valid {
			one.Values[name] = v.Int64
		}
	}
	return one
}
