package sigma

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A Bound is one side of what a measured number must lie within.
type Bound struct {
	Is   string // gt, gte, lt, lte, eq or neq
	Than string // a decimal number
}

var decimal = regexp.MustCompile(`^[+-]?\d+(\.\d{1,9})?$`)

// readMeasure reads the condition of a correlation over numbers. A median is the percentile 50.
func (c *Correlation) readMeasure(n *yaml.Node) error {
	kind := c.Kind
	if kind == "value_median" {
		c.Kind, c.Percentile = ValuePercentile, "50"
	}
	if c.Fields = list(n, "field"); len(c.Fields) != 1 {
		return fmt.Errorf("%s: its condition needs one field", kind)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, n.Content[i+1]
		var err error
		switch {
		case key == "field":
		case key == "percentile" && kind == ValuePercentile:
			err = c.readPercentile(v)
		case slices.Contains([]string{"gt", "gte", "lt", "lte", "eq", "neq"}, key):
			err = c.readBound(key, v)
		default:
			err = fmt.Errorf("condition has an unknown key %s", key)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case c.Kind == ValuePercentile && c.Percentile == "":
		return errors.New("value_percentile: the condition says no percentile, and the specification not which one is meant")
	case len(c.Bounds) == 0 || len(c.Bounds) > 2:
		return fmt.Errorf("%s: its condition needs one or two of gt, gte, lt, lte, eq and neq", kind)
	}
	return nil
}

func (c *Correlation) readBound(is string, v *yaml.Node) error {
	if c.Kind == ValueSum && is != "gt" && is != "gte" {
		return fmt.Errorf("condition %s: a sum that may still grow decides nothing; that of a span which has just begun is below every bound", is)
	}
	text := numberText(v)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal.MatchString(text) || f < -1e15 || f > 1e15 {
		return fmt.Errorf("condition %s: %q is no decimal number up to 10^15 with nine decimals at most", is, v.Value)
	}
	c.Bounds = append(c.Bounds, Bound{is, text})
	return nil
}

func (c *Correlation) readPercentile(v *yaml.Node) error {
	text := numberText(v)
	_, decimals, _ := strings.Cut(text, ".")
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal.MatchString(text) || f < 0 || f > 100 || len(decimals) > 4 {
		return fmt.Errorf("percentile %q: it is a number from 0 to 100 with four decimals at most", v.Value)
	}
	c.Percentile = text
	return nil
}
