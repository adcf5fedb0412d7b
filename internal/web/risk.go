package web

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-analyze/charts/chartdraw"

	"tocsin"
)

// A riskChart shows the highest risk of each hour against the bar that it stood against. The zero riskChart has
// nothing to show.
type riskChart struct {
	sketch
	From, To time.Time
	Caption  string // what a bar is
	Says     string // what the chart is, to those who do not see it
}

// riskHours is how far back the chart goes: a week, as the engine keeps.
const riskHours = 168

// riskOf lays the chart out. Hours without risk are not told and have none.
func riskOf(hours []tocsin.NoveltyHour) riskChart {
	if len(hours) == 0 {
		return riskChart{}
	}
	all := slices.Clone(hours)
	slices.SortFunc(all, func(a, b tocsin.NoveltyHour) int { return a.At.Compare(b.At) })
	to := all[len(all)-1].At.Add(time.Hour)
	from := to.Add(-riskHours * time.Hour)
	if first := all[0].At; first.After(from) {
		from = earlier(first, to.Add(-24*time.Hour)) // a day at least, so that hours are not walls
	}
	top := 1.0
	for _, h := range all {
		top = max(top, h.Risk, h.Bar)
	}
	c := newRiskChart(from, to, top)
	c.Caption, c.Says = "The highest risk of each hour", "the highest risk of each hour against its bar; the table has the numbers"
	var line curve
	for _, h := range all {
		if !h.At.Before(from) {
			end := h.At.Add(time.Hour)
			c.bar(h.At, end, h.Risk, h.Bar)
			line.X, line.Y = append(line.X, c.x(h.At), c.x(end)), append(line.Y, h.Bar, h.Bar)
		}
	}
	c.against(line)
	return c
}

// sessionHours is how far back sessions of a host are shown: as far as the engine looks back.
const sessionHours = 72

// sessionsOf shows what scored on one host, session by session, and the bar.
func sessionsOf(h *tocsin.NoveltyHost) riskChart {
	to := h.Now.Add(30 * time.Minute)
	from := to.Add(-sessionHours * time.Hour)
	top := max(1, h.Bar)
	for _, s := range h.Sessions {
		top = max(top, s.Points)
	}
	c := newRiskChart(from, to, top)
	c.Caption, c.Says = "What scored on it, session by session, without decay", "the points of the host's sessions against the bar; the table has the numbers"
	for _, s := range h.Sessions {
		if s.Last.After(from) {
			c.bar(s.First, later(s.Last, s.First.Add(20*time.Minute)), s.Points, h.Bar)
		}
	}
	if len(c.Marks) == 0 {
		return riskChart{}
	}
	c.against(curve{X: []float64{c.x(from), c.x(to)}, Y: []float64{h.Bar, h.Bar}})
	return c
}

func newRiskChart(from, to time.Time, top float64) riskChart {
	c := riskChart{From: from, To: to}
	c.Width, c.Height = chartWidth, chartHeight
	c.Y = ticks(top*1.1, 4, func(v float64) string { return fmt.Sprintf("%.0f", v) })
	c.X = append(c.X, chartdraw.Tick{})
	for n := range 5 {
		at := from.Add(to.Sub(from) * time.Duration(2*n+1) / 10)
		c.X = append(c.X, chartdraw.Tick{Value: c.x(at), Label: at.UTC().Format("01-02 15:04")})
	}
	c.X = append(c.X, chartdraw.Tick{Value: c.x(to)})
	return c
}

// bar draws what stood from one time to another.
func (c *riskChart) bar(from, to time.Time, risk, bar float64) {
	x, w := c.x(from), c.x(to)-c.x(from)
	c.Marks = append(c.Marks, mark{
		X0: x + w*0.1, X1: x + w*0.9, Y1: risk, Class: map[bool]string{false: "bars", true: "passed"}[risk >= bar], Tall: true,
		Text: fmt.Sprintf("%s UTC: %g of %g", from.UTC().Format("2006-01-02 15:04"), risk, bar),
	})
}

// against draws the bar.
func (c *riskChart) against(line curve) {
	line.Class = "bar"
	c.Curves = append(c.Curves, line)
}

// x is where a time stands, in hours; what lies before the chart stands at its edge.
func (c *riskChart) x(at time.Time) float64 {
	return min(c.To.Sub(c.From), max(0, at.Sub(c.From))).Hours()
}

// later is the later of two times.
func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// earlier is the earlier of two times.
func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
