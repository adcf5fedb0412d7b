package web

import (
	"slices"
	"time"

	"github.com/go-analyze/charts/chartdraw"

	"tocsin"
)

// A spansChart shows an incident's events over time: one line each, from its first alert to its last, with the alerts
// that are kept of it, and upright what people did. The zero spansChart has nothing to show.
type spansChart struct {
	sketch
	From, To time.Time
	Steps    []string // what people did, of what is drawn upright
	More     int      // events without a line
}

const (
	spanLines  = 24 // events that have a line
	spanHeight = 28
	spanWidth  = 760
	spanTicks  = 3
)

// spansOf lays the chart out. Without events, or where all is in one moment, there is none.
func spansOf(i *tocsin.Incident, events []tocsin.Event) spansChart {
	c := spansChart{}
	for _, e := range events {
		if !e.First.IsZero() && (c.From.IsZero() || e.First.Before(c.From)) {
			c.From = e.First
		}
		if e.Last.After(c.To) {
			c.To = e.Last
		}
	}
	steps := slices.DeleteFunc([]string{"declared", "acknowledged", "contained", "resolved"}, func(step string) bool {
		at, ok := i.Timeline[step]
		return !ok || at.Before(c.From)
	})
	for _, step := range steps {
		if at := i.Timeline[step]; at.After(c.To) {
			c.To = at
		}
	}
	if !c.To.After(c.From) || c.From.IsZero() {
		return spansChart{}
	}
	c.Steps = steps
	for _, step := range steps {
		c.Rules = append(c.Rules, rule{c.x(i.Timeline[step]), "mark stroke", step})
	}
	shown := events[:min(len(events), spanLines)]
	c.More = len(events) - len(shown)
	c.Width, c.Height, c.sketch.Rows = spanWidth, len(shown)*spanHeight+48, true
	c.scale(len(shown))
	for n := range shown {
		c.line(float64(len(shown)-n), &shown[n])
	}
	return c
}

// scale lays out the axes: times, and a row for each event.
func (c *spansChart) scale(rows int) {
	format := "15:04:05"
	if c.To.Sub(c.From) > 18*time.Hour {
		format = "01-02 15:04"
	}
	for n := range spanTicks {
		at := c.From.Add(c.To.Sub(c.From) * time.Duration(n) / (spanTicks - 1))
		c.X = append(c.X, chartdraw.Tick{Value: c.x(at), Label: at.UTC().Format(format)})
	}
	c.Y = []chartdraw.Tick{{Value: float64(rows) + 0.5}, {Value: 0.5}}
}

// line draws one event in its row.
func (c *spansChart) line(row float64, e *tocsin.Event) {
	label := cut(34, e.Rule.Title)
	c.Y = append(c.Y, chartdraw.Tick{Value: row, Label: label})
	c.Marks = append(c.Marks, mark{X0: c.x(e.First), X1: c.x(e.Last), Y0: row - 0.1, Y1: row + 0.1, Class: "bars", Text: label})
	dots := curve{Class: "alert few", Dots: 2.5}
	for _, a := range e.Evidence.Alerts {
		if x := c.x(a.Time); len(dots.X) == 0 || x >= dots.X[len(dots.X)-1]+0.005 { // those nearer cannot be told apart
			dots.X, dots.Y = append(dots.X, x), append(dots.Y, row)
		}
	}
	c.Curves = append(c.Curves, dots)
}

// x is where a time stands, from 0 to 1.
func (c *spansChart) x(at time.Time) float64 {
	return min(1, max(0, float64(at.Sub(c.From))/float64(c.To.Sub(c.From))))
}
