package measure

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// durationPoint is n, percentiles by nearest rank, and the mean.
func durationPoint(at time.Time, found []tocsin.Tally) Point {
	p := Point{At: at}
	if len(found) == 0 {
		return p
	}
	for n := range found {
		p.N += found[n].N
		p.Sum += found[n].N * found[n].Value
	}
	of := ranking(found, p.N)
	p.P50, p.P90 = new(of(tocsin.Rank(p.N, 50))), new(of(tocsin.Rank(p.N, 90)))
	p.Mean = new(float64(p.Sum) / float64(p.N))
	return p
}

// ranking tells the value at a place, from 1, among all of tallies in ascending order. Most tallies are of one incident,
// and those of one interval and word come in order: both make it quick.
func ranking(found []tocsin.Tally, n int64) func(place int64) int64 {
	byValue := func(a, b tocsin.Tally) int { return cmp.Compare(a.Value, b.Value) }
	if ordered := slices.IsSortedFunc(found, byValue); !ordered && n < 4*int64(len(found)) {
		values := make([]int64, 0, n)
		for i := range found {
			for range found[i].N {
				values = append(values, found[i].Value)
			}
		}
		slices.Sort(values)
		return func(place int64) int64 { return values[place-1] }
	} else if !ordered {
		found = slices.Clone(found)
		slices.SortFunc(found, byValue)
	}
	return func(place int64) int64 {
		for i := range found {
			if place -= found[i].N; place <= 0 {
				return found[i].Value
			}
		}
		return 0
	}
}

// wordPoint counts by the last word: how a target stands, or how an incident turned out.
func (t *Trend) wordPoint(at time.Time, found []tocsin.Tally) Point {
	p := Point{At: at, Counts: map[string]int64{}}
	if t.value == "disposition" {
		return precisionPoint(p, found)
	}
	for _, state := range tocsin.TargetStates() {
		p.Counts[state] = 0
	}
	for _, one := range found {
		if word := one.Keys[len(one.Keys)-1]; word != "" { // it has the target
			p.Counts[word] += one.N
		}
	}
	p.N = p.Counts["met"] + p.Counts["breached"] + p.Counts["late"]
	if p.N > 0 {
		p.Shares = map[string]float64{
			"met": float64(p.Counts["met"]) / float64(p.N), "missed": float64(p.Counts["breached"]+p.Counts["late"]) / float64(p.N),
		}
	}
	return p
}

// precisionPoint counts dispositions. Benign true positives are neither true nor false: they are among the others.
func precisionPoint(p Point, found []tocsin.Tally) Point {
	p.Counts = map[string]int64{"true_positive": 0, "false_positive": 0, "other": 0, "undispositioned": 0}
	for _, one := range found {
		p.N += one.N
		switch word := one.Keys[len(one.Keys)-1]; {
		case word == "":
			p.Counts["undispositioned"] += one.N
		case word == "false_positive":
			p.Counts[word] += one.N
		case strings.HasPrefix(word, "true_positive"):
			p.Counts["true_positive"] += one.N
		default:
			p.Counts["other"] += one.N
		}
	}
	if p.N > 0 {
		p.Shares = map[string]float64{"undispositioned": float64(p.Counts["undispositioned"]) / float64(p.N)}
	}
	if decided := p.Counts["true_positive"] + p.Counts["false_positive"]; decided > 0 {
		p.Shares["precision"] = float64(p.Counts["true_positive"]) / float64(decided)
	}
	return p
}

// stagePoint adds the seconds in each status up.
func stagePoint(at time.Time, found []tocsin.Tally) Point {
	p := Point{At: at, Counts: map[string]int64{}}
	for n, status := range tocsin.WorkStages() {
		p.Counts[string(status)] = 0
		for _, one := range found {
			p.Counts[string(status)] += one.Sums[n]
		}
		p.Sum += p.Counts[string(status)]
	}
	for _, one := range found {
		p.N += one.N
	}
	p.share(p.Sum)
	return p
}

// share tells what part of the whole each count is.
func (p *Point) share(whole int64) {
	if whole == 0 {
		return
	}
	p.Shares = map[string]float64{}
	for name, n := range p.Counts {
		p.Shares[name] = float64(n) / float64(whole)
	}
}

// recurring asks for the declarations of the six months before, too: what recurs is judged by them.
func (t *Trend) recurring(ctx context.Context, s Store, q tocsin.TallyQuery) error {
	spans, err := q.Spans()
	if err != nil {
		return err
	}
	t.By, t.Cohort = "root_cause", "declared"
	wide := q
	wide.Cohort, wide.Interval, wide.From, wide.Value, wide.By = "declared", "", HalfYearBefore(q.From), "declared", []string{"tenant", "root_cause"}
	found, err := s.Tallies(ctx, wide)
	if err != nil {
		return err
	}
	all, keyed := map[int64]Point{}, map[string]map[int64]Point{}
	last := map[[2]string]int64{} // newest declaration, by tenant and root cause
	slices.SortFunc(found, func(a, b tocsin.Tally) int { return cmp.Compare(a.Value, b.Value) })
	for _, one := range found {
		cause := [2]string(one.Keys)
		before, known := last[cause]
		last[cause] = one.Value
		if cause[1] == "" || one.Value < q.From.Unix() {
			continue
		}
		recurs := one.N - 1 // those of one second: all but the first
		if known && before >= HalfYearBefore(time.Unix(one.Value, 0)).Unix() {
			recurs = one.N
		}
		if keyed[cause[1]] == nil {
			keyed[cause[1]] = map[int64]Point{}
		}
		at := spanOf(spans, one.Value)
		for _, by := range []map[int64]Point{all, keyed[cause[1]]} {
			by[at] = recurrence(by[at], one.N, recurs)
		}
	}
	t.All = recurringSeries("", spans, all)
	for _, cause := range sortedKeys(keyed) {
		t.Series = append(t.Series, recurringSeries(cause, spans, keyed[cause]))
	}
	return nil
}

// HalfYearBefore is six months before t, on the same day of the month in UTC, or on the last one of a shorter month.
func HalfYearBefore(t time.Time) time.Time {
	t = t.UTC()
	before := t.AddDate(0, -6, 0)
	if before.Day() != t.Day() {
		before = before.AddDate(0, 0, -before.Day())
	}
	return before
}

func spanOf(spans []tocsin.Span, at int64) int64 {
	for _, s := range slices.Backward(spans) {
		if at >= s.From.Unix() {
			return s.At.Unix()
		}
	}
	return spans[0].At.Unix()
}

func recurrence(p Point, n, recurs int64) Point {
	if p.Counts == nil {
		p.Counts = map[string]int64{"recurring": 0, "first": 0}
	}
	p.N += n
	p.Counts["recurring"] += recurs
	p.Counts["first"] += n - recurs
	return p
}

func recurringSeries(key string, spans []tocsin.Span, by map[int64]Point) Series {
	s := Series{Key: key, Whole: recurrence(Point{At: spans[0].From}, 0, 0)}
	for _, span := range spans {
		p := recurrence(by[span.At.Unix()], 0, 0)
		p.At = span.At
		s.Whole = recurrence(s.Whole, p.N, p.Counts["recurring"])
		p.share(p.N)
		s.Points = append(s.Points, p)
	}
	s.Whole.share(s.Whole.N)
	return s
}

// Names lists what the point counts and what parts it tells, each in order.
func (p *Point) Names() (counts, shares []string) { return sortedKeys(p.Counts), sortedKeys(p.Shares) }
