package rules

import (
	"regexp"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// The words of kind measure.
var (
	measures    = []string{"sum", "average", "percentile"}
	comparisons = []string{"gt", "gte", "lt", "lte", "eq", "neq"}
)

var decimal = regexp.MustCompile(`^[+-]?\d+(\.\d+)?$`)

// maxMeasured bounds what numbers are compared with; numbers themselves may be larger.
const maxMeasured = 1e15

// bounded reports whether a text is a number that kind measure can compare with exactly.
func bounded(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	_, places := cutDecimals(s)
	return decimal.MatchString(s) && err == nil && f >= -maxMeasured && f <= maxMeasured && places <= 9
}

func cutDecimals(s string) (whole string, places int) {
	for i := range len(s) {
		if s[i] == '.' {
			return s[:i], len(s) - i - 1
		}
	}
	return s, 0
}

// readBounds reads one bound or two.
func (d *draft) readBounds(v *yaml.Node) {
	readers := map[string]func(*yaml.Node){}
	for _, is := range comparisons {
		readers[is] = func(n *yaml.Node) {
			if n.Kind != yaml.ScalarNode || !bounded(n.Value) {
				d.fault(n, "write it in decimal: 1000000, 0.5", "bounds are numbers of up to nine decimals, a thousand million millions at most")
				return
			}
			d.rule.Correlate.Bounds = append(d.rule.Correlate.Bounds, Bound{is, n.Value})
		}
	}
	d.by(v, "bounds", boundKeys(), readers)
	if v.Kind == yaml.MappingNode && (len(v.Content) == 0 || len(v.Content) > 4) {
		d.fault(v, "write {gt: 100}, or {gt: 100, lte: 200}", "bounds are one or two")
	}
}

func (d *draft) readPercentile(v *yaml.Node) {
	f, err := strconv.ParseFloat(v.Value, 64)
	if _, places := cutDecimals(v.Value); v.Kind != yaml.ScalarNode || err != nil || !decimal.MatchString(v.Value) || f < 0 || f > 100 || places > 4 {
		d.fault(v, "50 is the median", "percentile is a number from 0 to 100, of up to four decimals")
		return
	}
	d.rule.Correlate.Percentile = v.Value
}

// measure checks what only a measure can get wrong.
func (d *draft) measure(v *yaml.Node) {
	c := &d.rule.Correlate
	c.AtLeast = 1
	switch {
	case c.Measure == "percentile" && c.Percentile == "":
		d.fault(v, "add percentile: 50 for the median", "measure: percentile does not say which")
	case c.Measure != "percentile" && c.Percentile != "":
		d.fault(v, "leave it out, or write measure: percentile", "percentile belongs to measure: percentile")
	case c.Measure == "sum" && slices.ContainsFunc(c.Bounds, func(b Bound) bool { return b.Is != "gt" && b.Is != "gte" }):
		d.fault(v, "leave it out; for too little of something there are the kinds silence and absence", "a sum has lower bounds alone, gt and gte: that of a window which has just begun is below every bound")
	}
}
