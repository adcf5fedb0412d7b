package classify

import (
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/expression"
)

// promotion says which events become incidents.
type promotion struct {
	mode    tocsin.Mode // of a rule that names none
	confirm time.Duration
	rules   []promotionRule
}

type promotionRule struct {
	id     string
	mode   tocsin.Mode
	reason string // of a dismissal
	when   *expression.Condition
}

func (l *loader) promotion(n *yaml.Node) {
	p := &l.s.promotion
	p.mode = tocsin.ModePropose
	var rules *yaml.Node
	l.by(n, "promotion", promotionKeys(), map[string]func(*yaml.Node){
		"default_mode": func(n *yaml.Node) {
			if m, ok := l.oneOf(n, "default_mode", defaultModes); ok {
				p.mode = tocsin.Mode(m)
			}
		},
		"confirm_auto_within": func(n *yaml.Node) { p.confirm = l.duration(n, "confirm_auto_within", true) },
		"rules":               func(n *yaml.Node) { rules = n },
	})
	if rules == nil {
		return
	}
	var ids []string
	for _, item := range l.list(rules, "promotion rules") {
		p.rules = append(p.rules, l.promotionRule(item, &ids))
	}
}

func (l *loader) promotionRule(n *yaml.Node, ids *[]string) promotionRule {
	rule := promotionRule{mode: l.s.promotion.mode}
	var reason *yaml.Node
	l.by(n, "promotion rule", promotionRuleKeys(), map[string]func(*yaml.Node){
		"id": func(n *yaml.Node) { rule.id = l.once(n, "promotion rule id", ids) },
		"mode": func(n *yaml.Node) {
			if m, ok := l.oneOf(n, "mode", ruleModes); ok {
				rule.mode = tocsin.Mode(m)
			}
		},
		"reason": func(n *yaml.Node) {
			reason = n
			rule.reason, _ = l.oneOf(n, "reason", tocsin.Dispositions())
		},
		"when": func(n *yaml.Node) { rule.when = l.checked(n, "promotion rule", promotionNames()) },
	})
	switch {
	case rule.mode == tocsin.ModeDismiss && reason == nil && n.Kind == yaml.MappingNode:
		l.add(n, "add reason: with a disposition, e.g. benign_true_positive", "promotion rule %s dismisses without a reason", rule.id)
	case rule.mode != tocsin.ModeDismiss && reason != nil:
		l.add(reason, "remove it", "promotion rule %s has a reason, which only mode dismiss takes", rule.id)
	}
	return rule
}

// severityNames are the names that a severity class's condition knows (register.md, ruling 4 of section 0).
func severityNames() map[string]expression.EnvType {
	names := map[string]expression.EnvType{
		"rule.id": expression.EnvString, "rule.level": expression.EnvString, "rule.category": expression.EnvString,
		"rule.tags": expression.EnvList, "rule.confidence": expression.EnvFloat,
		"count": expression.EnvInt, "tactics": expression.EnvInt, "asset": expression.EnvInt,
		"ioc": expression.EnvBool, "risk": expression.EnvFloat,
		"category": expression.EnvString, "urgency": expression.EnvInt,
	}
	for _, axis := range axisNames() {
		names[axis] = expression.EnvInt
	}
	return names
}

// promotionNames are those of a promotion rule's condition: it knows the severity class too.
func promotionNames() map[string]expression.EnvType {
	names := severityNames()
	names["severity"] = expression.EnvInt
	return names
}

// checked compiles a condition and checks the words that it compares with names that have a vocabulary.
func (l *loader) checked(n *yaml.Node, what string, names map[string]expression.EnvType) *expression.Condition {
	c := l.condition(n, what, names)
	if c == nil {
		return nil
	}
	for _, lit := range c.Literals() {
		var valid []string
		switch lit.Name {
		case "category":
			valid = slices.DeleteFunc(l.s.Categories(), func(c string) bool { _, isLocal := l.s.local[c]; return isLocal })
		case "rule.category":
			valid = l.s.Categories()
		case "rule.level":
			valid = slices.Collect(maps.Keys(levels()))
			slices.Sort(valid)
		}
		if len(valid) == 0 || slices.Contains(valid, lit.Text) {
			continue
		}
		line, column := l.inside(n, lit.Line, lit.Column)
		at := &yaml.Node{Line: line, Column: column, Value: lit.Text}
		l.unknown(at, what+": unknown "+lit.Name, valid)
	}
	return c
}
