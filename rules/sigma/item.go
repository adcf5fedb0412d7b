package sigma

import (
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// plan is what the modifiers of an item come to.
type plan struct {
	all, exact, negate   bool
	contains, start, end bool
	how                  string // "", re, cidr, exists, fieldref, a part of a time, <, <=, >, >=
	flags                string
	steps                []string // of texts, in their order: contains, startswith, endswith and encodings
	expand               bool
}

var orders = map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

func planOf(modifiers []string) (plan, error) {
	var p plan
	for i, m := range modifiers {
		if slices.Contains(modifiers[:i], m) {
			return p, fmt.Errorf("modifier %s twice", m)
		}
		switch m {
		case "all":
			p.all = true
		case "cased":
			p.exact = true
		case "neq":
			p.negate = true
		case "contains":
			p.contains, p.steps = true, append(p.steps, m)
		case "startswith":
			p.start, p.steps = true, append(p.steps, m)
		case "endswith":
			p.end, p.steps = true, append(p.steps, m)
		case "re", "cidr", "exists", "fieldref", "lt", "lte", "gt", "gte", "minute", "hour", "day", "week", "month", "year":
			if p.how != "" {
				return p, fmt.Errorf("%s together with %s", m, p.how)
			}
			p.how = m
		case "i", "ignorecase":
			p.flags += "i"
		case "m", "multiline":
			p.flags += "m"
		case "s", "dotall":
			p.flags += "s"
		case "base64", "base64offset", "wide", "utf16le", "utf16be", "utf16", "windash":
			p.steps = append(p.steps, m)
		case "expand":
			p.expand = true
		default:
			return p, fmt.Errorf("unknown modifier %q", m)
		}
	}
	return p, p.check()
}

// check refuses modifiers that do not go together.
func (p plan) check() error {
	switch {
	case p.flags != "" && p.how != "re":
		return errors.New("flags of a regular expression without re")
	case p.how == "fieldref" && slices.ContainsFunc(p.steps, func(s string) bool { return !slices.Contains([]string{"contains", "startswith", "endswith"}, s) }):
		return errors.New("fieldref together with an encoding")
	case p.how != "" && p.how != "fieldref" && len(p.steps) > 0:
		return fmt.Errorf("%s together with modifiers of texts", p.how)
	case p.expand && p.how != "" && p.how != "re":
		return fmt.Errorf("%s together with expand", p.how)
	case p.exact && p.how != "" && p.how != "fieldref" && p.how != "re":
		return fmt.Errorf("%s together with cased", p.how)
	}
	return nil
}

// readItem reads one line of a selection.
func readItem(name string, key, n *yaml.Node) (*item, *Refusal) {
	field, modifiers, _ := strings.Cut(name, "|")
	it := &item{name: name, field: field, node: place(key)}
	p := plan{}
	if modifiers != "" {
		var err error
		if p, err = planOf(strings.Split(modifiers, "|")); err != nil {
			return nil, refuse(key, "%s: %s", name, err)
		}
	}
	it.all, it.negate = p.all, p.negate
	values := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		values = n.Content
	}
	if len(values) == 0 {
		return nil, refuse(key, "%s has no values", name)
	}
	for _, v := range values {
		if v.Kind != yaml.ScalarNode {
			return nil, refuse(v, "%s: a value is neither text nor number", name)
		}
		val, err := p.value(field, v)
		if err != nil {
			return nil, refuse(v, "%s: %s", cmpText(name, "keyword"), err)
		}
		it.values = append(it.values, val)
	}
	return it, nil
}

// value reads one value of an item.
func (p plan) value(field string, v *yaml.Node) (value, error) {
	out := value{exact: p.exact}
	null := v.ShortTag() == "!!null"
	if field == "" && (null || p.how != "" && p.how != "re") {
		return out, errors.New("only texts can be keywords")
	}
	if null && p.how != "" || null && len(p.steps) > 0 {
		return out, errors.New("null takes no modifier but neq and all")
	}
	switch p.how {
	case "":
	case "re":
		pattern := v.Value
		if p.flags != "" {
			pattern = "(?" + p.flags + ")" + pattern
		}
		out.kind, out.text, out.expr = isPattern, pattern, p.expand
		return out, nil
	case "exists":
		out.kind, out.truth = isExists, v.Value == "true"
		if v.ShortTag() != "!!bool" {
			return out, errors.New("exists takes true or false")
		}
		return out, nil
	case "cidr":
		net, err := network(v.Value)
		out.kind, out.net = isNetwork, net
		return out, err
	case "fieldref":
		out.kind, out.text, out.how = isReference, v.Value, p.relation()
		return out, nil
	case "lt", "lte", "gt", "gte":
		f, err := strconv.ParseFloat(numberText(v), 64)
		if err != nil {
			return out, fmt.Errorf("%q is no number", v.Value)
		}
		out.kind, out.order, out.n = isOrder, orders[p.how], f
		return out, nil
	default:
		n, err := strconv.Atoi(v.Value)
		if err != nil {
			return out, fmt.Errorf("%q is no whole number", v.Value)
		}
		out.kind, out.text, out.n = isTime, p.how, float64(n)
		return out, nil
	}
	if null {
		out.kind = isNull
		return out, nil
	}
	forms, err := p.texts(v)
	out.forms, out.plain = forms, v.ShortTag() != "!!str"
	return out, err
}

func network(s string) (netip.Prefix, error) {
	net, err := netip.ParsePrefix(s)
	if err == nil {
		return net.Masked(), nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no network", s)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

func (p plan) relation() expression.Relation {
	switch {
	case p.contains || p.start && p.end:
		return expression.Holds
	case p.start:
		return expression.Begins
	case p.end:
		return expression.Finishes
	default:
		return expression.Same
	}
}

// numberText is a number as records write it: whole ones in decimal, whatever YAML's spelling.
func numberText(v *yaml.Node) string {
	if v.ShortTag() == "!!int" {
		if n, ok := new(big.Int).SetString(strings.ReplaceAll(v.Value, "_", ""), 0); ok && len(v.Value) < 100 {
			return n.String()
		}
	}
	return v.Value
}

// texts are the patterns that a text value stands for, after its modifiers in their order.
func (p plan) texts(v *yaml.Node) ([]expression.Glob, error) {
	form := glob(v.Value)
	if v.ShortTag() != "!!str" {
		form = literal(numberText(v))
	}
	if p.expand {
		form = globWithPlaceholders(v.Value)
	}
	forms := []expression.Glob{form}
	for _, step := range p.steps {
		var next []expression.Glob
		for _, g := range forms {
			out, err := stepped(step, g)
			if err != nil {
				return nil, err
			}
			next = append(next, out...)
		}
		forms = next
	}
	return forms, nil
}

func stepped(step string, g expression.Glob) ([]expression.Glob, error) {
	switch step {
	case "contains":
		return []expression.Glob{opened(shut(g))}, nil
	case "startswith":
		return []expression.Glob{shut(g)}, nil
	case "endswith":
		return []expression.Glob{opened(g)}, nil
	default:
		return encoded(step, g)
	}
}

// opened is the pattern with any text before it, shut with any text after it.
func opened(g expression.Glob) expression.Glob {
	if len(g) > 0 && g[0].Wild == '*' {
		return g
	}
	return append(expression.Glob{star}, g...)
}

func shut(g expression.Glob) expression.Glob {
	if len(g) > 0 && g[len(g)-1].Wild == '*' {
		return g
	}
	return append(slices.Clone(g), star)
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
