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
	if err := q.Check(); err != nil {
		return nil, err
	}
	spans, err := q.Spans()
	if err != nil {
		return nil, err
	}
	if len(q.By) > len(groupKey{}.places) || q.Value != "" && len(q.Sums) > 0 {
		return c.oneByOne(q) // nobody asks so
	}
	g := &grouping{counting: c.counting(&q), within: newBounds(spans), groups: map[groupKey]*group{}}
	for row := range uint32(len(c.word[0])) {
		g.add(row)
	}
	return g.all(spans, c.texts), nil
}

// oneByOne counts what has many words, or values and sums.
func (c *columns) oneByOne(q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	t, err := tocsin.NewTallies(q)
	if err != nil {
		return nil, err
	}
	asked := c.counting(&q)
	one := tocsin.Tally{Keys: make([]string, len(q.By)), Sums: make([]int64, len(q.Sums)), N: 1}
	for row := range uint32(len(c.word[0])) {
		mark, ok := asked.selects(row)
		if !ok {
			continue
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

// selects is the mark of a row that has one and the words that are asked for.
func (asked *counting) selects(row uint32) (int64, bool) {
	mark, ok := asked.cohort.get(row)
	if !ok {
		return 0, false
	}
	for n := range asked.where {
		if w := &asked.where[n]; !w.wanted[w.column[row]] {
			return 0, false
		}
	}
	return mark, true
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
