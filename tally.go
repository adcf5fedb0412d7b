package tocsin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

func errorf(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, ErrQuery)...)
}

// Check reports what the query names that there is not, all of it at once. The error wraps [ErrQuery].
func (q *TallyQuery) Check() error {
	var wrong []string
	if !slices.Contains(Cohorts(), q.Cohort) {
		wrong = append(wrong, fmt.Sprintf("cohort %.40q is none of %s", q.Cohort, strings.Join(Cohorts(), ", ")))
	}
	for _, by := range q.By {
		if !slices.Contains(Dimensions(), by) {
			wrong = append(wrong, fmt.Sprintf("%.40q is no dimension: there are %s", by, strings.Join(Dimensions(), ", ")))
		}
	}
	for name := range q.Where {
		if !slices.Contains(Dimensions(), name) {
			wrong = append(wrong, fmt.Sprintf("%.40q is nothing to select by: there are %s", name, strings.Join(Dimensions(), ", ")))
		}
	}
	for _, name := range append(slices.Clone(q.Sums), q.Value) {
		if name != "" && !slices.Contains(MeasureValues(), name) && !slices.Contains(Cohorts(), name) {
			wrong = append(wrong, fmt.Sprintf("%.40q is no value: there are %s", name, strings.Join(MeasureValues(), ", ")))
		}
	}
	if _, err := q.Spans(); err != nil {
		wrong = append(wrong, strings.TrimSuffix(err.Error(), ": "+ErrQuery.Error()))
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return errorf("%s", strings.Join(wrong, "; "))
	}
	return nil
}

// A Tallies adds measures up: what every store answers to a [TallyQuery], by counting one after the other.
type Tallies struct {
	query TallyQuery
	spans []Span
	by    map[tallyKey]*tallied
}

// A tallyKey is what the incidents of some tallies have in common but for the value; words beyond the first are joined.
type tallyKey struct {
	at         int64
	word, more string
}

// tallied are tallies that differ in nothing but the value: most often as many as there are incidents.
type tallied struct {
	at     time.Time
	keys   []string
	values []valued
	sums   [][]int64 // of the values, where there are any
}

type valued struct{ value, n int64 }

// NewTallies begins to count. The error wraps [ErrQuery].
func NewTallies(q TallyQuery) (*Tallies, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	spans, err := q.Spans()
	return &Tallies{query: q, spans: spans, by: map[tallyKey]*tallied{}}, err
}

// Add counts one incident, if the query selects it.
func (t *Tallies) Add(m Measure) {
	mark, ok := m.Marks[t.query.Cohort]
	if !ok {
		return
	}
	value, has := m.Values[t.query.Value]
	if !has {
		value, has = m.Marks[t.query.Value]
	}
	if (t.query.Value != "" && !has) || (t.query.Tenant != "" && t.query.Tenant != m.Tenant) {
		return
	}
	for name, words := range t.query.Where {
		if len(words) > 0 && !slices.Contains(words, m.Words[name]) {
			return
		}
	}
	one := Tally{Value: value, N: 1}
	if one.At, ok = t.Within(mark); !ok {
		return
	}
	for _, name := range t.query.By {
		one.Keys = append(one.Keys, m.Words[name])
	}
	for _, name := range t.query.Sums {
		one.Sums = append(one.Sums, m.Values[name])
	}
	t.Merge(one)
}

// Within is the interval that a mark of the query's cohort lies in; false where it is outside of the query's time.
func (t *Tallies) Within(mark int64) (at time.Time, ok bool) {
	n, ok := slices.BinarySearchFunc(t.spans, mark, func(s Span, at int64) int {
		switch {
		case s.To.Unix() <= at:
			return -1
		case s.From.Unix() > at:
			return 1
		}
		return 0
	})
	if !ok {
		return at, false
	}
	return t.spans[n].At, true
}

// At is the interval that a time lies in, which may be before the query's.
func (t *Tallies) At(at time.Time) time.Time {
	for _, s := range slices.Backward(t.spans) {
		if !at.Before(s.At) {
			return s.At
		}
	}
	return t.spans[0].At
}

// Merge takes in a tally that was counted elsewhere. It keeps nothing of it.
func (t *Tallies) Merge(one Tally) {
	key := tallyKey{at: one.At.Unix()}
	if len(one.Keys) > 0 {
		key.word, key.more = one.Keys[0], strings.Join(one.Keys[1:], "\x00")
	}
	there := t.by[key]
	if there == nil {
		there = &tallied{at: one.At, keys: slices.Clone(one.Keys)}
		t.by[key] = there
	}
	if last := len(there.values) - 1; last >= 0 && there.values[last].value == one.Value {
		there.values[last].n += one.N
		for n := range one.Sums {
			there.sums[last][n] += one.Sums[n]
		}
		return
	}
	there.values = append(there.values, valued{one.Value, one.N})
	if len(one.Sums) > 0 {
		there.sums = append(there.sums, slices.Clone(one.Sums))
	}
}

// All returns what was counted, ordered by time, words and value.
func (t *Tallies) All() []Tally {
	groups := make([]*tallied, 0, len(t.by))
	size := 0
	for _, g := range t.by {
		groups, size = append(groups, g), size+len(g.values)
	}
	slices.SortFunc(groups, func(a, b *tallied) int { return cmp.Or(a.at.Compare(b.at), slices.Compare(a.keys, b.keys)) })
	all := make([]Tally, 0, size)
	for _, g := range groups {
		all = g.appendTo(all)
	}
	return all
}

// appendTo appends the tallies in the order of their values.
func (g *tallied) appendTo(all []Tally) []Tally {
	if len(g.sums) > 0 {
		return g.appendSums(all)
	}
	slices.SortFunc(g.values, func(a, b valued) int { return cmp.Compare(a.value, b.value) })
	for n, v := range g.values {
		if n > 0 && v.value == g.values[n-1].value {
			all[len(all)-1].N += v.n
			continue
		}
		all = append(all, Tally{At: g.at, Keys: g.keys, Value: v.value, N: v.n})
	}
	return all
}

func (g *tallied) appendSums(all []Tally) []Tally {
	by := map[int64]*Tally{}
	var values []int64
	for n, v := range g.values {
		there := by[v.value]
		if there == nil {
			by[v.value] = &Tally{g.at, g.keys, v.value, v.n, slices.Clone(g.sums[n])}
			values = append(values, v.value)
			continue
		}
		there.N += v.n
		for k, sum := range g.sums[n] {
			there.Sums[k] += sum
		}
	}
	slices.Sort(values)
	for _, v := range values {
		all = append(all, *by[v])
	}
	return all
}

// A Backlog is how much work waited at one moment of a day, for a tenant and a priority. It is taken once and never
// changed: what waited in the past cannot be told from what is known today.
type Backlog struct {
	Day      string    `json:"day"`      // of UTC, 2006-01-02
	At       time.Time `json:"at"`       // when it was taken
	Tenant   string    `json:"tenant"`   // "": all
	Priority string    `json:"priority"` // "": all
	Open     int64     `json:"open"`     // declared and not resolved
	Late     int64     `json:"late"`     // of them, past a target
	P50      int64     `json:"p50_s"`    // of the time since they were declared; 0 where none is open
	P90      int64     `json:"p90_s"`
	Oldest   int64     `json:"oldest_s"`
}

// ID is the document's id: one for each day, tenant and priority.
func (b *Backlog) ID() string { return Hash("backlog", b.Day, b.Tenant, b.Priority) }

// NearestRank is the p-th percentile of values in ascending order: the smallest that at least p percent of them do not
// exceed, which is one of them. It is 0 of none.
func NearestRank(sorted []int64, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[Rank(int64(len(sorted)), p)-1]
}

// Rank is the place, from 1, of the p-th percentile among n values in ascending order: n·p/100 rounded up, in whole
// numbers, so that every engine can agree on it.
func Rank(n int64, p int) int64 { return max(1, (n*int64(p)+99)/100) }
