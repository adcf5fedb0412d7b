package decode

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/ecs"
	"tocsin/internal/expression"
	"tocsin/internal/fault"
)

// fieldSet reads fields and the ways to fill them.
func (l *mappingLoader) fieldSet(n *yaml.Node, what string) []mapped {
	var all []mapped
	l.members(n, what, func(key, value *yaml.Node) {
		kind, known := ecs.Lookup(key.Value)
		switch {
		case !known:
			remedy := ""
			if near := ecs.Nearest(key.Value); len(near) > 0 {
				remedy = "did you mean " + strings.Join(near, " or ") + "?"
			}
			l.add(key, remedy, "unknown field %q", key.Value)
		case kind == ecs.Object:
			l.add(key, "name a leaf below it", "the field %q holds other fields", key.Value)
		case key.Value == "@timestamp":
			l.add(key, "use time:", "the field @timestamp is not set here")
		}
		f := mapped{field: key.Value}
		switch {
		case value.Kind == yaml.SequenceNode && slices.ContainsFunc(value.Content, func(n *yaml.Node) bool { return n.Kind == yaml.MappingNode }):
			for _, item := range value.Content { // several ways
				f.ways = append(f.ways, l.way(item, key.Value))
			}
		default:
			f.ways = []way{l.way(value, key.Value)}
		}
		f.last = slices.ContainsFunc(f.ways, func(w way) bool { return w.cond != nil })
		all = append(all, f)
	})
	return all
}

// way reads a path, a list of paths, or the long form: {from, as, words, table, if} or {value, if}.
func (l *mappingLoader) way(n *yaml.Node, field string) way {
	if n.Kind == yaml.ScalarNode || n.Kind == yaml.SequenceNode {
		return way{from: l.texts(n, field)}
	}
	var w way
	keys := []string{"as", "from", "if", "table", "value", "words"}
	l.members(n, field, func(key, value *yaml.Node) {
		switch key.Value {
		case "from":
			w.from = l.texts(value, "from")
		case "value":
			w.value = l.constant(value)
		case "as":
			w.as = value.Value
			if _, ok := conversions[w.as]; !ok {
				l.add(value, fault.DidYouMean(w.as, slices.Sorted(maps.Keys(conversions))), "unknown conversion %q", w.as)
			}
		case "words":
			w.words = l.wordTable(value)
		case "table":
			w.words = l.tables[value.Value]
			if w.words == nil {
				l.add(value, fault.DidYouMean(value.Value, slices.Sorted(maps.Keys(l.tables))), "there is no table %q", value.Value)
			}
		case "if":
			w.cond = l.expr(value)
		default:
			l.add(key, fault.DidYouMean(key.Value, keys), "unknown key %q", key.Value)
		}
	})
	if w.value.IsAbsent() == (len(w.from) == 0) {
		l.add(n, "", "%s needs either from or value", field)
	}
	return w
}

// wordTables are words that several fields share.
func (l *mappingLoader) wordTables(n *yaml.Node) {
	l.members(n, "tables", func(key, value *yaml.Node) { l.tables[key.Value] = l.wordTable(value) })
}

func (l *mappingLoader) wordTable(n *yaml.Node) map[string]tocsin.Value {
	words := map[string]tocsin.Value{}
	l.members(n, "words", func(word, to *yaml.Node) { words[word.Value] = l.constant(to) })
	return words
}

// expr compiles a condition, in the language of rules, over the alert as the fields without a condition make it.
func (l *mappingLoader) expr(n *yaml.Node) *expression.Expr {
	if l.m.table == nil {
		l.m.table = expression.New(expression.Options{Lookup: fieldType, Nearest: ecs.Nearest})
	}
	text := l.text(n, "if")
	if text == "" {
		return nil
	}
	x, err := l.m.table.Compile(text, nil)
	faults, ok := errors.AsType[expression.Errors](err)
	for _, f := range faults {
		line, column := n.Line, n.Column
		if n.Style == 0 { // a plain scalar stands as it is, so the place in it is a place in the file
			column += f.Offset
		}
		l.faults = append(l.faults, fault.At(l.file, l.src, line, column, f.Message, f.Remedy))
	}
	if err != nil && !ok {
		l.add(n, "", "%v", err)
	}
	return x
}

// fieldType is what a condition may know of a field.
func fieldType(name string) (expression.Type, bool) {
	t, known := ecs.Lookup(name)
	switch t {
	case ecs.Keyword, ecs.Text:
		return expression.Keyword, known
	case ecs.IP:
		return expression.IP, known
	case ecs.Long, ecs.Double:
		return expression.Number, known
	case ecs.Boolean:
		return expression.Boolean, known
	case ecs.Date:
		return expression.Date, known
	case ecs.Object:
		return expression.Object, known
	}
	return expression.Any, known
}
