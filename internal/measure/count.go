package measure

import (
	"slices"

	"tocsin"
)

// A counting is a question as the columns see it.
type counting struct {
	cohort, value *numbers
	sums          []*numbers
	by            [][]uint16
	where         []choice
}

// A choice is which words of a dimension will do, by their place.
type choice struct {
	column []uint16
	wanted []bool
}

// tallies counts incidents that are alike, as [tocsin.Tallies] does. The error wraps [tocsin.ErrQuery].
func (c *columns) tallies(q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	t, err := tocsin.NewTallies(q)
	if err != nil {
		return nil, err
	}
	asked := c.counting(&q)
	one := tocsin.Tally{Keys: make([]string, len(q.By)), Sums: make([]int64, len(q.Sums)), N: 1}
rows:
	for row := range uint32(len(c.word[0])) {
		mark, ok := asked.cohort.get(row)
		if !ok {
			continue
		}
		for n := range asked.where {
			if w := &asked.where[n]; !w.wanted[w.column[row]] {
				continue rows
			}
		}
		if asked.value != nil {
			if one.Value, ok = asked.value.get(row); !ok {
				continue
			}
		}
		if one.At, ok = t.Within(mark); !ok {
			continue
		}
		for n, column := range asked.by {
			one.Keys[n] = c.texts[column[row]]
		}
		for n, column := range asked.sums {
			one.Sums[n], _ = column.get(row)
		}
		t.Merge(one)
	}
	return t.All(), nil
}

// counting finds the columns of a question, which was checked.
func (c *columns) counting(q *tocsin.TallyQuery) counting {
	names := append(tocsin.Cohorts(), tocsin.MeasureValues()...)
	column := func(name string) *numbers { return &c.number[slices.Index(names, name)] }
	words := func(name string) []uint16 { return c.word[slices.Index(tocsin.Dimensions(), name)] }
	asked := counting{cohort: column(q.Cohort)}
	if q.Value != "" {
		asked.value = column(q.Value)
	}
	for _, name := range q.Sums {
		asked.sums = append(asked.sums, column(name))
	}
	for _, name := range q.By {
		asked.by = append(asked.by, words(name))
	}
	choose := func(name string, any []string) {
		w := choice{words(name), make([]bool, len(c.texts))}
		for _, text := range any {
			if p, known := c.text[text]; known {
				w.wanted[p] = true
			}
		}
		asked.where = append(asked.where, w)
	}
	if q.Tenant != "" {
		choose("tenant", []string{q.Tenant})
	}
	for name, any := range q.Where {
		if len(any) > 0 {
			choose(name, any)
		}
	}
	return asked
}
