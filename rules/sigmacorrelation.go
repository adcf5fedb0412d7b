package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
	"tocsin/internal/fault"
	"tocsin/rules/sigma"
)

// named are the drafts that a correlation may mean by an id or a name.
func (l *loader) named(ref string) []*sigmaDraft {
	var out []*sigmaDraft
	for _, d := range l.sigmaDrafts {
		if strings.EqualFold(ref, d.rule.ID) || d.rule.Name != "" && ref == d.rule.Name {
			out = append(out, d)
		}
	}
	return out
}

// nearName is what helps where no rule has a name.
func (l *loader) nearName(ref string) string {
	var names []string
	for _, d := range l.sigmaDrafts {
		if d.rule.Name != "" {
			names = append(names, d.rule.Name)
		}
	}
	if near := fault.Nearest(ref, names); near != "" {
		return "did you mean " + near + "?"
	}
	return "add name: " + ref + " to the rule that is meant, or write its id here"
}

// silence marks the rules that correlations use and that make no events of their own: all, unless a correlation that
// uses them says generate.
func (l *loader) silence() {
	loud := map[*sigmaDraft]bool{}
	for _, d := range l.sigmaDrafts {
		if d.correlation == nil {
			continue
		}
		for _, ref := range d.correlation.Rules {
			for _, one := range l.named(ref) {
				one.used, one.silent = true, true
				loud[one] = loud[one] || d.correlation.Generate
			}
		}
	}
	for d := range loud {
		d.silent = !loud[d]
	}
}

// readings are the ways in which a correlation reads alerts for one of the rules that it names: for a rule those of its
// kinds of record, for another correlation its events.
func (l *loader) readings(p *sigma.Pipelines, d, of *sigmaDraft, i int) ([]sigma.Reading, *sigma.Refusal) {
	c := d.correlation
	if of.correlation == nil {
		return p.CompileFor(c, of.rule)
	}
	refuse := func(remedy, format string, args ...any) ([]sigma.Reading, *sigma.Refusal) {
		return nil, &sigma.Refusal{Node: c.Place(i), Reason: "correlation: " + fmt.Sprintf(format, args...), Remedy: remedy}
	}
	inner, refusal := l.made(p, of)
	if refusal != nil {
		return refuse(refusal.Remedy, "%s cannot be used: %s", cmp.Or(of.rule.Name, of.rule.ID), refusal.Reason)
	}
	if d.depth = max(d.depth, of.depth+1); d.depth >= maxRank {
		return refuse("correlate alerts more directly", "a chain of more than %d correlations", maxRank)
	}
	out := sigma.Reading{Tree: expression.Covers("tocsin.rule.id", expression.Glob{{Text: inner.ID}}, true)}
	for k, name := range append(slices.Clone(c.GroupBy), c.Fields...) {
		field, err := c.Field(name, of.rule)
		at := slices.Index(of.correlation.GroupBy, field)
		switch {
		case err != nil:
			return refuse("add it to the alias", "%s", err)
		case at < 0:
			return refuse("group the inner one by it too, or say with aliases which of its fields is meant", "%s is a correlation, and the events of one have the fields that it groups by, not %s", cmp.Or(of.rule.Name, of.rule.ID), field)
		case k < len(c.GroupBy):
			out.Group = append(out.Group, []string{inner.Correlate.GroupBy[at]})
		default:
			out.Values = append(out.Values, []string{inner.Correlate.GroupBy[at]})
		}
	}
	d.chained = true
	return []sigma.Reading{out}, nil
}

// part is one way in which a correlation reads alerts: what one of its rules asks of one kind of record.
type part struct {
	sigma.Reading
	rule int // of the correlation's
}

// correlate makes of a correlation the kind of rule that it comes to.
func (l *loader) correlate(p *sigma.Pipelines, d *sigmaDraft, r *Rule) *sigma.Refusal {
	c := d.correlation
	if len(c.GroupBy) > maxGroup {
		return refuseCorrelation(c.Node, "leave some of them out", "it groups by %d fields: the limit is %d", len(c.GroupBy), maxGroup)
	}
	parts, refusal := l.partsOf(p, d, r)
	if refusal != nil {
		return refusal
	}
	r.Correlate = Correlate{Span: c.Span, Quiet: c.Span, MaxOpen: defaultMaxOpen, OnMissing: Drop}
	steps := l.kindOf(c, r)
	if r.Correlate.Kind == Sequence && len(steps) > maxSteps {
		return refuseCorrelation(c.Node, "correlate a part of them and chain the correlations", "temporal_ordered of %d rules: the limit is %d", len(steps), maxSteps)
	}
	if err := l.compileParts(c, r, parts, steps); err != nil {
		return refuseCorrelation(c.Node, "", "%s", err)
	}
	if d.chained {
		nodes := make([]*yaml.Node, len(r.conditions))
		for i := range nodes {
			nodes[i] = c.Node
		}
		l.chains[r] = &chainDraft{reader: d.reader, nodes: nodes}
	}
	return nil
}

func refuseCorrelation(n *yaml.Node, remedy, format string, args ...any) *sigma.Refusal {
	return &sigma.Refusal{Node: n, Reason: "correlation: " + fmt.Sprintf(format, args...), Remedy: remedy}
}

// partsOf reads the rules that a correlation is of, in their order. All that keeps them from being read comes at once.
func (l *loader) partsOf(p *sigma.Pipelines, d *sigmaDraft, r *Rule) ([]part, *sigma.Refusal) {
	c := d.correlation
	var parts []part
	var first *sigma.Refusal
	for i, ref := range c.Rules {
		found := l.named(ref)
		var readings []sigma.Reading
		var refusal *sigma.Refusal
		switch {
		case len(found) == 0:
			refusal = refuseCorrelation(c.Place(i), l.nearName(ref), "no rule has the id or name %s", ref)
		case len(found) > 1:
			refusal = refuseCorrelation(c.Place(i), "name it by its id", "%d rules have the id or name %s", len(found), ref)
		default:
			readings, refusal = l.readings(p, d, found[0], i)
		}
		switch {
		case refusal != nil && first == nil:
			first = refusal
		case refusal != nil:
			first.More = append(first.More, refusal.All()...)
		case first == nil:
			for _, reading := range readings {
				parts = append(parts, part{reading, i})
			}
			l.inherit(p, r, found[0].rule)
		}
	}
	return parts, first
}

// inherit takes from a rule of a correlation what the correlation does not say itself.
func (l *loader) inherit(p *sigma.Pipelines, r *Rule, of *sigma.Rule) {
	groupBy, entities := p.About(of)
	if r.Incident.GroupBy == nil {
		r.Incident.GroupBy = slices.Clone(groupBy)
	}
	for _, e := range entities {
		if f := EntityField(e); !slices.Contains(r.Entities, f) {
			r.Entities = append(r.Entities, f)
		}
	}
	for _, tag := range of.Tags {
		if !slices.Contains(r.Tags, tag) {
			r.Tags = append(r.Tags, tag)
		}
	}
	if r.Category == undetermined {
		r.Category = sigmaCategory(r.Tags, l.opts.Categories)
	}
}

// measureOf are the measures of Sigma's kinds.
var measureOf = map[sigma.Kind]string{sigma.ValueSum: "sum", sigma.ValueAverage: "average", sigma.ValuePercentile: "percentile"}

// kindOf decides the kind and returns, for each of its conditions, which of the correlation's rules mean it.
func (l *loader) kindOf(c *sigma.Correlation, r *Rule) []uint64 {
	all := uint64(1)<<len(c.Rules) - 1
	k := &r.Correlate
	switch c.Kind {
	case sigma.EventCount:
		k.Kind, k.AtLeast = Count, c.AtLeast
		return []uint64{all}
	case sigma.ValueCount:
		k.Kind, k.AtLeast, k.Field = Distinct, c.AtLeast, strings.Join(c.Fields, ",")
		return []uint64{all}
	case sigma.ValueSum, sigma.ValueAverage, sigma.ValuePercentile:
		k.Kind, k.AtLeast, k.Field, k.Measure, k.Percentile = Measure, 1, c.Fields[0], measureOf[c.Kind], c.Percentile
		for _, b := range c.Bounds {
			k.Bounds = append(k.Bounds, Bound(b))
		}
		return []uint64{all}
	}
	clauses := c.Clauses
	k.Kind = SetOf
	if c.Kind == sigma.Ordered {
		k.Kind, clauses = Sequence, nil
		for i := range c.Rules {
			clauses = append(clauses, 1<<i)
		}
	}
	if len(clauses) == 1 {
		k.Kind, k.AtLeast = Count, 1
		return clauses
	}
	k.AtLeast = len(clauses)
	k.Steps = stepsOf(clauses, c.Rules, k.Kind)
	return clauses
}

// stepsOf names each clause's rules as a step.
func stepsOf(clauses []uint64, rules []string, kind Kind) []Step {
	var steps []Step
	for _, clause := range clauses {
		var names []string
		for i, ref := range rules {
			if clause&(1<<i) != 0 {
				names = append(names, ref)
			}
		}
		step := Step{When: strings.Join(names, " or ")}
		if kind == Sequence {
			step.AtLeast = 1
		}
		steps = append(steps, step)
	}
	return steps
}

// compileParts compiles what the parts ask. Where all of them have the group key and the values in the same fields the
// rule is one like any other; else it has a variant for each.
func (l *loader) compileParts(c *sigma.Correlation, r *Rule, parts []part, steps []uint64) error {
	if plainFields(parts) {
		for i := range c.GroupBy {
			r.Correlate.GroupBy = append(r.Correlate.GroupBy, parts[0].Group[i][0])
		}
		if len(c.Fields) == 1 {
			r.Correlate.Field = parts[0].Values[0][0]
		}
		for i, step := range steps {
			var trees []expression.Tree
			for _, p := range parts {
				if step&(1<<p.rule) != 0 {
					trees = append(trees, p.Tree)
				}
			}
			text := strings.Join(c.Rules, " or ")
			if len(r.Correlate.Steps) > i {
				text = r.Correlate.Steps[i].When
			}
			if err := l.condition(r, text, expression.Some(trees...)); err != nil {
				return err
			}
		}
		return nil
	}
	if len(parts) > maxConditions {
		return fmt.Errorf("its rules read alerts in %d different ways: the limit is %d", len(parts), maxConditions)
	}
	r.Correlate.GroupBy = groupNames(c, parts)
	for _, p := range parts {
		v := variant{Group: p.Group, Values: p.Values}
		for i, step := range steps {
			if step&(1<<p.rule) != 0 {
				v.Steps |= 1 << i
			}
		}
		if err := l.condition(r, c.Rules[p.rule], p.Tree); err != nil {
			return err
		}
		r.variants = append(r.variants, v)
	}
	return nil
}

// condition adds a condition to a rule.
func (l *loader) condition(r *Rule, text string, tree expression.Tree) error {
	x, err := l.table.Build(text, tree)
	if err != nil {
		return err
	}
	r.conditions = append(r.conditions, x)
	if l.trees != nil {
		l.trees[r.ID] = append(l.trees[r.ID], tree)
	}
	return nil
}

// plainFields reports whether all parts have the group key in the same fields, and one value at most.
func plainFields(parts []part) bool {
	for _, p := range parts {
		if len(p.Values) > 1 {
			return false
		}
		for _, fields := range slices.Concat(p.Group, p.Values) {
			if len(fields) != 1 {
				return false
			}
		}
		same := func(a, b [][]string) bool { return slices.EqualFunc(a, b, slices.Equal[[]string]) }
		if !same(p.Group, parts[0].Group) || !same(p.Values, parts[0].Values) {
			return false
		}
	}
	return true
}

// groupNames are what an event calls the members of its group key: the field, where its first place is the same for all, else what
// the correlation calls it.
func groupNames(c *sigma.Correlation, parts []part) []string {
	var names []string
	for i, name := range c.GroupBy {
		first := ""
		for _, p := range parts {
			switch {
			case first != "" && first != p.Group[i][0]:
				first = name
			default:
				first = cmp.Or(first, p.Group[i][0])
			}
		}
		names = append(names, first)
	}
	return names
}
