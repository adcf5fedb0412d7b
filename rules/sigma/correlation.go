package sigma

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
	"tocsin/internal/fault"
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

	places  []*yaml.Node                 // of Rules
	aliases map[string]map[string]string // alias -> rule -> field
	found   refusals
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
	if at == nil || ownField(n, at) {
		return nil, nil //nolint:nilnil // no correlation and nothing wrong
	}
	c := &Correlation{Head: head(n), Kind: Kind(scalar(at, "type")), Rules: list(at, "rules"), GroupBy: list(at, "group-by"), Node: textPlace(at)}
	if at.Kind != yaml.MappingNode {
		return c, &Refusal{Node: at, Reason: "correlation is no mapping", Remedy: "write type, rules, group-by, timespan and condition below it"}
	}
	for i := 0; i+1 < len(at.Content); i += 2 {
		if k := at.Content[i]; !slices.Contains(correlationKeys, k.Value) {
			c.found.say(k, fault.DidYouMean(k.Value, correlationKeys), "correlation: unknown key %s", k.Value)
		}
	}
	generate := member(n, "generate")
	if inside := member(at, "generate"); inside != nil {
		generate = inside // where pySigma reads it
	}
	c.Generate = generate != nil && generate.Value == "true"
	c.readRules(at)
	c.readAliases(member(at, "aliases"))
	c.readSpan(at)
	c.readCondition(at)
	c.Head.Conditions = []string{string(c.Kind) + " of " + strings.Join(c.Rules, ", ")}
	return c, c.found.joined()
}

// Place is where the correlation names rule number i.
func (c *Correlation) Place(i int) *yaml.Node {
	if i < len(c.places) {
		return c.places[i]
	}
	return c.Node
}

// say notes what is wrong.
func (c *Correlation) say(n *yaml.Node, remedy, format string, args ...any) {
	c.found.say(n, remedy, "correlation: "+format, args...)
}

func (c *Correlation) readRules(at *yaml.Node) {
	n := cmpNode(member(at, "rules"), at)
	condition := member(at, "condition")
	if n == at && condition != nil && condition.Kind == yaml.ScalarNode { // an expression names them
		for _, w := range words(condition.Value) {
			if !slices.Contains(c.Rules, w.text) && !slices.Contains([]string{"and", "or", "not", "(", ")"}, strings.ToLower(w.text)) {
				c.Rules = append(c.Rules, w.text)
			}
		}
	}
	switch {
	case len(c.Rules) == 0:
		c.say(n, "add rules: with ids or names", "it names no rules")
	case len(c.Rules) > maxRefs:
		c.say(n, "correlate a part of them and chain the correlations", "it names %d rules: the limit is %d", len(c.Rules), maxRefs)
	}
	if member(at, "rules") != nil && len(n.Content) == len(c.Rules) {
		for _, one := range n.Content {
			c.places = append(c.places, place(one))
		}
	}
	for i, r := range c.Rules {
		if slices.Contains(c.Rules[:i], r) {
			c.say(n.Content[i], "leave one of them out", "it names %s twice", r)
		}
	}
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

func (c *Correlation) readAliases(n *yaml.Node) {
	c.aliases = map[string]map[string]string{}
	if n == nil {
		return
	}
	const form = "write alias: {rule name: field}"
	if n.Kind != yaml.MappingNode {
		c.say(n, form, "aliases are no mapping")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		of, by := n.Content[i+1], map[string]string{}
		if of.Kind != yaml.MappingNode {
			c.say(of, form, "alias %s is no mapping of rules to fields", n.Content[i].Value)
			continue
		}
		for j := 0; j+1 < len(of.Content); j += 2 {
			by[of.Content[j].Value] = of.Content[j+1].Value
		}
		c.aliases[n.Content[i].Value] = by
	}
}

// readSpan reads a number and s, m, h, d or w.
func (c *Correlation) readSpan(at *yaml.Node) {
	units := map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	s := scalar(at, "timespan")
	if s == "" {
		c.say(cmpNode(member(at, "timespan"), at), "add timespan: 5m", "it has no timespan")
		return
	}
	n, err := strconv.Atoi(s[:len(s)-1])
	unit := units[s[len(s)-1]]
	if err != nil || unit == 0 || n <= 0 || time.Duration(n) > maxSpan/unit {
		c.say(member(at, "timespan"), "write 90s, 5m, 24h or 7d", "timespan %q: it is a number and s, m, h, d or w, ten years at most", s)
		return
	}
	c.Span = time.Duration(n) * unit
}

const maxSpan = 10 * 365 * 24 * time.Hour

// readCondition reads what must be counted.
func (c *Correlation) readCondition(at *yaml.Node) {
	n := member(at, "condition")
	switch c.Kind {
	case EventCount, ValueCount:
		if c.Fields = list(n, "field"); (c.Kind == ValueCount) != (len(c.Fields) > 0) {
			remedy := "leave field out, or write type: value_count"
			if c.Kind == ValueCount {
				remedy = "add field: with the field whose values are counted"
			}
			c.say(cmpNode(member(n, "field"), cmpNode(n, at)), remedy, "%s: field belongs to value_count, which needs it", c.Kind)
		}
		c.AtLeast = c.threshold(n, at)
	case Temporal:
		c.readTemporal(n, at)
	case Ordered:
		c.AtLeast = len(c.Rules)
		if n == nil {
			return
		}
		if n.Kind == yaml.ScalarNode {
			c.say(n, "write type: temporal, or name only the rules that must match, in their order",
				"temporal_ordered with an expression: the specification does not say where in the order the other branch of an or stands")
			return
		}
		if least := c.threshold(n, at); least > 0 && least != len(c.Rules) {
			c.say(n, "leave the condition out, or name only the rules that must match",
				"temporal_ordered of %d rules of which %d must match: it is said exactly of all of them alone", len(c.Rules), least)
		}
	case ValueSum, ValueAverage, ValuePercentile, "value_median":
		c.readMeasure(n, at)
	case "":
		c.say(at, "add type: one of "+strings.Join(kindNames, ", "), "it has no type")
	default:
		c.say(cmpNode(member(at, "type"), at), fault.DidYouMean(string(c.Kind), kindNames), "unknown type %q", c.Kind)
	}
}

var kindNames = []string{"event_count", "temporal", "temporal_ordered", "value_avg", "value_count", "value_median", "value_percentile", "value_sum"}

const lowerBounds = "leave it out; for too little of something there are native rules of the kinds silence and absence"

// threshold is the least count for which the condition holds; 0 where it says none, which is noted.
func (c *Correlation) threshold(n, at *yaml.Node) (least int) {
	if n == nil || n.Kind != yaml.MappingNode {
		c.say(cmpNode(n, at), "add condition: {gte: 10}", "it has no condition with gte or gt")
		return 0
	}
	before := len(c.found)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, v := n.Content[i].Value, n.Content[i+1]
		switch {
		case key == "field":
		case slices.Contains([]string{"lt", "lte", "eq", "neq"}, key):
			c.say(n.Content[i], lowerBounds, "condition %s: only gte and gt hold for good once they hold; a count that may still grow decides nothing", key)
		case key != "gte" && key != "gt":
			c.say(n.Content[i], fault.DidYouMean(key, []string{"gte", "gt", "field"}), "condition has an unknown key %s", key)
		case least > 0:
			c.say(n.Content[i], "leave one of them out", "condition says gte and gt")
		default:
			least = c.count(key, v)
		}
	}
	if least == 0 && len(c.found) == before {
		c.say(n, "add gte: 10", "condition has neither gte nor gt")
	}
	return least
}

func (c *Correlation) count(key string, v *yaml.Node) int {
	count, err := strconv.Atoi(numberText(v))
	if err != nil {
		c.say(v, "write it in decimal", "condition %s: %q is no whole number", key, v.Value)
		return 0
	}
	if key == "gt" {
		count++
	}
	if count < 1 || count > maxCount {
		c.say(v, "", "condition %s %s: at least 1 and at most %d can be counted", key, v.Value, maxCount)
		return 0
	}
	return count
}

// maxCount is the most that a key of the engine counts.
const maxCount = 1_000_000

// readTemporal makes clauses of a condition: none means all rules, a number so many of them, a text is an expression
// over the rules' names.
func (c *Correlation) readTemporal(n, at *yaml.Node) {
	all := len(c.Rules)
	least := all
	switch {
	case n == nil:
	case n.Kind == yaml.ScalarNode:
		c.readExtended(n)
		return
	case scalar(n, "eq") == strconv.Itoa(all) && len(n.Content) == 2: // there are no more
	default:
		if least = c.threshold(n, at); least == 0 {
			return
		}
		if least > all {
			c.say(n, "name more rules, or ask for fewer", "temporal of %d rules of which %d must match: it never holds", all, least)
			return
		}
	}
	// At least k of n hold where of every n-k+1 of them one does.
	if all > 16 && least < all {
		c.say(n, "name fewer rules, or ask for all of them", "temporal of %d rules of which %d must match: the limit is 16 rules", all, least)
		return
	}
	if least == all {
		for i := range min(all, maxRefs) {
			c.Clauses = append(c.Clauses, 1<<i)
		}
		return
	}
	for set := uint64(1); set < 1<<all; set++ {
		if bits.OnesCount64(set) == all-least+1 {
			c.Clauses = append(c.Clauses, set)
		}
	}
	if len(c.Clauses) > maxClauses {
		c.say(n, "name fewer rules", "temporal of %d rules of which %d must match: %d ways to miss it, the limit is %d", all, least, len(c.Clauses), maxClauses)
	}
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
	return "", wrong("add "+cmpText(r.Name, r.ID)+": and its field below the alias", "alias %s says nothing of rule %s", name, cmpText(r.Name, r.ID))
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
			return nil, refusalOf("correlation: ", err, c.Node)
		}
		fields = append(fields, field)
	}
	made, refusal := p.variants(r, fields)
	if refusal != nil {
		for _, one := range refusal.All() { // the rule may stand in another file
			one.Node, one.Offset, one.Reason = c.Node, 0, fmt.Sprintf("correlation: rule %s: %s", cmpText(r.Name, r.ID), one.Reason)
		}
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
