package web

import (
	"slices"
	"time"

	"tocsin"
)

// A spansChart shows an incident's events over time: one line each, from its first alert to its last, with the alerts
// that are kept of it, and upright what people did. The zero spansChart has nothing to show.
type spansChart struct {
	Width, Height int
	Lines         []spanLine
	Marks         []spanMark
	From, To      time.Time
	More          int // events without a line
}

// A spanLine is one event.
type spanLine struct {
	Y, X, W int
	Label   string
	Dots    []int
}

// A spanMark is a step of the incident.
type spanMark struct {
	X    int
	Text string
}

const (
	spanLines  = 24 // events that have a line
	spanHeight = 26
	spanLeft   = 300 // room for what the events are called
	spanWidth  = 640
)

// spansOf lays the chart out. Without events, or where all is in one moment, there is none.
func spansOf(i *tocsin.Incident, events []tocsin.Event) spansChart {
	c := spansChart{Width: spanLeft + spanWidth + 12}
	for _, e := range events {
		if !e.First.IsZero() && (c.From.IsZero() || e.First.Before(c.From)) {
			c.From = e.First
		}
		if e.Last.After(c.To) {
			c.To = e.Last
		}
	}
	marks := slices.DeleteFunc([]spanMark{{Text: "declared"}, {Text: "acknowledged"}, {Text: "contained"}, {Text: "resolved"}}, func(m spanMark) bool {
		at, ok := i.Timeline[m.Text]
		return !ok || at.Before(c.From)
	})
	for _, m := range marks {
		if at := i.Timeline[m.Text]; at.After(c.To) {
			c.To = at
		}
	}
	if !c.To.After(c.From) || c.From.IsZero() {
		return spansChart{}
	}
	for n := range marks {
		marks[n].X = c.x(i.Timeline[marks[n].Text])
	}
	c.Marks = marks
	for n, e := range events {
		if n == spanLines {
			c.More = len(events) - n
			break
		}
		c.Lines = append(c.Lines, c.line(n, &e))
	}
	c.Height = len(c.Lines)*spanHeight + 24
	return c
}

func (c *spansChart) line(n int, e *tocsin.Event) spanLine {
	l := spanLine{Y: n*spanHeight + 16, X: c.x(e.First), Label: cut(44, e.Rule.Title)}
	l.W = max(3, c.x(e.Last)-l.X)
	for _, a := range e.Evidence.Alerts {
		if x := c.x(a.Time); len(l.Dots) == 0 || x >= l.Dots[len(l.Dots)-1]+3 { // those nearer cannot be told apart
			l.Dots = append(l.Dots, x)
		}
	}
	return l
}

// x is where a time stands.
func (c *spansChart) x(at time.Time) int {
	share := float64(at.Sub(c.From)) / float64(c.To.Sub(c.From))
	return spanLeft + int(spanWidth*min(1, max(0, share)))
}
