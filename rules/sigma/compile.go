package sigma

import (
	"errors"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/ecs"
	"tocsin/internal/expression"
)

// compiler compiles detections for one kind of record. What is wrong gathers in it: what no kind of record can say, and
// fields that this one lacks.
type compiler struct {
	fields *fieldSet
	lists  Lists
	at     *yaml.Node // the detection
	found  refusals
	lacks  refusals
}

// Lists are the values of the placeholders that modifier expand replaces, by name.
type Lists func(name string) (values []string, ok bool)

// tree is what a selection asks of an alert.
func (c *compiler) tree(d *detection) expression.Tree {
	if d.item != nil {
		return c.item(d.item)
	}
	kids := make([]expression.Tree, len(d.kids))
	for i, k := range d.kids {
		kids[i] = c.tree(k)
	}
	if d.any {
		return expression.Some(kids...)
	}
	return expression.All(kids...)
}

func (c *compiler) item(it *item) expression.Tree {
	var targets []string
	var values *valueMap
	if it.field != "" {
		var err error
		if targets, values, err = c.find(it.field, it.final); err != nil {
			c.note(it, err)
			return expression.All()
		}
	}
	kids := make([]expression.Tree, 0, len(it.values))
	for _, v := range it.values {
		kid, err := c.value(it, v, targets, values)
		if err != nil {
			c.note(it, err)
			continue
		}
		kids = append(kids, kid)
	}
	tree := expression.Some(kids...)
	if it.all {
		tree = expression.All(kids...)
	}
	if it.negate {
		tree = expression.Negate(tree)
	}
	return tree
}

// note keeps what is wrong with an item.
func (c *compiler) note(it *item, err error) {
	if _, ok := errors.AsType[*unmapped](err); ok {
		c.lacks.fault(it.node, "", err) // another kind of record may have it
		return
	}
	c.found.fault(it.node, cmpText(it.name, "keyword")+": ", err)
}

// places are where the fields that were asked for stand.
func (c *compiler) places(at *yaml.Node, asked [][]named) [][]string {
	var out [][]string
	for _, names := range asked {
		var all []string
		for _, name := range names {
			targets, _, err := c.find(name.field, name.final)
			if err != nil {
				c.lacks.fault(at, "", err)
			}
			all = append(all, targets...)
		}
		out = append(out, all)
	}
	return out
}

func (c *compiler) find(field string, final bool) ([]string, *valueMap, error) {
	if final {
		return []string{field}, nil, nil
	}
	return c.fields.find(field)
}

// noValues is the error of a placeholder that nothing replaces.
func noValues(name string) error {
	return wrong("put them into a list named "+name+", one value a line, below lists/; or into vars of a pipeline", "placeholder %%%s%% has no values here", name)
}

// value compiles one value of an item over the fields that hold it: some of them has it, or for null none of them.
func (c *compiler) value(it *item, v value, targets []string, values *valueMap) (expression.Tree, error) {
	if v.kind == isText {
		forms, err := c.expanded(v.forms, values)
		if err != nil {
			return expression.Tree{}, err
		}
		v.forms = forms
	}
	if it.field == "" {
		return keyword(v)
	}
	kids := make([]expression.Tree, 0, len(targets))
	for _, target := range targets {
		kid, err := c.test(v, target)
		if err != nil {
			return kid, err
		}
		kids = append(kids, kid)
	}
	if v.kind == isNull || v.kind == isExists && !v.truth {
		return expression.All(kids...), nil
	}
	return expression.Some(kids...), nil
}

// test compiles a value of one field.
func (c *compiler) test(v value, target string) (expression.Tree, error) {
	switch v.kind {
	case isNull, isExists:
		return presence(v, target), nil
	case isPattern:
		pattern, err := c.pattern(v)
		return expression.Matches(target, pattern), err
	case isNetwork:
		return expression.Within(target, v.net), nil
	case isOrder:
		return expression.Compares(target, v.order, v.n), nil
	case isTime:
		return expression.PartOfTime(target, v.text, int(v.n)), nil
	case isReference:
		name, final := strings.CutPrefix(v.text, finalField)
		others, _, err := c.find(name, final)
		if err != nil {
			return expression.Tree{}, err
		}
		kids := make([]expression.Tree, len(others))
		for i, other := range others {
			kids[i] = expression.Relates(target, other, v.how, v.exact)
		}
		return expression.Some(kids...), nil
	}
	kids := make([]expression.Tree, len(v.forms))
	for i, g := range v.forms {
		kids[i] = expression.Covers(target, g, v.exact)
	}
	return expression.Some(kids...), nil
}

// presence compiles what asks whether the field is there, or has a value. An object is there and is not null.
func presence(v value, target string) expression.Tree {
	absent, there := expression.IsAbsent(target), expression.Exists(target)
	if mayBeObject(target) {
		absent = expression.All(absent, expression.Negate(expression.HasFields(target)))
		there = expression.Some(there, expression.HasFields(target))
	}
	switch {
	case v.kind == isNull:
		return absent
	case v.truth:
		return there
	default:
		return expression.Negate(there)
	}
}

// mayBeObject reports whether records may have fields below the field instead of a value: the names of ECS are of one kind,
// and an event of Windows holds texts.
func mayBeObject(field string) bool {
	t, known := ecs.Lookup(field)
	return (!known || t == ecs.Any || t == ecs.Object) && !strings.HasPrefix(field, "winlog.") && !strings.HasSuffix(field, "]")
}

// finalField opens the name of a referenced field that a user's pipeline has put in its place.
const finalField = "\x00"

// keyword compiles a text that may stand anywhere in the record.
func keyword(v value) (expression.Tree, error) {
	if v.kind == isPattern {
		return expression.MentionsMatch(v.text), nil
	}
	kids := make([]expression.Tree, len(v.forms))
	for i, g := range v.forms {
		kids[i] = expression.Mentions(opened(shut(g)), v.exact)
	}
	return expression.Some(kids...), nil
}

// maxForms bounds what one value may become.
const maxForms = 10_000

// expanded are the patterns with placeholders replaced by what lists hold, and spelled as the source spells them.
func (c *compiler) expanded(forms []expression.Glob, values *valueMap) ([]expression.Glob, error) {
	var out []expression.Glob
	for _, g := range spellings(forms, values) {
		filled, err := fill(g, func(name string) ([]expression.Glob, bool) {
			if c.lists == nil {
				return nil, false
			}
			texts, ok := c.lists(name)
			globs := make([]expression.Glob, len(texts))
			for i, s := range texts {
				globs[i] = literal(s)
			}
			return globs, ok
		})
		if err != nil {
			return nil, err
		}
		if out = append(out, filled...); len(out) > maxForms {
			return nil, wrong("take it apart into several items", "it stands for more than %d values", maxForms)
		}
	}
	return out, nil
}

// spellings are the patterns in every spelling of their values.
func spellings(forms []expression.Glob, values *valueMap) []expression.Glob {
	if values == nil {
		return forms
	}
	var out []expression.Glob
	for _, g := range forms {
		s, plain := text(g)
		if !plain {
			out = append(out, g)
			continue
		}
		for _, one := range values.of(s) {
			out = append(out, literal(one))
		}
	}
	return out
}

// fill replaces the placeholders of a pattern by each of the patterns that they stand for.
func fill(g expression.Glob, by func(name string) ([]expression.Glob, bool)) ([]expression.Glob, error) {
	out := []expression.Glob{nil}
	for _, p := range g {
		with := []expression.Glob{{p}}
		if p.Wild == placeholderMark {
			var ok bool
			if with, ok = by(p.Text); !ok || len(with) == 0 {
				return nil, noValues(p.Text)
			}
		}
		if len(out)*len(with) > maxForms {
			return nil, wrong("take it apart into several items", "it stands for more than %d values", maxForms)
		}
		var next []expression.Glob
		for _, o := range out {
			for _, w := range with {
				next = append(next, append(append(expression.Glob{}, o...), w...))
			}
		}
		out = next
	}
	return out, nil
}

// pattern is a regular expression as RE2 takes it.
func (c *compiler) pattern(v value) (string, error) {
	if v.expr {
		if name := placeholder(v.text); name != "" {
			return "", noValues(name)
		}
	}
	return dollar(v.text), nil
}
