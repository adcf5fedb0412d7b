package sigma

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// selection compiles a named part of a detection: a mapping is an and, a list an or; texts by themselves are
// keywords.
func (c *compiler) selection(n *yaml.Node, depth int) (expression.Tree, error) {
	if depth > maxNesting {
		return expression.Tree{}, fmt.Errorf("detection nests deeper than %d", maxNesting)
	}
	switch n.Kind {
	case yaml.SequenceNode:
		var kids []expression.Tree
		for _, m := range n.Content {
			kid, err := c.selection(m, depth+1)
			if err != nil {
				return kid, err
			}
			kids = append(kids, kid)
		}
		if len(kids) == 0 {
			return expression.Tree{}, errors.New("a selection is an empty list")
		}
		return expression.Some(kids...), nil
	case yaml.MappingNode:
		var kids []expression.Tree
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if seen[name] {
				return expression.Tree{}, fmt.Errorf("a selection says %s twice", name)
			}
			seen[name] = true
			kid, err := c.item(name, n.Content[i+1])
			if err != nil {
				return kid, err
			}
			kids = append(kids, kid)
		}
		if len(kids) == 0 {
			return expression.Tree{}, errors.New("a selection is an empty mapping")
		}
		return expression.All(kids...), nil
	case yaml.ScalarNode:
		return c.item("", n)
	default:
		return expression.Tree{}, errors.New("a selection is neither mapping nor list")
	}
}

// An item is one line of a selection: a field with its modifiers, and one of its values after the other.
type item struct {
	field string
	plan
	values *valueMap // of the pipeline
}

// plan is what the modifiers of an item come to.
type plan struct {
	all, exact, negate   bool
	open, shut           bool   // any text before, after
	how                  string // "", re, cidr, exists, fieldref, <, <=, >, >=
	flags                string
	encodings            []string // in their order
	expand               bool
	contains, start, end bool
}

var orders = map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

func planOf(modifiers []string) (plan, error) {
	var p plan
	for _, m := range modifiers {
		switch m {
		case "all":
			p.all = true
		case "cased":
			p.exact = true
		case "neq":
			p.negate = true
		case "contains":
			p.open, p.shut, p.contains = true, true, true
		case "startswith":
			p.shut, p.start = true, true
		case "endswith":
			p.open, p.end = true, true
		case "re", "cidr", "exists", "fieldref":
			p.how = m
		case "lt", "lte", "gt", "gte":
			p.how = orders[m]
		case "i", "ignorecase":
			p.flags += "i"
		case "m", "multiline":
			p.flags += "m"
		case "s", "dotall":
			p.flags += "s"
		case "base64", "base64offset", "wide", "utf16le", "utf16be", "utf16", "windash":
			p.encodings = append(p.encodings, m)
		case "expand":
			p.expand = true
		default:
			return p, fmt.Errorf("unknown modifier %q", m)
		}
	}
	if p.flags != "" && p.how != "re" {
		return p, errors.New("flags of a regular expression without re")
	}
	if (p.how == "re" || p.how == "cidr") && (len(p.encodings) > 0 || p.open || p.shut) {
		return p, fmt.Errorf("%s together with modifiers of texts", p.how)
	}
	return p, nil
}

// item compiles one line of a selection.
func (c *compiler) item(name string, n *yaml.Node) (expression.Tree, error) {
	field, modifiers, _ := strings.Cut(name, "|")
	p := plan{}
	if modifiers != "" {
		var err error
		if p, err = planOf(strings.Split(modifiers, "|")); err != nil {
			return expression.Tree{}, fmt.Errorf("%s: %w", name, err)
		}
	}
	values := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		values = n.Content
	}
	if len(values) == 0 {
		return expression.Tree{}, fmt.Errorf("%s has no values", name)
	}
	var targets []string
	it := item{field: field, plan: p}
	if field != "" {
		var err error
		if targets, it.values, err = c.fields.find(field); err != nil {
			return expression.Tree{}, err
		}
	}
	var kids []expression.Tree
	for _, v := range values {
		if v.Kind != yaml.ScalarNode {
			return expression.Tree{}, fmt.Errorf("%s: a value is neither text nor number", name)
		}
		kid, err := c.value(it, v, targets)
		if err != nil {
			return kid, fmt.Errorf("%s: %w", cmpName(name), err)
		}
		kids = append(kids, kid)
	}
	tree := expression.Some(kids...)
	if p.all {
		tree = expression.All(kids...)
	}
	return tree, nil
}

func cmpName(name string) string {
	if name == "" {
		return "keyword"
	}
	return name
}

// value compiles one value of an item over the fields that hold it: some of them has it, or for null none of them.
func (c *compiler) value(it item, v *yaml.Node, targets []string) (expression.Tree, error) {
	if it.field == "" {
		return it.keyword(v)
	}
	var kids []expression.Tree
	absent := v.ShortTag() == "!!null" || it.how == "exists" && v.Value == "false"
	for _, target := range targets {
		var kid expression.Tree
		var err error
		switch {
		case absent || it.how == "exists":
			kid, err = presence(it, v, target, absent)
		case it.how == "fieldref":
			kid, err = c.reference(it, v, target)
		default:
			kid, err = it.test(v, target)
		}
		if err != nil {
			return kid, err
		}
		kids = append(kids, kid)
	}
	tree := expression.Some(kids...)
	if absent {
		tree = expression.All(kids...)
	}
	if it.negate {
		tree = expression.Negate(tree)
	}
	return tree, nil
}

func presence(it item, v *yaml.Node, target string, absent bool) (expression.Tree, error) {
	if it.how == "exists" && v.ShortTag() != "!!bool" {
		return expression.Tree{}, errors.New("exists takes true or false")
	}
	tree := expression.IsAbsent(target)
	if !absent {
		tree = expression.Negate(tree)
	}
	return tree, nil
}

// test compiles a value that is neither null nor a field.
func (it item) test(v *yaml.Node, target string) (expression.Tree, error) {
	switch it.how {
	case "re":
		pattern := v.Value
		if it.flags != "" {
			pattern = "(?" + it.flags + ")" + pattern
		}
		return expression.Matches(target, pattern), nil
	case "cidr":
		net, err := netip.ParsePrefix(v.Value)
		if err != nil {
			addr, err := netip.ParseAddr(v.Value)
			if err != nil {
				return expression.Tree{}, fmt.Errorf("%q is no network", v.Value)
			}
			net = netip.PrefixFrom(addr, addr.BitLen())
		}
		return expression.Within(target, net), nil
	case "<", "<=", ">", ">=":
		f, err := strconv.ParseFloat(v.Value, 64)
		if err != nil {
			return expression.Tree{}, fmt.Errorf("%q is no number", v.Value)
		}
		return expression.Compares(target, it.how, f), nil
	}
	patterns, err := it.patterns(v)
	if err != nil {
		return expression.Tree{}, err
	}
	kids := make([]expression.Tree, len(patterns))
	for i, g := range patterns {
		kids[i] = expression.Covers(target, g, it.exact)
	}
	return expression.Some(kids...), nil
}

// patterns are the patterns that a text value stands for, after its modifiers.
func (it item) patterns(v *yaml.Node) ([]expression.Glob, error) {
	s := v.Value
	if it.values != nil {
		s = it.values.of(s)
	}
	forms := []expression.Glob{glob(s)}
	if v.ShortTag() != "!!str" {
		forms[0] = literal(s)
	}
	if it.expand {
		if p := placeholder(forms[0]); p != "" {
			return nil, fmt.Errorf("placeholder %s has no values here", p)
		}
	}
	for _, encoding := range it.encodings {
		var next []expression.Glob
		for _, g := range forms {
			out, err := encoded(encoding, g)
			if err != nil {
				return nil, err
			}
			next = append(next, out...)
		}
		forms = next
	}
	for i, g := range forms {
		if it.open {
			g = append(expression.Glob{star}, g...)
		}
		if it.shut {
			g = append(slices.Clone(g), star)
		}
		forms[i] = g
	}
	return forms, nil
}

func encoded(encoding string, g expression.Glob) ([]expression.Glob, error) {
	switch encoding {
	case "windash":
		return windash(g)
	case "base64offset":
		return base64Offsets(g)
	case "base64":
		out, err := base64Of(g)
		return []expression.Glob{out}, err
	default:
		return []expression.Glob{utf16Bytes(g, encoding == "utf16be", encoding == "utf16")}, nil
	}
}

// keyword compiles a text that may stand anywhere in the record.
func (it item) keyword(v *yaml.Node) (expression.Tree, error) {
	if v.ShortTag() == "!!null" || it.how != "" {
		return expression.Tree{}, errors.New("only texts can be keywords")
	}
	it.open, it.shut = true, true
	patterns, err := it.patterns(v)
	if err != nil {
		return expression.Tree{}, err
	}
	kids := make([]expression.Tree, len(patterns))
	for i, g := range patterns {
		kids[i] = expression.Mentions(g, it.exact)
	}
	return expression.Some(kids...), nil
}

// reference compiles a comparison with another field.
func (c *compiler) reference(it item, v *yaml.Node, target string) (expression.Tree, error) {
	others, _, err := c.fields.find(v.Value)
	if err != nil {
		return expression.Tree{}, err
	}
	how := expression.Same
	switch {
	case it.contains:
		how = expression.Holds
	case it.start:
		how = expression.Begins
	case it.end:
		how = expression.Finishes
	}
	kids := make([]expression.Tree, len(others))
	for i, other := range others {
		kids[i] = expression.Relates(target, other, how, it.exact)
	}
	return expression.Some(kids...), nil
}
