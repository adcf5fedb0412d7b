package sigma

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// A Correlation is one Sigma correlation as its document says it.
type Correlation struct {
	Head       *Rule // id, name, title and what else a document says of itself; it has no detection
	Kind       Kind
	Rules      []string // ids or names, in their order
	GroupBy    []string // Sigma's field names, or aliases
	Span       time.Duration
	AtLeast    int      // event_count: alerts; value_count: values; temporal_ordered: rules
	Fields     []string // value_count: Sigma's field names, or aliases; values of several count together
	Percentile string   // value_percentile: which
	Bounds     []Bound  // value_sum, value_avg, value_percentile
	Clauses    []uint64 // temporal: of each one rule at least must have matched; bit i is the rule i
	Generate   bool     // the rules that it names are rules by themselves too
	Node       *yaml.Node

	aliases map[string]map[string]string // alias -> rule -> field
}

// A Kind is how a correlation counts.
type Kind string

// The kinds of correlation that can be said exactly.
const (
	EventCount      Kind = "event_count"
	ValueCount      Kind = "value_count"
	Temporal        Kind = "temporal"
	Ordered         Kind = "temporal_ordered"
	ValueSum        Kind = "value_sum"
	ValueAverage    Kind = "value_avg"
	ValuePercentile Kind = "value_percentile"
)

// ReadCorrelation reads the document of a correlation; nil and no refusal where the document is none.
func ReadCorrelation(n *yaml.Node) (*Correlation, *Refusal) {
	at := member(n, "correlation")
	if at == nil {
		return nil, nil //nolint:nilnil // no correlation and nothing wrong
	}
	c := &Correlation{Head: head(n), Kind: Kind(scalar(at, "type")), Rules: list(at, "rules"), GroupBy: list(at, "group-by"), Node: at}
	refuse := func(n *yaml.Node, format string, args ...any) (*Correlation, *Refusal) {
		return c, &Refusal{Node: n, Reason: "correlation: " + fmt.Sprintf(format, args...)}
	}
	for i := 0; i+1 < len(at.Content); i += 2 {
		if k := at.Content[i]; !slices.Contains(correlationKeys, k.Value) {
			return refuse(k, "unknown key %s", k.Value)
		}
	}
	generate := member(n, "generate")
	if inside := member(at, "generate"); inside != nil {
		generate = inside // where pySigma reads it
	}
	c.Generate = generate != nil && generate.Value == "true"
	if len(c.Rules) == 0 {
		return refuse(at, "it names no rules")
	}
	if len(c.Rules) > maxRefs {
		return refuse(at, "it names %d rules: the limit is %d", len(c.Rules), maxRefs)
	}
	for i, r := range c.Rules {
		if slices.Contains(c.Rules[:i], r) {
			return refuse(member(at, "rules"), "it names %s twice", r)
		}
	}
	if err := c.readAliases(member(at, "aliases")); err != nil {
		return refuse(member(at, "aliases"), "%s", err)
	}
	span, err := timespan(scalar(at, "timespan"))
	if err != nil {
		return refuse(at, "%s", err)
	}
	c.Span = span
	if err := c.readCondition(at); err != nil {
		return refuse(cmpNode(member(at, "condition"), at), "%s", err)
	}
	c.Head.Conditions = []string{string(c.Kind) + " of " + strings.Join(c.Rules, ", ")}
	return c, nil
}

var correlationKeys = []string{"type", "rules", "group-by", "timespan", "condition", "aliases", "generate"}

// maxRefs bounds the rules of a correlation: they are bits.
const maxRefs = 32

func cmpNode(n, other *yaml.Node) *yaml.Node {
	if n == nil {
		return other
	}
	return n
}

func (c *Correlation) readAliases(n *yaml.Node) error {
	c.aliases = map[string]map[string]string{}
	if n == nil {
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return errors.New("aliases are no mapping")
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		of, by := n.Content[i+1], map[string]string{}
		if of.Kind != yaml.MappingNode {
			return fmt.Errorf("alias %s is no mapping of rules to fields", n.Content[i].Value)
		}
		for j := 0; j+1 < len(of.Content); j += 2 {
			by[of.Content[j].Value] = of.Content[j+1].Value
		}
		c.aliases[n.Content[i].Value] = by
	}
	return nil
}

// timespan reads a number and s, m, h, d or w.
func timespan(s string) (time.Duration, error) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if s == "" {
		return 0, errors.New("it has no timespan")
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	unit := units[s[len(s)-1]]
	if err != nil || unit == 0 || n <= 0 || time.Duration(n) > maxSpan/unit {
		return 0, fmt.Errorf("timespan %q: it is a number and s, m, h, d or w, ten years at most", s)
	}
	return time.Duration(n) * unit, nil
}

const maxSpan = 10 * 365 * 24 * time.Hour

// readCondition reads what must be counted.
func (c *Correlation) readCondition(at *yaml.Node) error {
	n := member(at, "condition")
	switch c.Kind {
	case EventCount, ValueCount:
		c.Fields = list(n, "field")
		if (c.Kind == ValueCount) != (len(c.Fields) > 0) {
			return fmt.Errorf("%s: field belongs to value_count, which needs it", c.Kind)
		}
		least, err := threshold(n)
		c.AtLeast = least
		return err
	case Temporal:
		return c.readTemporal(n)
	case Ordered:
		if n != nil {
			least, err := threshold(n)
			if err != nil {
				return err
			}
			if least != len(c.Rules) {
				return fmt.Errorf("temporal_ordered of %d rules of which %d must match: it is said exactly of all of them alone", len(c.Rules), least)
			}
		}
		c.AtLeast = len(c.Rules)
		return nil
	case ValueSum, ValueAverage, ValuePercentile, "value_median":
		return c.readMeasure(n)
	case "":
		return errors.New("it has no type")
	default:
		return fmt.Errorf("unknown type %q", c.Kind)
	}
}

// threshold is the least count for which the condition holds.
func threshold(n *yaml.Node) (int, error) {
	if n == nil || n.Kind != yaml.MappingNode {
		return 0, errors.New("it has no condition with gte or gt")
	}
	least := 0
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, n.Content[i+1]
		if key == "field" {
			continue
		}
		if key != "gte" && key != "gt" {
			if slices.Contains([]string{"lt", "lte", "eq", "neq"}, key) {
				return 0, fmt.Errorf("condition %s: only gte and gt hold for good once they hold; a count that may still grow decides nothing", key)
			}
			return 0, fmt.Errorf("condition has an unknown key %s", key)
		}
		if least > 0 {
			return 0, errors.New("condition says gte and gt")
		}
		count, err := strconv.Atoi(v.Value)
		if err != nil {
			return 0, fmt.Errorf("condition %s: %q is no whole number", key, v.Value)
		}
		if key == "gt" {
			count++
		}
		if count < 1 || count > maxCount {
			return 0, fmt.Errorf("condition %s %s: at least 1 and at most %d can be counted", key, v.Value, maxCount)
		}
		least = count
	}
	if least == 0 {
		return 0, errors.New("condition has neither gte nor gt")
	}
	return least, nil
}

// maxCount is the most that a key of the engine counts.
const maxCount = 1_000_000

// readTemporal makes clauses of a condition: none means all rules, a number so many of them, a text is an expression
// over the rules' names.
func (c *Correlation) readTemporal(n *yaml.Node) error {
	all := len(c.Rules)
	least := all
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode:
		return c.readExtended(n.Value)
	case scalar(n, "eq") == strconv.Itoa(all) && len(n.Content) == 2: // there are no more
	default:
		var err error
		if least, err = threshold(n); err != nil {
			return err
		}
		if least > all {
			return fmt.Errorf("temporal of %d rules of which %d must match: it never holds", all, least)
		}
	}
	// At least k of n hold where of every n-k+1 of them one does.
	if all > 16 && least < all {
		return fmt.Errorf("temporal of %d rules of which %d must match: the limit is 16 rules", all, least)
	}
	if least == all {
		for i := range all {
			c.Clauses = append(c.Clauses, 1<<i)
		}
		return nil
	}
	for set := uint64(1); set < 1<<all; set++ {
		if bits.OnesCount64(set) == all-least+1 {
			c.Clauses = append(c.Clauses, set)
		}
	}
	if len(c.Clauses) > maxClauses {
		return fmt.Errorf("temporal of %d rules of which %d must match: %d ways to miss it, the limit is %d", all, least, len(c.Clauses), maxClauses)
	}
	return nil
}

// maxClauses is how many conditions a rule may have.
const maxClauses = 64

// Field is what a group field or value field is called in the events of the rule.
func (c *Correlation) Field(name string, r *Rule) (string, error) {
	by, ok := c.aliases[name]
	if !ok {
		return name, nil
	}
	for rule, field := range by {
		if rule == r.Name && rule != "" || strings.EqualFold(rule, r.ID) {
			return field, nil
		}
	}
	return "", fmt.Errorf("alias %s says nothing of rule %s", name, cmpText(r.Name, r.ID))
}

func cmpText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// A Reading is one of a correlation's rules on one kind of record, with the places where its fields stand: each in
// one of several, the first that is there.
type Reading struct {
	Tree   expression.Tree
	Group  [][]string
	Values [][]string
}

// CompileFor compiles one rule of the correlation for every kind of record that its log source may mean. Kinds of
// record that lack a group field are left out: their events belong to no group.
func (p *Pipelines) CompileFor(c *Correlation, r *Rule) ([]Reading, *Refusal) {
	var fields []string
	for _, name := range append(slices.Clone(c.GroupBy), c.Fields...) {
		field, err := c.Field(name, r)
		if err != nil {
			return nil, &Refusal{Node: c.Node, Reason: "correlation: " + err.Error()}
		}
		fields = append(fields, field)
	}
	made, refusal := p.variants(r, fields)
	if refusal != nil {
		refusal.Node, refusal.Reason = c.Node, fmt.Sprintf("correlation: rule %s: %s", cmpText(r.Name, r.ID), refusal.Reason)
		return nil, refusal
	}
	var out []Reading
	for _, v := range made {
		i := slices.IndexFunc(out, func(o Reading) bool {
			return slices.EqualFunc(append(slices.Clone(o.Group), o.Values...), v.fields, slices.Equal[[]string])
		})
		if i < 0 {
			out = append(out, Reading{Tree: v.tree, Group: v.fields[:len(c.GroupBy)], Values: v.fields[len(c.GroupBy):]})
			continue
		}
		out[i].Tree = expression.Some(out[i].Tree, v.tree)
	}
	return out, nil
}
