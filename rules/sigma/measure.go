package sigma

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// A Bound is one side of what a measured number must lie within.
type Bound struct {
	Is   string // gt, gte, lt, lte, eq or neq
	Than string // a decimal number
}

var decimal = regexp.MustCompile(`^[+-]?\d+(\.\d{1,9})?$`)

// readMeasure reads the condition of a correlation over numbers. A median is the percentile 50.
func (c *Correlation) readMeasure(n, at *yaml.Node) {
	kind, before := c.Kind, len(c.found)
	if kind == "value_median" {
		c.Kind, c.Percentile = ValuePercentile, "50"
	}
	if c.Fields = list(n, "field"); len(c.Fields) != 1 {
		c.say(cmpNode(member(n, "field"), cmpNode(n, at)), "add field: with the field whose numbers are meant", "%s: its condition needs one field", kind)
	}
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			c.readMeasured(kind, n.Content[i], n.Content[i+1])
		}
	}
	if len(c.found) > before {
		return
	}
	switch {
	case c.Kind == ValuePercentile && c.Percentile == "":
		c.say(n, "add percentile: 0 to 100", "value_percentile: the condition says no percentile, and the specification not which one is meant")
	case len(c.Bounds) == 0 || len(c.Bounds) > 2:
		c.say(n, "write {field: x, gt: 100}, or a range {gt: 100, lte: 200}", "%s: its condition needs one or two of gt, gte, lt, lte, eq and neq", kind)
	}
}

var comparisons = []string{"gt", "gte", "lt", "lte", "eq", "neq"}

func (c *Correlation) readMeasured(kind Kind, key, v *yaml.Node) {
	switch {
	case key.Value == "field":
	case key.Value == "percentile" && kind == ValuePercentile:
		c.readPercentile(v)
	case slices.Contains(comparisons, key.Value):
		c.readBound(key, v)
	default:
		c.say(key, fault.DidYouMean(key.Value, append([]string{"field"}, comparisons...)), "condition has an unknown key %s", key.Value)
	}
}

func (c *Correlation) readBound(key, v *yaml.Node) {
	is := key.Value
	if c.Kind == ValueSum && is != "gt" && is != "gte" {
		c.say(key, lowerBounds, "condition %s: a sum that may still grow decides nothing; that of a span which has just begun is below every bound", is)
		return
	}
	text := numberText(v)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal.MatchString(text) || f < -1e15 || f > 1e15 {
		c.say(v, "write it in decimal: 1000000, 0.5", "condition %s: %q is no decimal number up to 10^15 with nine decimals at most", is, v.Value)
		return
	}
	c.Bounds = append(c.Bounds, Bound{is, text})
}

func (c *Correlation) readPercentile(v *yaml.Node) {
	text := numberText(v)
	_, decimals, _ := strings.Cut(text, ".")
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal.MatchString(text) || f < 0 || f > 100 || len(decimals) > 4 {
		c.say(v, "50 is the median", "percentile %q: it is a number from 0 to 100 with four decimals at most", v.Value)
		return
	}
	c.Percentile = text
}
