package sigma

import (
	"fmt"
	"slices"
	"strings"
)

// run applies one pipeline to one rule.
type run struct {
	pipeline *UserPipeline
	rule     *Rule
	asked    *detection // fields that are asked for beside the rule's own
	state    map[string]string
	applied  map[string]bool // ids of steps
	custom   map[string]string
	made     int // items that mappings to several fields have added
}

// all applies steps in their order. The error says what a step refuses.
func (r *run) all(steps []*step) error {
	for _, s := range steps {
		if !s.rules.match(func(c func(*run) bool) bool { return c(r) }) {
			continue
		}
		if err := s.apply(r, s); err != nil {
			return err
		}
		if s.id != "" {
			r.applied[s.id] = true
		}
	}
	return nil
}

// matches reports whether the step is for the item.
func (s *step) matches(r *run, it *item) bool {
	if !s.items.match(func(c func(*run, *item) bool) bool { return c(r, it) }) {
		return false
	}
	return s.fields.match(func(c func(*run, string, *item) bool) bool {
		return c(r, it.field, it) || slices.ContainsFunc(it.values, func(v value) bool {
			return v.kind == isReference && c(r, strings.TrimPrefix(v.text, finalField), it)
		})
	})
}

// matchesField reports whether the step's conditions on field names hold of a field.
func (s *step) matchesField(r *run, field string, it *item) bool {
	return s.fields.match(func(c func(*run, string, *item) bool) bool { return c(r, field, it) })
}

// change notes that the step changed the item.
func (r *run) change(s *step, it *item) {
	r.rule.touched = true
	if s.id != "" {
		it.applied = append(it.applied, s.id)
	}
}

// eachItem replaces every item of the rule that the step is for by what do makes of it: itself, several, or nil to drop
// it.
func (r *run) eachItem(s *step, do func(*item) (*detection, error)) error {
	for _, d := range append(r.detections(), r.asked) {
		if err := r.eachOf(s, d, do); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) eachOf(s *step, d *detection, do func(*item) (*detection, error)) error {
	if d.item != nil {
		made, err := r.replace(s, d, do)
		if err != nil {
			return err
		}
		if made == nil {
			*d = detection{}
			return nil
		}
		*d = *made
		return nil
	}
	kept := d.kids[:0]
	for _, k := range d.kids {
		if k.item == nil {
			if err := r.eachOf(s, k, do); err != nil {
				return err
			}
			if k.empty() {
				continue
			}
			kept = append(kept, k)
			continue
		}
		made, err := r.replace(s, k, do)
		if err != nil {
			return err
		}
		if made != nil {
			kept = append(kept, made)
		}
	}
	d.kids = kept
	return nil
}

func (r *run) replace(s *step, d *detection, do func(*item) (*detection, error)) (*detection, error) {
	if !s.matches(r, d.item) {
		return d, nil
	}
	made, err := do(d.item)
	if err != nil {
		return nil, refusalOf("", err, d.item.node)
	}
	return made, nil
}

// rename puts fields in their places. to returns nothing for a field that stays.
func (r *run) rename(s *step, to func(field string) []string) error {
	return r.eachItem(s, func(it *item) (*detection, error) {
		names := to(it.field)
		fits := len(names) > 0 && s.matchesField(r, it.field, it) // before the step is among those applied
		r.renameReferences(s, it, to)
		if !fits {
			return &detection{item: it}, nil
		}
		if it.field == "" { // a keyword becomes the part of a field
			for i := range it.values {
				for j, g := range it.values[i].forms {
					it.values[i].forms[j] = opened(shut(g))
				}
			}
		}
		r.change(s, it)
		if len(names) == 1 {
			it.field, it.final = names[0], true
			return &detection{item: it}, nil
		}
		if r.made += len(names); r.made > maxForms {
			return nil, fmt.Errorf("its fields are mapped to more than %d places", maxForms)
		}
		out := &detection{any: true}
		for _, name := range names {
			one := (&detection{item: it}).clone()
			one.item.field, one.item.final = name, true
			out.kids = append(out.kids, one)
		}
		return out, nil
	})
}

func (r *run) renameReferences(s *step, it *item, to func(field string) []string) {
	var values []value
	changed := false
	for _, v := range it.values {
		field := strings.TrimPrefix(v.text, finalField)
		names := to(field)
		if v.kind != isReference || len(names) == 0 || !s.matchesField(r, field, it) {
			values = append(values, v)
			continue
		}
		for _, name := range names {
			v.text = finalField + name
			values = append(values, v)
		}
		changed = true
	}
	if changed {
		r.change(s, it)
	}
	it.values = values
}

// eachValue replaces values: do returns what one becomes, and false where it stays.
func (r *run) eachValue(s *step, do func(it *item, v value) ([]value, bool, error)) error {
	return r.eachItem(s, func(it *item) (*detection, error) {
		var values []value
		changed := false
		for _, v := range it.values {
			made, ok, err := do(it, v)
			if err != nil {
				return nil, err
			}
			if !ok {
				made = []value{v}
			}
			changed = changed || ok
			if values = append(values, made...); len(values) > maxForms {
				return nil, fmt.Errorf("%s stands for more than %d values", it.name, maxForms)
			}
		}
		if changed {
			it.values = values
			r.change(s, it)
		}
		if len(it.values) == 0 && changed {
			return nil, fmt.Errorf("%s: no values are left", it.name)
		}
		return &detection{item: it}, nil
	})
}
