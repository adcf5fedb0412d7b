package sigma

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// step is one transformation of a pipeline and when it is applied.
type step struct {
	id     string
	rules  linked[func(*run) bool]
	items  linked[func(*run, *item) bool]
	fields linked[func(r *run, field string, it *item) bool]
	apply  func(r *run, s *step) error
}

// linked are conditions that must all hold, or with any one of them; or an expression over them.
type linked[C any] struct {
	all    []C
	any    bool
	negate bool
	expr   func(holds func(i int) bool) bool
}

// match reports whether the conditions hold; of none, they do.
func (l *linked[C]) match(holds func(C) bool) bool {
	if len(l.all) == 0 {
		return true
	}
	var ok bool
	switch {
	case l.expr != nil:
		ok = l.expr(func(i int) bool { return holds(l.all[i]) })
	case l.any:
		ok = slices.ContainsFunc(l.all, holds)
	default:
		ok = !slices.ContainsFunc(l.all, func(c C) bool { return !holds(c) })
	}
	return ok != l.negate
}

// ReadPipeline reads a processing pipeline in pySigma's form. All that is wrong with it comes at once; a pipeline
// with faults must not be used. name stands in for a pipeline's own.
func ReadPipeline(n *yaml.Node, name string) (*UserPipeline, []*Refusal) {
	p := &params{node: n, what: "the pipeline"}
	u := &UserPipeline{Name: cmpText(p.text("name"), name), vars: map[string][]string{}}
	if n.Kind != yaml.MappingNode {
		return u, []*Refusal{refuse(n, "the pipeline is no mapping")}
	}
	if refusal := Plain(n); refusal != nil {
		return u, []*Refusal{refusal}
	}
	if v := p.take("priority"); v != nil {
		var err error
		if u.Priority, err = strconv.Atoi(v.Value); err != nil {
			p.fault(v, "", "priority is a whole number")
		}
	}
	for key, v := range p.mapping("vars") {
		u.vars[key] = texts(v)
		if len(u.vars[key]) == 0 {
			p.fault(v, "write a value or a list of values", "variable %s has no values", key)
		}
	}
	p.take("allowed_backends")
	for _, key := range []string{"postprocessing", "finalizers"} {
		if v := p.take(key); v != nil {
			p.fault(v, "leave it out", "%s change the text of queries, and there are none here", key)
		}
	}
	if v := p.take("transformations"); v == nil {
		p.fault(n, "", "the pipeline has no transformations")
	} else {
		u.steps = p.steps(v, 0)
	}
	p.rest()
	return u, p.faults
}

// params are the keys of a mapping as they are taken from it, with all its faults.
type params struct {
	node   *yaml.Node
	what   string
	taken  []string
	faults []*Refusal
}

func (p *params) fault(n *yaml.Node, remedy, format string, args ...any) {
	p.faults = append(p.faults, &Refusal{Node: n, Reason: fmt.Sprintf(format, args...), Remedy: remedy})
}

func (p *params) take(key string) *yaml.Node {
	p.taken = append(p.taken, key)
	return member(p.node, key)
}

func (p *params) text(key string) string {
	p.take(key)
	return scalar(p.node, key)
}

func (p *params) need(key string) string {
	s := p.text(key)
	if member(p.node, key) == nil {
		p.fault(p.node, "", "%s lacks %s", p.what, key)
	}
	return s
}

func (p *params) flag(key string) bool {
	v := p.take(key)
	if v != nil && v.Value != "true" && v.Value != "false" {
		p.fault(v, "", "%s is true or false", key)
	}
	return v != nil && v.Value == "true"
}

func (p *params) word(key, fallback string, words ...string) string {
	s := cmpText(p.text(key), fallback)
	if !slices.Contains(words, s) {
		p.fault(cmpNode(member(p.node, key), p.node), "", "%s of %s is one of %s", key, p.what, strings.Join(words, ", "))
	}
	return s
}

// mapping is what a key maps, in order of its keys; nothing where it is not there.
func (p *params) mapping(key string) map[string]*yaml.Node {
	v := p.take(key)
	if v == nil {
		return nil
	}
	if v.Kind != yaml.MappingNode {
		p.fault(v, "", "%s is no mapping", key)
		return nil
	}
	out := map[string]*yaml.Node{}
	for i := 0; i+1 < len(v.Content); i += 2 {
		out[v.Content[i].Value] = v.Content[i+1]
	}
	return out
}

// expression is a regular expression that is matched from the start, as Python's match does.
func (p *params) expression(key, prefix string) *regexp.Regexp {
	s := p.need(key)
	re, err := regexp.Compile(prefix + "(?:" + s + ")")
	if err != nil {
		p.fault(cmpNode(member(p.node, key), p.node), "the syntax is RE2: no look-around, no back-references", "%s of %s is no regular expression here: %s", key, p.what, s)
		return regexp.MustCompile("^$")
	}
	return re
}

func (p *params) rest() {
	for i := 0; i+1 < len(p.node.Content); i += 2 {
		if k := p.node.Content[i]; !slices.Contains(p.taken, k.Value) {
			slices.Sort(p.taken)
			p.fault(k, "known are "+strings.Join(slices.Compact(p.taken), ", "), "%s has no key %s", p.what, k.Value)
		}
	}
}

// texts are the values of a scalar or a list.
func texts(n *yaml.Node) []string {
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null":
		return []string{numberText(n)}
	case n.Kind == yaml.SequenceNode:
		var out []string
		for _, m := range n.Content {
			if m.Kind == yaml.ScalarNode {
				out = append(out, numberText(m))
			}
		}
		return out
	}
	return nil
}

const maxNest = 8

func (p *params) steps(n *yaml.Node, depth int) []*step {
	if n.Kind != yaml.SequenceNode || depth > maxNest {
		p.fault(n, "", "transformations are a list, nested at most %d deep", maxNest)
		return nil
	}
	var out []*step
	for _, m := range n.Content {
		if m.Kind != yaml.MappingNode {
			p.fault(m, "", "a transformation is a mapping")
			continue
		}
		q := &params{node: m}
		out = append(out, q.step(depth))
		p.faults = append(p.faults, q.faults...)
	}
	return out
}

func (p *params) step(depth int) *step {
	kind := scalar(p.node, "type")
	p.what = "transformation " + kind
	p.take("type")
	s := &step{id: p.text("id")}
	link(p, "rule", &s.rules, ruleCondition)
	link(p, "detection_item", &s.items, itemCondition)
	link(p, "field_name", &s.fields, fieldCondition)
	switch make, known := transformations[kind]; {
	case kind == "nest":
		s.apply = p.nest(depth)
	case known:
		s.apply = make(p)
	case refusedTransformations[kind] != "":
		p.fault(member(p.node, "type"), "", "transformation %s is not available: %s", kind, refusedTransformations[kind])
		return s
	default:
		p.fault(cmpNode(member(p.node, "type"), p.node), "known are "+strings.Join(slices.Sorted(maps.Keys(transformations)), ", "), "unknown transformation %q", kind)
		return s
	}
	p.rest()
	return s
}

var refusedTransformations = map[string]string{
	"query_expression_placeholders": "there are no queries here",
	"file_placeholders":             "put the values into lists/ or vars",
	"http_placeholders":             "nothing is fetched; put the values into lists/ or vars",
	"command_placeholders":          "no command is run; put the values into lists/ or vars",
	"field_name_transform":          "its function cannot be written in YAML",
	"extract_fields":                "values are not taken apart here",
}

// link reads the conditions of one sort: a list or a mapping, and how they are linked.
func link[C any](p *params, sort string, into *linked[C], read func(*params, string) C) {
	n := p.take(sort + "_conditions")
	into.negate = p.flag(sort + "_cond_not")
	into.any = p.word(sort+"_cond_op", "and", "and", "or") == "or"
	expr := p.text(sort + "_cond_expr")
	if n == nil {
		return
	}
	var ids []string
	add := func(id string, n *yaml.Node) {
		q := &params{node: n, what: "the condition"}
		kind := q.need("type")
		q.what = "condition " + kind
		ids = append(ids, id)
		c := read(q, kind)
		if len(q.faults) == 0 {
			q.rest()
		}
		into.all = append(into.all, c)
		p.faults = append(p.faults, q.faults...)
	}
	switch n.Kind {
	case yaml.SequenceNode:
		for i, m := range n.Content {
			add(strconv.Itoa(i+1), m)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			add(n.Content[i].Value, n.Content[i+1])
		}
	default:
		p.fault(n, "", "%s_conditions are a list or a mapping", sort)
	}
	if expr == "" {
		return
	}
	made, err := readLink(expr, ids)
	if err != nil {
		p.fault(member(p.node, sort+"_cond_expr"), "", "%s_cond_expr: %s", sort, err)
	}
	into.expr = made
}

// readLink reads an expression over conditions: and, or, not and brackets.
func readLink(s string, ids []string) (func(func(int) bool) bool, error) {
	type test = func(func(int) bool) bool
	g := &grammar[test]{
		tokens: words(s),
		and:    func(a, b test) test { return func(h func(int) bool) bool { return a(h) && b(h) } },
		or:     func(a, b test) test { return func(h func(int) bool) bool { return a(h) || b(h) } },
		not:    func(a test) (test, error) { return func(h func(int) bool) bool { return !a(h) }, nil },
		name: func(g *grammar[test], name string) (test, error) {
			i := slices.Index(ids, name)
			if i < 0 {
				return nil, fmt.Errorf("no condition is called %q", name)
			}
			return func(h func(int) bool) bool { return h(i) }, nil
		},
	}
	return g.parse()
}
