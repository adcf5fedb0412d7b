package rules

import (
	"slices"

	"tocsin"
)

// A variant is one way in which a rule with several reads an alert: its condition is the one of the same place in the
// rule's conditions. Sigma correlations have them, as each of their rules may call the same thing otherwise.
type variant struct {
	Steps  uint64     // bits of [tocsin.Match.Conditions] that it means
	Group  [][]string // for each field of the group key the fields that may hold it, the first that is there
	Values [][]string // likewise for what is counted; values of several fields count together
}

// compiledVariant is a variant with the slots of its fields.
type compiledVariant struct {
	steps         uint64
	group, values [][]int
}

func (s *Set) compileVariants(r *Rule) []compiledVariant {
	slots := func(fields [][]string) [][]int {
		out := make([][]int, len(fields))
		for i, names := range fields {
			for _, name := range names {
				out[i] = append(out[i], s.table.Slot(name))
			}
		}
		return out
	}
	var out []compiledVariant
	for _, v := range r.variants {
		out = append(out, compiledVariant{v.Steps, slots(v.Group), slots(v.Values)})
	}
	return out
}

// keyed is one group key of an alert, with what the alert means for it.
type keyed struct {
	key    []tocsin.Value
	bits   uint64
	values []tocsin.Value
}

// keyedVariants are the group keys of the loaded alert under the variants whose conditions hold. A variant of which
// a group field or all of a value is missing has none.
func (m *Matcher) keyedVariants(r *Rule, c *compiled, conditions uint64) []keyed {
	var out []keyed
	for i, v := range c.variants {
		if conditions&(1<<i) == 0 {
			continue
		}
		key, ok := m.firsts(r, v.group)
		if !ok {
			continue
		}
		var values []tocsin.Value
		if len(v.values) > 0 {
			if values, ok = m.firsts(r, v.values); !ok {
				continue
			}
			if len(values) > 1 { // they count together: one text for all
				values = []tocsin.Value{tocsin.StringValue(tocsin.KeyText(values))}
			}
		}
		at := slices.IndexFunc(out, func(k keyed) bool { return slices.EqualFunc(k.key, key, tocsin.Value.Equal) })
		if at < 0 {
			out = append(out, keyed{key, v.steps, values})
			continue
		}
		out[at].bits |= v.steps
		for _, value := range values {
			if !slices.ContainsFunc(out[at].values, value.Equal) {
				out[at].values = append(out[at].values, value)
			}
		}
	}
	return out
}

// firsts are the values of the first fields that are there; ok is false where none is.
func (m *Matcher) firsts(r *Rule, fields [][]int) (values []tocsin.Value, ok bool) {
	for _, slots := range fields {
		i := slices.IndexFunc(slots, m.eval.Present)
		if i < 0 {
			return nil, false
		}
		values = append(values, normal(m.eval.Get(slots[i]), r.Correlate.Fold))
	}
	return values, true
}

// variantMatches appends the matches of a rule with variants, one per group key.
func (m *Matcher) variantMatches(out []tocsin.Match, i int, conditions uint64, a *tocsin.Alert) []tocsin.Match {
	r, c, h := m.set.rules[i], &m.set.compiled[i], &m.set.health.rules[i]
	keys := m.keyedVariants(r, c, conditions)
	if len(keys) == 0 {
		return out
	}
	m.twin = 0 // the last match is of this rule now
	var base tocsin.Match
	m.base(&base, i, conditions, a)
	count := &h.matches
	if base.Suppressed != "" {
		count = &h.hidden
	}
	for _, k := range keys {
		match := base
		match.Key, match.Conditions, match.Values = k.key, k.bits, k.values
		out = append(out, match)
		count.Add(1)
	}
	return out
}
