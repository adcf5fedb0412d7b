package sigma

import (
	"net/netip"
	"slices"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// A detection is a selection, or a part of one: an item, or several parts of which all or any must hold.
type detection struct {
	any  bool // any of kids; else all
	kids []*detection
	item *item
}

// An item is one line of a selection: a field and the values that it may have, with the modifiers applied.
type item struct {
	name    string // as it is written, modifiers included
	field   string // "" for keywords
	final   bool   // field is the alert's own: a user's pipeline has put it there
	all     bool   // all of values; else one of them
	negate  bool
	values  []value
	applied []string // ids of the transformations that changed it
	node    *yaml.Node
}

// A value is what an item asks of its field, by kind.
type value struct {
	kind  valueKind
	forms []expression.Glob // texts: one of them covers the field's value. A part with Wild '%' is a placeholder
	plain bool              // texts: written as a number or truth
	exact bool              // texts, references: with regard to case
	text  string            // patterns: the regular expression with its flags; references: the other field; times: the part
	expr  bool              // patterns: placeholders in text are to be replaced
	net   netip.Prefix
	how   expression.Relation
	order string // orders: <, <=, >, >=
	n     float64
	truth bool // exists
}

type valueKind uint8

const (
	isText valueKind = iota
	isNull
	isExists
	isPattern
	isNetwork
	isOrder
	isReference
	isTime
)

// placeholderMark is the Wild of a glob's part that stands for a placeholder, by its Text.
const placeholderMark = '%'

// clone is a copy that may be changed without changing d.
func (d *detection) clone() *detection {
	out := &detection{any: d.any}
	for _, k := range d.kids {
		out.kids = append(out.kids, k.clone())
	}
	if d.item != nil {
		it := *d.item
		it.values, it.applied = slices.Clone(it.values), slices.Clip(it.applied)
		for i := range it.values {
			it.values[i].forms = slices.Clone(it.values[i].forms)
		}
		out.item = &it
	}
	return out
}

// empty reports whether a pipeline has dropped all of it: no selection is read empty.
func (d *detection) empty() bool { return d.item == nil && len(d.kids) == 0 }

// walk calls do for every item.
func (d *detection) walk(do func(*item)) {
	if d.item != nil {
		do(d.item)
	}
	for _, k := range d.kids {
		k.walk(do)
	}
}

// readDetection reads a selection: a mapping is an and, a list an or; texts by themselves are keywords. What is wrong with
// it is added to found.
func readDetection(found *refusals, n *yaml.Node, depth int) *detection {
	d := &detection{}
	if depth > maxNesting {
		found.say(n, "take it apart into several selections", "detection nests deeper than %d", maxNesting)
		return d
	}
	switch n.Kind {
	case yaml.SequenceNode:
		d.any = true
		for _, m := range n.Content {
			d.kids = append(d.kids, readDetection(found, m, depth+1))
		}
		if len(d.kids) == 0 {
			found.say(n, "write what it asks for, or leave it out", "a selection is an empty list")
		}
	case yaml.MappingNode:
		seen := map[string]bool{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := n.Content[i].Value
			if seen[name] {
				found.say(n.Content[i], "write a list of values, or a list of mappings", "a selection says %s twice", name)
			}
			seen[name] = true
			d.kids = append(d.kids, &detection{item: readItem(found, name, n.Content[i], n.Content[i+1])})
		}
		if len(d.kids) == 0 {
			found.say(n, "write what it asks for, or leave it out", "a selection is an empty mapping")
		}
	case yaml.ScalarNode:
		d.item = readItem(found, "", n, n)
	default:
		found.say(n, "write a mapping of fields to values, or a list", "a selection is neither mapping nor list")
	}
	return d
}
