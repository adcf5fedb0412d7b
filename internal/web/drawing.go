package web

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"strings"

	"github.com/go-analyze/charts/chartdraw"
	"github.com/go-analyze/charts/chartdraw/drawing"
)

// A sketch is what the library is to draw: every mark has a class, whose colours the style sheet knows, light and dark.
// The first and the last tick of an axis are its ends.
type sketch struct {
	Width, Height int
	X, Y          []chartdraw.Tick
	Rows          bool // what stands below one another are rows, not values: no lines through them
	Marks         []mark
	Curves        []curve
	Rules         []rule
}

// A mark is a box, with what it says where one points at it.
type mark struct {
	X0, X1, Y0, Y1 float64
	Class, Text    string
	Tall           bool // one may point anywhere above and below it
}

// A curve is a line through points.
type curve struct {
	Class string
	X, Y  []float64
	Dots  float64 // their radius; 0: none
}

// A rule is an upright line with a name.
type rule struct {
	X           float64
	Class, Text string
}

// ink is what the library must be told to draw at all: the class decides what is seen.
var ink = drawing.ColorBlack

// The sizes of an axis' texts in px, as room is made for them: the reader's font may be wider than the library's.
const (
	axisText = 12
	rowText  = 15
)

// SVG is the drawing, to stand within an svg element of its measures. What it says comes escaped from the library, and
// from here; it has neither styles nor scripts.
func (s sketch) SVG() template.HTML {
	m := &marks{sketch: &s}
	axis := chartdraw.Style{ClassName: "axis", StrokeColor: ink, StrokeWidth: 1, FontStyle: chartdraw.FontStyle{FontSize: axisText, FontColor: ink}}
	ground := chartdraw.Style{ClassName: "ground", Padding: chartdraw.Box{Top: 10, Left: 4, Right: 14, Bottom: 4, IsSet: true}}
	if s.Rows {
		axis.FontSize = rowText
	}
	none, values := chartdraw.Style{Hidden: true}, axis
	values.ClassName = "axis values"
	c := chartdraw.Chart{
		Width: s.Width, Height: s.Height, DPI: 72, Background: ground, Canvas: chartdraw.Style{ClassName: "ground"},
		XAxis:          chartdraw.XAxis{Style: axis, Ticks: s.X, GridMajorStyle: none, GridMinorStyle: none},
		YAxis:          chartdraw.YAxis{Style: none, Range: &chartdraw.ContinuousRange{Min: 0, Max: 1}},
		YAxisSecondary: chartdraw.YAxis{Style: values, Ticks: s.Y, GridMajorStyle: axis, GridMinorStyle: axis},
	}
	if s.Rows {
		c.YAxisSecondary.GridMajorStyle, c.YAxisSecondary.GridMinorStyle = none, none
	}
	c.Series = append(c.Series, m)
	for _, l := range s.Curves {
		if len(l.X) == 0 {
			continue
		}
		c.Series = append(c.Series, chartdraw.ContinuousSeries{
			YAxis: chartdraw.YAxisSecondary, XValues: l.X, YValues: l.Y,
			Style: chartdraw.Style{ClassName: l.Class, StrokeColor: ink, StrokeWidth: 2, DotColor: ink, DotWidth: l.Dots},
		})
	}
	var out bytes.Buffer
	if err := c.Render(newClassed, &out); err != nil {
		return template.HTML("<text x=\"8\" y=\"24\" class=\"axis text\">" + template.HTMLEscapeString(err.Error()) + "</text>") //nolint:gosec // escaped
	}
	_, inner, _ := strings.Cut(out.String(), ">")
	return template.HTML(strings.TrimSuffix(inner, "</svg>") + m.over.String()) //nolint:gosec // the library escapes texts, and so does over
}

// marks draws boxes and upright lines, and over them what they say.
type marks struct {
	*sketch
	over strings.Builder
}

var _ chartdraw.Series = (*marks)(nil)

func (m *marks) GetName() string               { return "" }
func (m *marks) GetYAxis() chartdraw.YAxisType { return chartdraw.YAxisSecondary }
func (m *marks) GetStyle() chartdraw.Style     { return chartdraw.Style{} }
func (m *marks) Validate() error               { return nil }

// Render draws them.
func (m *marks) Render(r chartdraw.Renderer, canvas chartdraw.Box, x, y chartdraw.Range, _ chartdraw.Style) {
	for _, k := range m.Marks {
		b := chartdraw.Box{
			Left: canvas.Left + x.Translate(k.X0), Right: canvas.Left + x.Translate(k.X1),
			Top: canvas.Bottom - y.Translate(k.Y1), Bottom: canvas.Bottom - y.Translate(k.Y0), IsSet: true,
		}
		b.Right = max(b.Right, b.Left+2)
		if k.Class != "" {
			chartdraw.Draw.Box(r, b, chartdraw.Style{ClassName: k.Class, FillColor: ink})
		}
		if k.Tall {
			b.Top, b.Bottom = canvas.Top, canvas.Bottom
		}
		m.say(b, k.Text)
	}
	for _, l := range m.Rules {
		at := canvas.Left + x.Translate(l.X)
		r.SetClassName(l.Class)
		r.MoveTo(at, canvas.Top)
		r.LineTo(at, canvas.Bottom)
		r.Stroke()
		m.say(chartdraw.Box{Left: at - 4, Right: at + 4, Top: canvas.Top, Bottom: canvas.Bottom}, l.Text)
	}
}

// say makes a place tell a text.
func (m *marks) say(b chartdraw.Box, text string) {
	fmt.Fprintf(&m.over, `<rect class="hit" x="%d" y="%d" width="%d" height="%d"><title>%s</title></rect>`, b.Left, b.Top, b.Right-b.Left, max(1, b.Bottom-b.Top), template.HTMLEscapeString(text))
}

// A classed renderer never writes a style: what has no class of its own is part of an axis.
type classed struct{ chartdraw.Renderer }

func newClassed(width, height int) chartdraw.Renderer {
	r := classed{chartdraw.SVG(width, height)}
	r.SetClassName("")
	return r
}

// SetClassName sets the class of what is drawn next.
func (c classed) SetClassName(name string) { c.Renderer.SetClassName(cmp.Or(name, "axis")) }

// ResetStyle forgets all but that.
func (c classed) ResetStyle() {
	c.Renderer.ResetStyle()
	c.SetClassName("")
}

// ticks are as many values from 0 to the top, with their texts.
func ticks(top float64, n int, text func(float64) string) (all []chartdraw.Tick) {
	for i := range n {
		value := top * float64(i) / float64(n-1)
		all = append(all, chartdraw.Tick{Value: value, Label: text(value)})
	}
	return all
}
