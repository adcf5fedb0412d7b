package web

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A riskChart shows the highest risk of each hour against the bar that it stood against. The zero riskChart has
// nothing to show.
type riskChart struct {
	Width, Height int
	Bars          []riskBar
	Bar           string // points of the line of the bar
	Grid          []gridLine
	Labels        []label
	From, To      time.Time
	Caption       string // what a bar is
	Says          string // what the chart is, to those who do not see it

	top float64
}

// A riskBar is one hour.
type riskBar struct {
	X, Y, W, H float64
	Text       string
	Passed     bool // the risk reached the bar
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
	var line strings.Builder
	for _, h := range all {
		if !h.At.Before(from) {
			c.bar(h.At, h.At.Add(time.Hour), h.Risk, h.Bar)
			fmt.Fprintf(&line, "%.1f,%.1f %.1f,%.1f ", c.x(h.At), c.y(h.Bar), c.x(h.At.Add(time.Hour)), c.y(h.Bar))
		}
	}
	c.Bar = line.String()
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
	c.Bar = fmt.Sprintf("%.1f,%.1f %.1f,%.1f", c.x(from), c.y(h.Bar), c.x(to), c.y(h.Bar))
	if len(c.Bars) == 0 {
		return riskChart{}
	}
	return c
}

func newRiskChart(from, to time.Time, top float64) riskChart {
	c := riskChart{Width: chartWidth, Height: chartHeight, From: from, To: to, top: top * 1.1}
	for n := range 3 {
		value := top * float64(n) / 2
		c.Grid = append(c.Grid, gridLine{c.y(value), fmt.Sprintf("%.0f", value)})
	}
	for n := range 5 {
		at := from.Add(to.Sub(from) * time.Duration(n) / 5)
		c.Labels = append(c.Labels, label{c.x(at) + 32, at.UTC().Format("01-02 15:04")})
	}
	return c
}

// bar draws what stood from one time to another.
func (c *riskChart) bar(from, to time.Time, risk, bar float64) {
	x, w := c.x(from), c.x(to)-c.x(from)
	c.Bars = append(c.Bars, riskBar{
		X: x + w*0.1, Y: c.y(risk), W: max(2, w*0.8), H: chartHeight - chartFoot - c.y(risk), Passed: risk >= bar,
		Text: fmt.Sprintf("%s UTC: %g of %g", from.UTC().Format("2006-01-02 15:04"), risk, bar),
	})
}

func (c *riskChart) y(n float64) float64 {
	return chartTop + (chartHeight-chartTop-chartFoot)*(1-n/c.top)
}

// x is where a time stands; what lies before the chart stands at its edge.
func (c *riskChart) x(at time.Time) float64 {
	share := at.Sub(c.From).Hours() / c.To.Sub(c.From).Hours()
	return chartLeft + (chartWidth-chartLeft)*min(1, max(0, share))
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
