package measure

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"
	_ "time/tzdata" // zones mean the same on every machine

	"tocsin"
)

// A Store answers what statistics are worked out of: every store of package sinks.
type Store interface {
	Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error)
	Backlogs(ctx context.Context, tenant, from, to string) ([]tocsin.Backlog, error)
	Volumes(ctx context.Context, tenant, from, to string) ([]tocsin.Volume, error)
}

// A Query asks for a metric over time.
type Query struct {
	Metric   string
	By       string              // dimension; "": all together alone
	Cohort   string              // of [tocsin.Cohorts]; "": declared
	Interval string              // day, week or month; "": month
	Zone     string              // of the IANA database; "": UTC
	From, To time.Time           // whole seconds are looked at; To exclusive
	Tenant   string              // "": all
	Where    map[string][]string // by dimension; counted_as is [tocsin.CountedIncident] unless it is here
}

// A Trend is the answer.
type Trend struct {
	Metric
	Cohort   string              `json:"cohort" doc:"the mark that puts an incident into an interval"`
	Interval string              `json:"interval"`
	Zone     string              `json:"zone"`
	From     time.Time           `json:"from"`
	To       time.Time           `json:"to"`
	By       string              `json:"by,omitempty"`
	Where    map[string][]string `json:"where" doc:"what was selected, by dimension"`
	All      Series              `json:"all"`
	Series   []Series            `json:"series" doc:"one for each word of by, in their order"`
	Missing  []time.Time         `json:"missing,omitempty" doc:"days on which no backlog was taken, as no daemon ran: they have no point, which is not a point of 0"`
}

// A Series is what became of the incidents that have one word in common.
type Series struct {
	Key    string  `json:"key" doc:"empty for incidents that have no such word, and for all together"`
	Points []Point `json:"points"`
	Whole  Point   `json:"whole" doc:"of the whole time"`
}

// A Point is one interval.
type Point struct {
	At     time.Time          `json:"at" doc:"when the interval begins"`
	N      int64              `json:"n" doc:"incidents that the numbers are of"`
	P50    *int64             `json:"p50,omitempty" doc:"nearest rank: one of the values"`
	P90    *int64             `json:"p90,omitempty"`
	Mean   *float64           `json:"mean,omitempty"`
	Sum    int64              `json:"sum,omitempty"`
	Counts map[string]int64   `json:"counts,omitempty"`
	Shares map[string]float64 `json:"shares,omitempty" doc:"0 to 1, of what the definition says"`
}

// maxPoints bounds an answer: some ten thousand series of a quarter's weeks.
const maxPoints = 200_000

// Trends works a metric out. The error wraps [tocsin.ErrQuery] where the question cannot be answered.
func Trends(ctx context.Context, s Store, q Query) (Trend, error) {
	t, tally, err := prepare(q)
	if err != nil {
		return t, err
	}
	switch t.kind {
	case backlog:
		return t, t.backlog(ctx, s, q.Tenant)
	case recurring:
		return t, t.recurring(ctx, s, tally)
	case reduction:
		return t, t.reduction(ctx, s, tally)
	}
	if t.By != "" {
		tally.By = []string{t.By}
	}
	switch t.kind {
	case durations, reopened:
		tally.Value = t.value
	case words:
		tally.By = append(tally.By, t.value)
	case stages:
		for _, status := range tocsin.WorkStages() {
			tally.Sums = append(tally.Sums, "stage_"+string(status)+"_s")
		}
	}
	found, err := s.Tallies(ctx, tally)
	if err != nil {
		return t, err
	}
	return t, t.fill(tally, found)
}

// prepare checks the question, and says what a store is asked.
func prepare(q Query) (Trend, tocsin.TallyQuery, error) {
	m, err := Named(q.Metric)
	if err != nil {
		return Trend{}, tocsin.TallyQuery{}, err
	}
	zone, err := Zone(q.Zone)
	if err != nil {
		return Trend{}, tocsin.TallyQuery{}, err
	}
	t := Trend{
		Metric: m, Cohort: or(q.Cohort, "declared"), Interval: or(q.Interval, "month"), Zone: zone.String(), By: q.By,
		From: q.From.Truncate(time.Second).In(zone), To: q.To.Truncate(time.Second).In(zone), Where: map[string][]string{}, Series: []Series{},
	}
	maps.Copy(t.Where, q.Where)
	if t.Where["counted_as"] == nil {
		t.Where["counted_as"] = m.counted
		if m.counted == nil {
			t.Where["counted_as"] = []string{tocsin.CountedIncident}
		}
	}
	tally := tocsin.TallyQuery{Tenant: q.Tenant, Cohort: t.Cohort, From: t.From, To: t.To, Interval: t.Interval, Zone: zone, Where: t.Where}
	if q.By != "" {
		tally.By = []string{q.By}
	}
	if err := tally.Check(); err != nil {
		return t, tally, err
	}
	if m.by != "" && q.By != "" && q.By != m.by {
		return t, tally, fmt.Errorf("%s is told by %s alone, not by %s: %w", m.Name, m.by, q.By, tocsin.ErrQuery)
	}
	tally.By = nil
	return t, tally, nil
}

// Zone is the zone of that name, UTC for none. The error wraps [tocsin.ErrQuery].
func Zone(name string) (*time.Location, error) {
	if name == "" {
		return time.UTC, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // which is another one on each machine
		return nil, fmt.Errorf("zone %.60q is not in the IANA database, as Europe/Berlin is: %w", name, tocsin.ErrQuery)
	}
	return zone, nil
}

// fill makes series of tallies: for each word, and of all together. The tallies come in order, so that those of one
// interval stand together, and among them those of one word.
func (t *Trend) fill(q tocsin.TallyQuery, found []tocsin.Tally) error {
	spans, err := q.Spans()
	if err != nil {
		return err
	}
	keyed := map[string]map[int64][]tocsin.Tally{}
	all := map[int64][]tocsin.Tally{}
	for at, some := range runs(found, func(a, b *tocsin.Tally) bool { return a.At.Equal(b.At) }) {
		all[at] = some
		if t.By == "" {
			continue
		}
		for _, alike := range runs(some, func(a, b *tocsin.Tally) bool { return a.Keys[0] == b.Keys[0] }) {
			key := alike[0].Keys[0]
			if keyed[key] == nil {
				keyed[key] = map[int64][]tocsin.Tally{}
			}
			keyed[key][at] = alike
		}
	}
	if points := (len(keyed) + 1) * len(spans); points > maxPoints {
		return fmt.Errorf("%d points are more than %d: ask for less time, longer intervals or fewer %s: %w", points, maxPoints, t.By, tocsin.ErrQuery)
	}
	t.All = t.series("", spans, all)
	for _, key := range slices.Sorted(maps.Keys(keyed)) {
		t.Series = append(t.Series, t.series(key, spans, keyed[key]))
	}
	return nil
}

// runs cuts tallies into the longest pieces whose neighbours are alike, each with its time.
func runs(found []tocsin.Tally, alike func(a, b *tocsin.Tally) bool) iter.Seq2[int64, []tocsin.Tally] {
	return func(yield func(int64, []tocsin.Tally) bool) {
		for from := 0; from < len(found); {
			to := from + 1
			for to < len(found) && alike(&found[to-1], &found[to]) {
				to++
			}
			if !yield(found[from].At.Unix(), found[from:to]) {
				return
			}
			from = to
		}
	}
}

func (t *Trend) series(key string, spans []tocsin.Span, by map[int64][]tocsin.Tally) Series {
	s := Series{Key: key, Points: make([]Point, 0, len(spans))}
	size := 0
	for _, found := range by {
		size += len(found)
	}
	whole := make([]tocsin.Tally, 0, size)
	for _, span := range spans {
		found := by[span.At.Unix()]
		s.Points = append(s.Points, t.point(span.At, found))
		whole = append(whole, found...)
	}
	s.Whole = t.point(t.From, whole)
	return s
}

func (t *Trend) point(at time.Time, found []tocsin.Tally) Point {
	switch t.kind {
	case durations:
		return durationPoint(at, found)
	case words:
		return t.wordPoint(at, found)
	case stages:
		return stagePoint(at, found)
	case reopened:
		p := Point{At: at, Counts: map[string]int64{"reopened": 0, "not_reopened": 0}}
		for _, one := range found {
			p.N += one.N
			if one.Value > 0 {
				p.Counts["reopened"] += one.N
			} else {
				p.Counts["not_reopened"] += one.N
			}
		}
		p.share(p.N)
		return p
	}
	p := Point{At: at}
	for _, one := range found {
		p.N += one.N
	}
	return p
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
