package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-analyze/charts/chartdraw"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/measure"
)

// A trendsView is the page of statistics: one metric over time, as a chart and as the table behind it.
type trendsView struct {
	Metrics    []measure.Metric
	Dimensions []string
	Cohorts    []string
	Intervals  []string
	Asked      measure.Query
	From, To   string // as they stand in the form
	Where      []selected
	Tabs       []link
	Lacks      []lack // why there is nothing to show
	Refused    string
	Wait       string // where the reader waits for what is being worked out; "": it is there
	Trend      *measure.Trend
	Charts     []chart
	Columns    []string // of the tables, but the first
	CSV        string   // address of the table as a file
}

// A selected is one word that the page selects by.
type selected struct{ Name, Word string }

// seriesShown is how many series get a chart and a table of their own; the file has them all.
const seriesShown = 12

// trendsPatience is how long the page waits for statistics unless its reader wants to wait: after a start they are read into
// memory, which takes up to a minute where the register is large.
const trendsPatience = 3 * time.Second

func (p *pages) trends(w http.ResponseWriter, r *http.Request) error {
	ctx, values, cancel := r.Context(), r.URL.Query(), func() {}
	if !values.Has(waits) {
		ctx, cancel = context.WithTimeout(ctx, trendsPatience)
	}
	defer cancel()
	values.Del(waits)
	v, err := p.statistics(ctx, maps.Clone(values))
	status := http.StatusOK
	switch {
	case errors.Is(err, tocsin.ErrQuery):
		status, v.Refused = http.StatusBadRequest, strings.ReplaceAll(err.Error(), ": "+tocsin.ErrQuery.Error(), "")
	case err != nil && ctx.Err() != nil && r.Context().Err() == nil:
		values.Set(waits, "1")
		v.Wait = "/trends?" + values.Encode()
	case err != nil:
		return err
	}
	p.render(w, r, status, "trends", "Trends", "trends", v)
	return nil
}

// waits is what an address has whose reader wants to wait.
const waits = "wait"

// statistics are what values ask for. On an error the form is filled in all the same.
func (p *pages) statistics(ctx context.Context, values url.Values) (trendsView, error) {
	values, found, failed := p.opening(ctx, values)
	v := trendsView{
		Metrics: measure.Metrics(), Dimensions: tocsin.Dimensions(), Cohorts: tocsin.Cohorts(), Intervals: []string{"month", "week", "day"},
		From: values.Get("from"), To: values.Get("to"), CSV: "/api/v1/trends.csv?" + given(values).Encode(),
	}
	q, err := measure.Ask(values, p.Now())
	for _, name := range v.Dimensions {
		for _, word := range q.Where[name] {
			v.Where = append(v.Where, selected{name, word})
		}
	}
	v.Asked = q
	if failed != nil {
		return v, failed
	}
	if err != nil {
		return v, err
	}
	if found == nil {
		q.Tenant = auth.From(ctx).Tenant
		t, err := measure.Trends(ctx, p.Measures, q)
		if err != nil {
			return v, err
		}
		found = &t
	}
	v.show(found)
	v.Tabs, v.Lacks = metricTabs(values), lacks(found, values)
	return v, nil
}

// given leaves out what a form sends empty because nobody filled it in; words to select by may be empty.
func given(values url.Values) url.Values {
	out := url.Values{}
	for name, all := range values {
		for _, value := range all {
			if value != "" || len(measure.Filters(url.Values{name: {""}})) > 0 {
				out.Add(name, value)
			}
		}
	}
	return out
}

// show puts the chart and the table of each series together, that of all first.
func (v *trendsView) show(t *measure.Trend) {
	v.Trend = t
	counts, shares := t.All.Whole.Names()
	for _, s := range t.Series {
		c, p := s.Whole.Names()
		counts, shares = union(counts, c), union(shares, p)
	}
	timed := t.All.Whole.P50 != nil
	v.Columns = columns(timed, counts, shares)
	for n, s := range append([]measure.Series{t.All}, t.Series...) {
		if n > seriesShown {
			break
		}
		title := "All together"
		if n > 0 {
			title = s.Key
			if title == "" {
				title = "none"
			}
		}
		c := newChart(title, t, s)
		c.Part = n > 0
		for _, p := range c.slots {
			row := trendRow{p.At.Format(time.DateOnly), cells(p.Point, timed, t.Unit == "s", counts, shares)}
			if p.missing {
				row.Cells = slices.Repeat([]trendCell{{Text: "–"}}, len(row.Cells))
			}
			c.Rows = append(c.Rows, row)
		}
		if t.Cohort != "" {
			c.Rows = append(c.Rows, trendRow{"whole time", cells(s.Whole, timed, t.Unit == "s", counts, shares)})
		}
		v.Charts = append(v.Charts, c)
	}
	top := 0.0
	for _, c := range v.Charts[1:] {
		top = max(top, c.top)
	}
	v.Charts[0].draw(v.Charts[0].top)
	for n := range v.Charts[1:] {
		v.Charts[n+1].draw(top) // of one scale, to be compared
	}
}

func union(a, b []string) []string {
	for _, name := range b {
		if !slices.Contains(a, name) {
			a = append(a, name)
		}
	}
	slices.Sort(a)
	return a
}

// columns are the heads of a table: what cells writes, in its order.
func columns(timed bool, counts, shares []string) []string {
	all := []string{"n"}
	if timed {
		all = append(all, "p50", "p90", "mean")
	}
	for _, name := range counts {
		all = append(all, words(strings.TrimSuffix(name, "_s")))
	}
	for _, name := range shares {
		all = append(all, words(name)+", share")
	}
	return all
}

// A trendCell is a figure as it is read, and how many seconds it is to the second, "" where it is none.
type trendCell struct{ Text, Exact string }

// lasting is a duration's figure.
func lasting(s float64) trendCell {
	return trendCell{seconds(int64(math.Round(s))), strconv.FormatFloat(s, 'f', -1, 64)}
}

func cells(p measure.Point, timed, inSeconds bool, counts, shares []string) []trendCell {
	none := trendCell{Text: "–"}
	all := []trendCell{{Text: count(p.N)}}
	if timed {
		p50, p90, mean := none, none, none
		if p.P50 != nil {
			p50, p90 = lasting(float64(*p.P50)), lasting(float64(*p.P90))
		}
		if p.Mean != nil {
			mean = lasting(*p.Mean)
		}
		all = append(all, p50, p90, mean)
	}
	for _, name := range counts {
		if inSeconds || strings.HasSuffix(name, "_s") {
			all = append(all, lasting(float64(p.Counts[name])))
		} else {
			all = append(all, trendCell{Text: count(p.Counts[name])})
		}
	}
	for _, name := range shares {
		text := "–"
		if share, ok := p.Shares[name]; ok {
			text = percent(share)
		}
		all = append(all, trendCell{Text: text})
	}
	return all
}

// Left is how many series are not shown.
func (v trendsView) Left() int { return max(0, len(v.Trend.Series)+1-len(v.Charts)) }

// A chart is a drawing of one series, and the series.
type chart struct {
	measure.Series
	sketch
	Title   string
	Rows    []trendRow
	Few     bool // under 20 in each interval: points, no line that promises more
	NoData  bool
	Seconds bool
	Part    bool   // of the whole, beside others
	Highest string // end of its scale
	slots   []slot
	top     float64
}

// A slot is where a point stands, or none: what was not taken on a day.
type slot struct {
	measure.Point
	missing bool
}

// slots are the points of a series and the missing days, in their order.
func slots(s measure.Series, missing []time.Time) []slot {
	var all []slot
	for _, p := range s.Points {
		all = append(all, slot{Point: p})
	}
	for _, day := range missing {
		all = append(all, slot{measure.Point{At: day}, true})
	}
	slices.SortStableFunc(all, func(a, b slot) int { return a.At.Compare(b.At) })
	return all
}

// A trendRow is a row of the table behind a chart.
type trendRow struct {
	Name  string
	Cells []trendCell
}

// The measures of a drawing, in the units of its view box.
const (
	chartWidth  = 960
	chartHeight = 260
	partWidth   = 480
	partHeight  = 200
	labelWidth  = 120 // of what stands below a chart
	// fewPoints is where a percentile says so little that it is drawn as a point (register.md, ruling 9).
	fewPoints = 20
)

func newChart(title string, t *measure.Trend, s measure.Series) chart {
	c := chart{Series: s, Title: title, Seconds: t.Unit == "s", slots: slots(s, t.Missing)}
	if c.top = c.highest(); c.top == 0 {
		c.NoData = s.Whole.N == 0
		c.top = 1
	}
	return c
}

// draw lays the drawing out, to a scale.
func (c *chart) draw(top float64) {
	if !c.Seconds && !c.timed() {
		top = 2 * math.Ceil(top/2) // halves of incidents are none
	}
	c.Width, c.Height, c.Y, c.Highest = chartWidth, chartHeight, ticks(top, 3, c.text), c.text(top)
	if c.Part {
		c.Width, c.Height = partWidth, partHeight
	}
	labels := c.Width / labelWidth
	runs := []curves{{}} // a missing day breaks them
	c.X = append(c.X, chartdraw.Tick{})
	for n, p := range c.slots {
		at, day := float64(n), p.At.Format(time.DateOnly)
		m := mark{X0: at, X1: at + 1, Text: day + ": nothing", Tall: true}
		switch {
		case p.missing:
			m.Text = day + ": not taken"
			runs = append(runs, curves{})
		case p.P50 != nil:
			c.Few = c.Few || p.N < fewPoints
			m.Text = fmt.Sprintf("%s: p50 %s, p90 %s, n = %d", day, seconds(*p.P50), seconds(*p.P90), p.N)
			runs[len(runs)-1].add(at+0.5, p.Point)
		case !c.timed():
			m = mark{X0: at + 0.15, X1: at + 0.85, Y1: c.height(p.Point), Class: "bars", Text: day + ": " + c.text(c.height(p.Point)), Tall: true}
		}
		c.Marks = append(c.Marks, m)
		if every := max(1, (len(c.slots)+labels-1)/labels); n%every == 0 { // what fits side by side
			c.X = append(c.X, chartdraw.Tick{Value: at + 0.5, Label: day})
		}
	}
	c.X = append(c.X, chartdraw.Tick{Value: float64(max(1, len(c.slots)))})
	for _, r := range runs {
		c.Curves = append(c.Curves, r.drawn(c.Few)...)
	}
}

// curves are p50 and p90 of points that follow one another.
type curves struct{ x, p50, p90 []float64 }

func (r *curves) add(x float64, p measure.Point) {
	r.x, r.p50, r.p90 = append(r.x, x), append(r.p50, float64(*p.P50)), append(r.p90, float64(*p.P90))
}

func (r *curves) drawn(few bool) []curve {
	if len(r.x) == 0 {
		return nil
	}
	class := ""
	if few {
		class = " few"
	}
	return []curve{{"p90" + class, r.x, r.p90, 3.5}, {"p50" + class, r.x, r.p50, 3.5}}
}

// timed reports whether the series has percentiles.
func (c *chart) timed() bool { return c.Whole.P50 != nil }

// height is what a bar shows: of seconds their sum, else how many.
func (c *chart) height(p measure.Point) float64 {
	if c.Seconds {
		return float64(p.Sum)
	}
	return float64(p.N)
}

func (c *chart) highest() float64 {
	top := 0.0
	for _, p := range c.Points {
		switch {
		case p.P90 != nil:
			top = max(top, float64(*p.P90))
		case !c.timed():
			top = max(top, c.height(p))
		}
	}
	return top
}

func (c *chart) text(value float64) string {
	if c.Seconds || c.timed() {
		return seconds(int64(value))
	}
	if value != float64(int64(value)) {
		return fmt.Sprintf("%.1f", value)
	}
	return count(int64(value))
}
