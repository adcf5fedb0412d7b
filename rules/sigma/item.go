package sigma

import (
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
	"tocsin/internal/fault"
)

// plan is what the modifiers of an item come to.
type plan struct {
	all, exact, negate   bool
	contains, start, end bool
	how                  string // "", re, cidr, exists, fieldref, a part of a time, <, <=, >, >=
	flags                string
	steps                []string // of texts, in their order: contains, startswith, endswith and encodings
	expand               bool
	early                int // how many steps stand before expand
}

var orders = map[string]string{"lt": "<", "lte": "<=", "gt": ">", "gte": ">="}

// modifierNames are all that there are.
var modifierNames = []string{
	"all", "base64", "base64offset", "cased", "cidr", "contains", "day", "dotall", "endswith", "exists", "expand", "fieldref", "gt", "gte", "hour", "i",
	"ignorecase", "lt", "lte", "m", "minute", "month", "multiline", "neq", "re", "s", "startswith", "utf16", "utf16be", "utf16le", "week", "wide", "windash", "year",
}

// planOf reads the modifiers of an item. An error knows where in name it stands.
func planOf(name string) (p plan, err error) {
	modifiers := strings.Split(name, "|")
	at := utf8.RuneCountInString(modifiers[0]) + 1
	for i, m := range modifiers[1:] {
		if err := p.modify(m, modifiers[1:i+1]); err != nil {
			err.offset = at
			return p, err
		}
		at += utf8.RuneCountInString(m) + 1
	}
	return p, p.check()
}

// modify takes in one modifier, which stands behind others.
func (p *plan) modify(m string, before []string) *remedied {
	refuse := func(remedy, format string, args ...any) *remedied {
		return &remedied{reason: fmt.Sprintf(format, args...), remedy: remedy}
	}
	if slices.Contains(before, m) {
		return refuse("leave one of them out", "modifier %s twice", m)
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
			return refuse("write two items, one for each", "%s together with %s", m, p.how)
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
		p.expand, p.early = true, len(p.steps)
	default:
		return refuse(fault.DidYouMean(m, modifierNames), "unknown modifier %q", m)
	}
	return nil
}

// check refuses modifiers that do not go together.
func (p plan) check() error {
	switch {
	case p.flags != "" && p.how != "re":
		return wrong("add re before them", "flags of a regular expression without re")
	case p.how == "fieldref" && slices.ContainsFunc(p.steps, func(s string) bool { return !slices.Contains([]string{"contains", "startswith", "endswith"}, s) }):
		return wrong("leave the encoding out: the field's value is compared as it is", "fieldref together with an encoding")
	case p.how == "re" && len(p.steps) > 0:
		return wrong("write it into the expression: it is searched for anywhere, ^ and $ are the ends", "%s together with modifiers of texts", p.how)
	case p.how != "" && p.how != "fieldref" && len(p.steps) > 0:
		return wrong("leave them out", "%s together with modifiers of texts", p.how)
	case p.expand && p.how != "" && p.how != "re":
		return wrong("write the values themselves", "%s together with expand", p.how)
	case p.exact && p.how != "" && p.how != "fieldref" && p.how != "re":
		return wrong("leave cased out: it is of texts", "%s together with cased", p.how)
	}
	return nil
}

// readItem reads one line of a selection. What is wrong with it is added to found.
func readItem(found *refusals, name string, key, n *yaml.Node) *item {
	field, modifiers, _ := strings.Cut(name, "|")
	it := &item{name: name, field: field, node: place(key)}
	p := plan{}
	if modifiers != "" || strings.Contains(name, "|") {
		var err error
		if p, err = planOf(name); err != nil {
			found.fault(key, name+": ", err)
			return it
		}
	}
	it.all, it.negate = p.all, p.negate
	values := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		values = n.Content
	}
	if len(values) == 0 {
		found.say(key, "write a value; '' is the empty text, null a field that is not there", "%s has no values", name)
	}
	for _, v := range values {
		if v.Kind != yaml.ScalarNode {
			found.say(v, "write a text, a number, or a flat list of them", "%s: a value is neither text nor number", name)
			continue
		}
		val, err := p.value(field, v)
		if err != nil {
			found.fault(v, cmpText(name, "keyword")+": ", err)
			continue
		}
		it.values = append(it.values, val)
	}
	return it
}

// value reads one value of an item.
func (p plan) value(field string, v *yaml.Node) (value, error) {
	out := value{exact: p.exact}
	null := v.ShortTag() == "!!null"
	if field == "" && (null || p.how != "" && p.how != "re") {
		return out, wrong("name a field", "only texts can be keywords")
	}
	if null && p.how != "" || null && len(p.steps) > 0 {
		return out, wrong("leave them out: null is a field that is not there", "null takes no modifier but neq and all")
	}
	if p.how != "" {
		return p.asked(out, v)
	}
	if null {
		out.kind = isNull
		return out, nil
	}
	forms, err := p.texts(v)
	out.forms, out.plain = forms, v.ShortTag() != "!!str"
	return out, err
}

// asked reads a value of which a modifier asks something else than whether it is there as a text.
func (p plan) asked(out value, v *yaml.Node) (value, error) {
	switch p.how {
	case "re":
		pattern := v.Value
		if p.flags != "" {
			pattern = "(?" + p.flags + ")" + pattern
		}
		out.kind, out.text, out.expr = isPattern, pattern, p.expand
		return out, wellFormed(v.Value)
	case "exists":
		out.kind, out.truth = isExists, v.Value == "true"
		if v.ShortTag() != "!!bool" {
			return out, wrong("write true or false, without quotes", "exists takes true or false")
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
			return out, wrong("write it in decimal", "%q is no number", v.Value)
		}
		out.kind, out.order, out.n = isOrder, orders[p.how], f
		return out, nil
	default:
		n, err := strconv.Atoi(v.Value)
		if err != nil {
			return out, wrong("write it in decimal", "%q is no whole number", v.Value)
		}
		out.kind, out.text, out.n = isTime, p.how, float64(n)
		return out, nil
	}
}

func network(s string) (netip.Prefix, error) {
	net, err := netip.ParsePrefix(s)
	if err == nil {
		return net.Masked(), nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, wrong("write it like 10.0.0.0/8 or 2001:db8::/32", "%q is no network", s)
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

// numberText is a number as records write it: whole ones in decimal, whatever YAML's spelling, others without zeros at
// their end.
func numberText(v *yaml.Node) string {
	if v.ShortTag() == "!!int" {
		if n, ok := new(big.Int).SetString(strings.ReplaceAll(v.Value, "_", ""), 0); ok && len(v.Value) < 100 {
			return n.String()
		}
	}
	if v.ShortTag() == "!!float" && strings.Contains(v.Value, ".") {
		whole, zeros := strings.TrimRight(v.Value, "0"), strings.Trim(v.Value, "+-.0123456789") == ""
		switch {
		case zeros && strings.HasSuffix(whole, "."):
			return whole + "0" // 1.00 is 1.0
		case zeros:
			return whole // 1.50 is 1.5
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
	for i, step := range p.steps {
		if err := p.fillable(i, form); err != nil {
			return nil, err
		}
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

// fillable refuses step i of a pattern with a placeholder where the step would have to change what the placeholder stands
// for, which takes its place afterwards.
func (p plan) fillable(i int, g expression.Glob) error {
	at := slices.IndexFunc(g, func(p expression.GlobPart) bool { return p.Wild == placeholderMark })
	switch step := p.steps[i]; {
	case at < 0 || step == "contains" || step == "startswith" || step == "endswith" || step == "windash" && i < p.early:
		return nil
	default:
		return wrong("write the values themselves", "%s together with the placeholder %%%s%%, whose values would have to be changed by it", step, g[at].Text)
	}
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
