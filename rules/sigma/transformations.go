package sigma

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/ecs"
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
	"hashes_fields":                hashesFields,
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
	var found refusals
	readDetection(&found, n, 0)
	p.faults = append(p.faults, found...)
	return func(r *run, s *step) error {
		from := n
		if template {
			from = filled(n, r.rule.LogSource)
		}
		var found refusals
		d := readDetection(&found, from, 0)
		if refusal := found.joined(); refusal != nil {
			return refusal
		}
		d.walk(func(it *item) {
			it.final = it.final || ofAlerts(it.field)
			r.change(s, it)
		})
		r.rule.added = append(r.rule.added, added{d, negated})
		return nil
	}
}

// ofAlerts reports whether a field that a pipeline asks for is one of alerts, and none of the rule's log source: ECS has it.
func ofAlerts(field string) bool {
	_, known := ecs.Lookup(field)
	return known && strings.Contains(field, ".")
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
