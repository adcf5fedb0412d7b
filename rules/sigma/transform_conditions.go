package sigma

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tocsin/internal/expression"
)

// ruleCondition reads a condition on the rule.
func ruleCondition(p *params, kind string) func(*run) bool {
	switch kind {
	case "logsource":
		l := LogSource{Product: p.text("product"), Category: p.text("category"), Service: p.text("service")}
		return func(r *run) bool {
			same := func(given, has string) bool { return given == "" || strings.EqualFold(given, has) }
			of := r.rule.LogSource
			return same(l.Product, of.Product) && same(l.Category, of.Category) && same(l.Service, of.Service)
		}
	case "contains_field":
		field := p.need("field")
		return func(r *run) bool { return r.anyItem(func(it *item) bool { return it.field == field }) }
	case "contains_detection_item":
		field, want := p.need("field"), p.need("value")
		return func(r *run) bool {
			return r.anyItem(func(it *item) bool {
				return it.field == field && slices.ContainsFunc(it.values, func(v value) bool { return equals(v, want) })
			})
		}
	case "processing_item_applied":
		id := p.need("processing_item_id")
		return func(r *run) bool { return r.applied[id] }
	case "processing_state":
		return stateCondition(p)
	case "is_sigma_rule":
		return func(*run) bool { return true }
	case "is_sigma_correlation_rule":
		return func(*run) bool { return false } // it is their rules that are changed
	case "rule_attribute":
		return attributeCondition(p)
	case "tag":
		tag := p.need("tag")
		return func(r *run) bool { return slices.Contains(r.rule.Tags, tag) }
	}
	p.fault(cmpNode(member(p.node, "type"), p.node), "", "unknown condition %q on a rule", kind)
	return func(*run) bool { return false }
}

func (r *run) anyItem(is func(*item) bool) bool {
	found := false
	for _, d := range r.detections() {
		d.walk(func(it *item) { found = found || is(it) })
	}
	return found
}

// equals reports whether a value is the text or number.
func equals(v value, want string) bool {
	return v.kind == isText && len(v.forms) == 1 && strings.EqualFold(spelled(v.forms[0]), spelled(glob(want)))
}

func stateCondition(p *params) func(*run) bool {
	key, want := p.need("key"), p.need("val")
	op := p.word("op", "eq", "eq", "ne", "gte", "gt", "lte", "lt")
	return func(r *run) bool {
		has, ok := r.state[key]
		return ok && compareTexts(has, op, want, nil)
	}
}

// compareTexts compares numbers as numbers, words of an order by their places in it, and all else as text.
func compareTexts(has, op, want string, order []string) bool {
	c := strings.Compare(has, want)
	a, errA := strconv.ParseFloat(has, 64)
	b, errB := strconv.ParseFloat(want, 64)
	switch {
	case order != nil:
		c = slices.Index(order, has) - slices.Index(order, want)
	case errA == nil && errB == nil && a < b:
		c = -1
	case errA == nil && errB == nil && a > b:
		c = 1
	case errA == nil && errB == nil:
		c = 0
	}
	switch op {
	case "eq":
		return c == 0
	case "ne":
		return c != 0
	case "gte":
		return c >= 0
	case "gt":
		return c > 0
	case "lte":
		return c <= 0
	default:
		return c < 0
	}
}

func attributeCondition(p *params) func(*run) bool {
	name, want := p.need("attribute"), p.need("value")
	op := p.word("op", "eq", "eq", "ne", "gte", "gt", "lte", "lt", "in", "not_in")
	orders := map[string][]string{
		"level":  {"informational", "low", "medium", "high", "critical"},
		"status": {"unsupported", "deprecated", "experimental", "test", "stable"},
	}
	return func(r *run) bool {
		lists := map[string][]string{"tags": r.rule.Tags, "references": r.rule.References, "falsepositives": r.rule.FalsePositives}
		if list, ok := lists[name]; ok {
			return op == "in" && slices.Contains(list, want) || op == "not_in" && !slices.Contains(list, want) || op == "ne"
		}
		texts := map[string]string{
			"id": r.rule.ID, "name": r.rule.Name, "title": r.rule.Title, "status": r.rule.Status, "level": r.rule.Level, "taxonomy": r.rule.Taxonomy,
			"description": r.rule.Description, "author": r.rule.Author, "date": r.rule.Date, "modified": r.rule.Modified,
		}
		has, ok := texts[name]
		if !ok {
			has, ok = r.custom[name]
		}
		return ok && has != "" && compareTexts(has, op, want, orders[name])
	}
}

// itemCondition reads a condition on an item.
func itemCondition(p *params, kind string) func(*run, *item) bool {
	switch kind {
	case "match_string":
		re, negate := p.expression("pattern", "^"), p.flag("negate")
		return valueCondition(p, func(v value) bool {
			return (v.kind == isText && !v.plain && len(v.forms) == 1 && re.MatchString(raw(v))) != negate
		})
	case "match_value":
		want := p.need("value")
		return valueCondition(p, func(v value) bool { return equals(v, want) })
	case "contains_wildcard":
		return valueCondition(p, func(v value) bool {
			return v.kind == isText && slices.ContainsFunc(v.forms, func(g expression.Glob) bool {
				return slices.ContainsFunc(g, func(part expression.GlobPart) bool { return part.Wild == '*' || part.Wild == '?' })
			})
		})
	case "is_null":
		return valueCondition(p, func(v value) bool { return v.kind == isNull })
	case "processing_item_applied":
		id := p.need("processing_item_id")
		return func(_ *run, it *item) bool { return slices.Contains(it.applied, id) }
	case "processing_state":
		holds := stateCondition(p)
		return func(r *run, _ *item) bool { return holds(r) }
	}
	p.fault(cmpNode(member(p.node, "type"), p.node), "", "unknown condition %q on a detection item", kind)
	return func(*run, *item) bool { return false }
}

// raw is a text value as it is spelled for transformations: wildcards as they are, what is none behind a backslash.
func raw(v value) string { return spelledOut(v.forms[0]) }

func spelledOut(g expression.Glob) string {
	var b strings.Builder
	for _, p := range g {
		switch p.Wild {
		case 0:
			b.WriteString(unwild.Replace(p.Text))
		case placeholderMark:
			b.WriteString("%" + p.Text + "%")
		default:
			b.WriteByte(p.Wild)
		}
	}
	return b.String()
}

// unwild spells characters that are no wildcards.
var unwild = strings.NewReplacer("*", `\*`, "?", `\?`)

func valueCondition(p *params, holds func(value) bool) func(*run, *item) bool {
	all := p.word("cond", "", "any", "all") == "all"
	return func(_ *run, it *item) bool {
		if all {
			return !slices.ContainsFunc(it.values, func(v value) bool { return !holds(v) })
		}
		return slices.ContainsFunc(it.values, holds)
	}
}

// fieldCondition reads a condition on a field's name.
func fieldCondition(p *params, kind string) func(*run, string, *item) bool {
	switch kind {
	case "include_fields", "exclude_fields":
		n := p.take("fields")
		var fields []string
		if n != nil {
			fields = texts(n)
		}
		var patterns []*regexp.Regexp
		if p.word("mode", "plain", "plain", "re") == "re" {
			for _, f := range fields {
				re, err := regexp.Compile("^(?:" + f + ")")
				if err != nil {
					p.fault(n, "the syntax is RE2", "%s is no regular expression here", f)
					continue
				}
				patterns = append(patterns, re)
			}
			fields = nil
		}
		include := kind == "include_fields"
		return func(_ *run, field string, _ *item) bool {
			in := field != "" && (slices.Contains(fields, field) || slices.ContainsFunc(patterns, func(re *regexp.Regexp) bool { return re.MatchString(field) }))
			return in == include
		}
	case "processing_item_applied":
		id := p.need("processing_item_id")
		return func(_ *run, _ string, it *item) bool { return slices.Contains(it.applied, id) }
	case "processing_state":
		holds := stateCondition(p)
		return func(r *run, _ string, _ *item) bool { return holds(r) }
	}
	p.fault(cmpNode(member(p.node, "type"), p.node), "", "unknown condition %q on a field name", kind)
	return func(*run, string, *item) bool { return false }
}
