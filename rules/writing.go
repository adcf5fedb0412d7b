package rules

import (
	"slices"

	"tocsin"
)

// matches appends the rule's matches of the loaded alert, one per group key.
func (m *Matcher) matches(out []tocsin.Match, i int, bits uint64, a *tocsin.Alert) []tocsin.Match {
	r, c, h := m.set.rules[i], &m.set.compiled[i], &m.set.health.rules[i]
	if r.variants != nil {
		return m.variantMatches(out, i, bits, a)
	}
	if m.twins(i) {
		return again(out, r.ID)
	}
	m.twin = 0
	absent := m.absent(c, h)
	var one [1][]tocsin.Value
	keys := one[:]
	if m.single(c) {
		one[0] = m.key(r, c)
	} else {
		var cut bool
		if keys, cut = m.severalKeys(r, c, a); cut {
			h.cut.Add(1)
		}
	}
	if len(keys) == 0 || absent != nil && m.lacksValue(c) {
		return out
	}
	out = oneMore(out)
	base := &out[len(out)-1]
	m.base(base, i, bits, a)
	if c.novel == nil {
		base.Values, base.Absent = m.readValues(r, c), absent
	} else if base.Values, base.Absent = m.novelty(c.novel, &base.Facts), nil; base.Values == nil {
		*base = tocsin.Match{}
		return out[:len(out)-1]
	}
	count := &h.matches
	if base.Suppressed != "" {
		count = &h.hidden
	}
	n := len(out) - 1
	for _, k := range keys {
		if !r.Correlate.expects(k) {
			continue
		}
		if n == len(out) {
			out = append(out, out[n-1])
		}
		out[n].Key = k
		n++
		count.Add(1)
	}
	clear(out[n:])
	if len(keys) == 1 && len(absent) == 0 && base.Suppressed == "" {
		m.twin = c.alike
	}
	return out[:n]
}

// oneMore appends a match to be written, all of it: it may be one of the alert before.
func oneMore(out []tocsin.Match) []tocsin.Match {
	if len(out) < cap(out) {
		return out[:len(out)+1]
	}
	return append(out, tocsin.Match{})
}

// lacksValue reports whether the alert lacks a field without which the rule counts nothing.
func (m *Matcher) lacksValue(c *compiled) bool {
	return c.value >= 0 && !m.eval.Present(c.value) || slices.ContainsFunc(c.values, func(slot int) bool { return !m.eval.Present(slot) })
}

// readValues reads what the rule counts or compares of the loaded alert.
func (m *Matcher) readValues(r *Rule, c *compiled) (values []tocsin.Value) {
	if c.value >= 0 {
		values = m.values.blank(1)
		values[0] = normal(m.eval.Get(c.value), r.Correlate.Fold)
	}
	for _, slot := range c.counted {
		v := tocsin.NullValue()
		if m.eval.Present(slot) {
			v = normal(m.eval.Get(slot), r.Correlate.Fold)
		}
		values = append(values, v)
	}
	for _, slot := range c.values {
		values = append(values, normal(m.eval.Get(slot), r.Correlate.Fold))
	}
	return values
}

// base is what all matches of a rule of the loaded alert have in common: all but key, values and absences.
func (m *Matcher) base(base *tocsin.Match, i int, bits uint64, a *tocsin.Alert) {
	r, c := m.set.rules[i], &m.set.compiled[i]
	hidden := ""
	if len(r.except)+len(c.exceptions) > 0 {
		hidden = m.hide(i, a)
	}
	if hidden != "" || base.Suppressed != "" {
		base.Suppressed = hidden
	}
	base.Rule, base.Set, base.Tenant, base.Conditions, base.Chained = r.ID, m.set.Hash, a.Tenant, bits, c.chained
	base.Entities = m.entitiesOf(r, c)
	m.readFacts(&base.Facts)
	ref := &base.Alert
	ref.ID, ref.Source, ref.Ref, ref.Time, ref.Received, ref.Digest = a.ID, a.Source, a.Ref, a.Time, a.Received, a.SHA256
	base.Order, base.Index, base.Recorded = 0, 0, false
	base.Readings = m.explained(r, c, bits)
}

// explained are the readings of the conditions that hold.
func (m *Matcher) explained(r *Rule, c *compiled, bits uint64) []tocsin.Reading {
	if c.novel != nil { // what every alert meets explains nothing
		return nil
	}
	if len(r.conditions) == 1 {
		return m.readings(r.conditions[0])
	}
	var all []tocsin.Reading
	for bit, x := range r.conditions {
		switch {
		case bits&(1<<bit) == 0:
		case all == nil:
			all = m.readings(x)
		default:
			all = append(all, m.readings(x)...)
		}
	}
	return all
}

// hide is [Matcher.hiddenBy] of a match, which counts.
func (m *Matcher) hide(i int, a *tocsin.Alert) string {
	name, exception := m.hiddenBy(i, a)
	if exception >= 0 {
		m.set.health.exceptions[exception].Add(1)
	}
	return name
}

// absent are the fields that the rule reads and the alert lacks, sorted; nil for none.
func (m *Matcher) absent(c *compiled, h *ruleHealth) []string {
	var names []string
	for j, slot := range c.reads {
		if !m.eval.Present(slot) {
			names = append(names, m.set.table.Name(slot))
			h.absent[j].Add(1)
		}
	}
	if len(names) > 1 {
		slices.Sort(names)
	}
	return names
}
