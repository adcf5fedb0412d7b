package sigma

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// transformations make what a step does of its keys. nest is made where steps are read.
var transformations = map[string]func(p *params) func(*run, *step) error{
	"field_name_mapping":           fieldMapping,
	"field_name_prefix_mapping":    prefixMapping,
	"field_name_prefix":            func(p *params) func(*run, *step) error { return affix(p.need("prefix"), "") },
	"field_name_suffix":            func(p *params) func(*run, *step) error { return affix("", p.need("suffix")) },
	"drop_detection_item":          dropItem,
	"add_condition":                addCondition,
	"change_logsource":             changeLogSource,
	"replace_string":               replaceString,
	"map_string":                   mapString,
	"value_placeholders":           func(p *params) func(*run, *step) error { return placeholders(p, false) },
	"wildcard_placeholders":        func(p *params) func(*run, *step) error { return placeholders(p, true) },
	"set_state":                    setState,
	"rule_failure":                 ruleFailure,
	"detection_item_failure":       itemFailure,
	"strict_field_mapping_failure": strictFailure,
	"regex":                        regexTransformation,
	"case":                         caseTransformation,
	"convert_type":                 convertType,
	"set_value":                    setValue,
	"set_custom_attribute":         setAttribute,
	"add_field":                    func(p *params) func(*run, *step) error { p.take("field"); return nothing },
	"remove_field":                 func(p *params) func(*run, *step) error { p.take("field"); return nothing },
	"set_field":                    func(p *params) func(*run, *step) error { p.take("fields"); return nothing },
}

// nothing is for what changes the list of fields to show: events show all.
func nothing(*run, *step) error { return nil }

func (p *params) nest(depth int) func(*run, *step) error {
	n := p.take("items")
	if n == nil {
		p.fault(p.node, "", "transformation nest lacks items")
		return nothing
	}
	inner := p.steps(n, depth+1)
	return func(r *run, _ *step) error { return r.all(inner) }
}

func fieldMapping(p *params) func(*run, *step) error {
	to := map[string][]string{}
	for field, n := range p.mapping("mapping") {
		if field == "null" {
			field = ""
		}
		if to[field] = texts(n); len(to[field]) == 0 {
			p.fault(n, "", "field %s is mapped to no name", field)
		}
	}
	if len(to) == 0 {
		p.fault(p.node, "", "transformation field_name_mapping lacks a mapping")
	}
	return func(r *run, s *step) error { return r.rename(s, func(field string) []string { return to[field] }) }
}

func prefixMapping(p *params) func(*run, *step) error {
	n := p.take("mapping")
	type pair struct {
		from string
		to   []string
	}
	var pairs []pair
	if n == nil || n.Kind != yaml.MappingNode {
		p.fault(cmpNode(n, p.node), "", "transformation field_name_prefix_mapping lacks a mapping")
		return nothing
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		pairs = append(pairs, pair{n.Content[i].Value, texts(n.Content[i+1])})
	}
	return func(r *run, s *step) error {
		return r.rename(s, func(field string) []string {
			for _, one := range pairs {
				if rest, ok := strings.CutPrefix(field, one.from); ok && field != "" {
					var out []string
					for _, to := range one.to {
						out = append(out, to+rest)
					}
					return out
				}
			}
			return nil
		})
	}
}

func affix(prefix, suffix string) func(*run, *step) error {
	return func(r *run, s *step) error {
		return r.rename(s, func(field string) []string {
			if field == "" {
				return nil
			}
			return []string{prefix + field + suffix}
		})
	}
}

func dropItem(*params) func(*run, *step) error {
	return func(r *run, s *step) error {
		return r.eachItem(s, func(it *item) (*detection, error) {
			if len(it.values) == 0 { // a field that is asked for is no item
				return &detection{item: it}, nil
			}
			r.rule.touched = true
			return nil, nil //nolint:nilnil // it is dropped
		})
	}
}

func addCondition(p *params) func(*run, *step) error {
	n := p.take("conditions")
	negated, template := p.flag("negated"), p.flag("template")
	p.take("name")
	if n == nil {
		p.fault(p.node, "", "transformation add_condition lacks conditions")
		return nothing
	}
	if _, refusal := readDetection(n, 0); refusal != nil {
		p.faults = append(p.faults, refusal)
	}
	return func(r *run, s *step) error {
		from := n
		if template {
			from = filled(n, r.rule.LogSource)
		}
		d, refusal := readDetection(from, 0)
		if refusal != nil {
			return refusal
		}
		d.walk(func(it *item) { r.change(s, it) })
		r.rule.added = append(r.rule.added, added{d, negated})
		return nil
	}
}

// filled is the node with $product, $category and $service replaced.
func filled(n *yaml.Node, l LogSource) *yaml.Node {
	out := *n
	if n.Kind == yaml.ScalarNode {
		for name, v := range map[string]string{"product": l.Product, "category": l.Category, "service": l.Service} {
			out.Value = strings.NewReplacer("${"+name+"}", cmpText(v, "None"), "$"+name, cmpText(v, "None")).Replace(out.Value)
		}
	}
	out.Content = nil
	for _, k := range n.Content {
		out.Content = append(out.Content, filled(k, l))
	}
	return &out
}

func changeLogSource(p *params) func(*run, *step) error {
	l := LogSource{Product: p.text("product"), Category: p.text("category"), Service: p.text("service")}
	if l == (LogSource{}) {
		p.fault(p.node, "", "transformation change_logsource has none of product, category and service")
	}
	return func(r *run, _ *step) error {
		r.rule.LogSource, r.rule.touched = l, true
		return nil
	}
}

// reference is a group reference of Python's replacement texts.
var reference = regexp.MustCompile(`\\(?:g<(\w+)>|(\d+))`)

func replaceString(p *params) func(*run, *step) error {
	re := p.expression("regex", "")
	with := reference.ReplaceAllString(strings.ReplaceAll(p.need("replacement"), "$", "$$"), "$${$1$2}")
	skip, interpret := p.flag("skip_special"), p.flag("interpret_special")
	return func(r *run, s *step) error {
		return r.eachValue(s, func(it *item, v value) ([]value, bool, error) {
			if v.kind != isText {
				return nil, false, nil
			}
			v.forms = slices.Clone(v.forms)
			for i, g := range v.forms {
				if v.forms[i] = replaced(g, re, with, skip, interpret); len(raw(value{forms: v.forms[i : i+1]})) > maxCondition {
					return nil, false, fmt.Errorf("%s: a value of more than %d bytes", it.name, maxCondition)
				}
			}
			return []value{v}, true, nil
		})
	}
}

var single = regexp.MustCompile(`\\([^*?]|$)`)

func replaced(g expression.Glob, re *regexp.Regexp, with string, skip, interpret bool) expression.Glob {
	if !skip {
		s := re.ReplaceAllString(raw(value{forms: []expression.Glob{g}}), with)
		s = single.ReplaceAllString(s, `\\$1`)
		if slices.ContainsFunc(g, func(p expression.GlobPart) bool { return p.Wild == placeholderMark }) {
			return globWithPlaceholders(s)
		}
		return glob(s)
	}
	var out expression.Glob
	for _, p := range g {
		if p.Wild != 0 {
			out = append(out, p)
			continue
		}
		p.Text = re.ReplaceAllString(p.Text, with)
		if interpret {
			out = append(out, glob(p.Text)...)
		} else if p.Text != "" {
			out = append(out, p)
		}
	}
	return joined(out)
}

func mapString(p *params) func(*run, *step) error {
	to := map[string][]string{}
	for s, n := range p.mapping("mapping") {
		to[s] = texts(n)
	}
	if len(to) == 0 {
		p.fault(p.node, "", "transformation map_string lacks a mapping")
	}
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind != isText || len(v.forms) != 1 {
				return nil, false, nil
			}
			mapped, ok := to[raw(v)]
			var out []value
			for _, m := range mapped {
				out = append(out, value{forms: []expression.Glob{glob(m)}, exact: v.exact})
			}
			return out, ok, nil
		})
	}
}

// placeholders replaces placeholders by the pipeline's variables, or by any text. A variable that is not there is left
// for the reference list of that name.
func placeholders(p *params, wild bool) func(*run, *step) error {
	include, exclude := p.take("include"), p.take("exclude")
	if include != nil && exclude != nil {
		p.fault(exclude, "leave one of them out", "include and exclude together")
	}
	handled := func(name string) bool {
		return (include == nil || slices.Contains(texts(include), name)) && (exclude == nil || !slices.Contains(texts(exclude), name))
	}
	return func(r *run, s *step) error {
		by := func(name string) ([]expression.Glob, bool) {
			if !handled(name) || !wild && r.pipeline.vars[name] == nil {
				return []expression.Glob{{{Text: name, Wild: placeholderMark}}}, true
			}
			if wild {
				return []expression.Glob{{star}}, true
			}
			var out []expression.Glob
			for _, text := range r.pipeline.vars[name] {
				out = append(out, glob(text))
			}
			return out, true
		}
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind == isPattern && v.expr {
				return r.patternPlaceholders(v, handled, wild), true, nil
			}
			if v.kind != isText {
				return nil, false, nil
			}
			var forms []expression.Glob
			for _, g := range v.forms {
				made, err := fill(g, by)
				if err != nil {
					return nil, false, err
				}
				for _, m := range made {
					forms = append(forms, joined(m))
				}
			}
			v.forms = forms
			return []value{v}, true, nil
		})
	}
}

// patternPlaceholders replaces them inside a regular expression.
func (r *run) patternPlaceholders(v value, handled func(string) bool, wild bool) []value {
	before, name, after, found := cutPlaceholder(v.text)
	with := r.pipeline.vars[name]
	if wild {
		with = []string{".*"}
	}
	if !found || !handled(name) || len(with) == 0 {
		return []value{v}
	}
	var out []value
	for _, w := range with[:min(len(with), maxForms)] {
		if !wild {
			w = regexp.QuoteMeta(w)
		}
		one := v
		one.text = before + w + after
		out = append(out, r.patternPlaceholders(one, handled, wild)...)
		if len(out) > maxForms {
			return []value{v} // too many: what is left is refused as a placeholder without values
		}
	}
	return out
}

func setState(p *params) func(*run, *step) error {
	key, val := p.need("key"), p.need("val")
	return func(r *run, _ *step) error {
		r.state[key] = val
		return nil
	}
}

func setAttribute(p *params) func(*run, *step) error {
	key, val := p.need("attribute"), p.need("value")
	return func(r *run, _ *step) error {
		if r.custom == nil {
			r.custom = map[string]string{}
		}
		r.custom[key] = val
		return nil
	}
}

func ruleFailure(p *params) func(*run, *step) error {
	message := p.need("message")
	return func(*run, *step) error { return errors.New(message) }
}

func itemFailure(p *params) func(*run, *step) error {
	message := p.need("message")
	return func(r *run, s *step) error {
		return r.eachItem(s, func(it *item) (*detection, error) {
			if len(it.values) == 0 {
				return &detection{item: it}, nil
			}
			return nil, errors.New(message)
		})
	}
}

func strictFailure(*params) func(*run, *step) error {
	return func(r *run, _ *step) error {
		var left []string
		for _, d := range r.detections() {
			d.walk(func(it *item) {
				if it.field != "" && !it.final && !slices.Contains(left, it.field) {
					left = append(left, it.field)
				}
			})
		}
		if len(left) > 0 {
			slices.Sort(left)
			return fmt.Errorf("fields are not mapped: %s", strings.Join(left, ", "))
		}
		return nil
	}
}

// regexTransformation changes how a backend is told to compare; here only its regard for case means anything.
func regexTransformation(p *params) func(*run, *step) error {
	plain := p.word("method", "ignore_case_brackets", "plain", "ignore_case_flag", "ignore_case_brackets") == "plain"
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			v.exact = v.exact || plain
			return []value{v}, v.kind == isText && !v.plain, nil
		})
	}
}

func caseTransformation(p *params) func(*run, *step) error {
	to := strings.ToLower
	switch p.word("method", "lower", "lower", "upper", "snake_case") {
	case "upper":
		to = strings.ToUpper
	case "snake_case":
		p.fault(cmpNode(member(p.node, "method"), p.node), "", "method snake_case is not available")
	}
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind != isText {
				return nil, false, nil
			}
			forms := make([]expression.Glob, len(v.forms))
			for i, g := range v.forms {
				forms[i] = slices.Clone(g)
				for j := range g {
					if g[j].Wild == 0 {
						forms[i][j].Text = to(g[j].Text)
					}
				}
			}
			v.forms = forms
			return []value{v}, true, nil
		})
	}
}

func convertType(p *params) func(*run, *step) error {
	number := p.word("target_type", "", "str", "num") == "num"
	return func(r *run, s *step) error {
		return r.eachValue(s, func(_ *item, v value) ([]value, bool, error) {
			if v.kind != isText || len(v.forms) != 1 || v.plain == number {
				return nil, false, nil
			}
			s, ok := text(v.forms[0])
			if number && (!ok || !isNumber(s)) {
				return nil, false, fmt.Errorf("%q is no number", raw(v))
			}
			v.plain = number
			return []value{v}, true, nil
		})
	}
}

var number = regexp.MustCompile(`^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$`)

func isNumber(s string) bool { return number.MatchString(s) }

func setValue(p *params) func(*run, *step) error {
	n := p.take("value")
	force := p.word("force_type", "", "", "str", "num")
	if n == nil || n.Kind != yaml.ScalarNode || force == "num" && !isNumber(n.Value) {
		p.fault(cmpNode(n, p.node), "", "transformation set_value lacks a value of its type")
		return nothing
	}
	v := value{forms: []expression.Glob{glob(n.Value)}, plain: n.ShortTag() != "!!str"}
	switch {
	case n.ShortTag() == "!!null":
		v = value{kind: isNull}
	case v.plain:
		v.forms = []expression.Glob{literal(numberText(n))}
	}
	return func(r *run, s *step) error {
		return r.eachValue(s, func(*item, value) ([]value, bool, error) { return []value{v}, true, nil })
	}
}
