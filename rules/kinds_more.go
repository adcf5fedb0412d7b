package rules

import (
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// maxTactics is how many tactics ATT&CK has for enterprises.
const maxTactics = 14

// readScore reads what an event adds: a field of numbers, or a number of points.
func (d *draft) readScore(v *yaml.Node) {
	c := &d.rule.Correlate
	if n, err := strconv.Atoi(v.Value); v.Kind == yaml.ScalarNode && err == nil {
		if n < 1 || n > maxAtLeast {
			d.fault(v, "", "a score from 1 to %d is wanted here", maxAtLeast)
		}
		c.Points = n
		return
	}
	if v.Kind == yaml.ScalarNode && v.Value == "rule.risk" {
		c.Field = "tocsin.rule.risk"
		return
	}
	faults := d.found
	d.field(&c.Field)(v)
	if typ, _ := d.l.lookup(c.Field); d.found == faults && typ != expression.Number && typ != expression.Any {
		d.fault(v, "write score: rule.risk, or a number", "%s holds no numbers", c.Field)
	}
}

func (d *draft) readLearn(v *yaml.Node) {
	d.learn = true
	d.duration(&d.rule.Correlate.Learn)(v)
}

// history works out how long kind first_seen learns.
func (d *draft) history(v *yaml.Node) {
	c := &d.rule.Correlate
	if !d.learn {
		c.Learn = c.History
	}
	for _, f := range c.Values {
		if slices.Contains(c.GroupBy, f) {
			d.fault(v, "leave it out of one of the two", "every group has one value of %s only: it is in group_by", f)
		}
	}
	if len(c.Values) > maxGroup {
		d.fault(v, "", "values of %d fields: the limit is %d", len(c.Values), maxGroup)
	}
	if c.Learn > 0 && c.Learn < time.Hour {
		d.lint(v, "let it learn for as long as alerts may come late, an hour or more", "it learns for %s only", c.Learn)
	}
}
