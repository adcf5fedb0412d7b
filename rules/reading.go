package rules

import (
	"cmp"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/expression"
)

// keys are the group keys of the loaded alert: none where a field is missing and the rule drops such alerts.
// cut says that there were more than are kept.
func (m *Matcher) keys(r *Rule, c *compiled, a *tocsin.Alert) (keys [][]tocsin.Value, cut bool) {
	if m.single(c) {
		return [][]tocsin.Value{m.key(r, c)}, false
	}
	return m.severalKeys(r, c, a)
}

// single reports whether every field of the group key has one value, as is mostly so.
func (m *Matcher) single(c *compiled) bool {
	for _, slot := range c.group {
		if k := m.eval.Get(slot).Kind(); k <= tocsin.Null || k == tocsin.List {
			return false
		}
	}
	return true
}

// key is the group key where every field has one value. Rules that have the same share it.
func (m *Matcher) key(r *Rule, c *compiled) []tocsin.Value {
	known := &m.keyed[c.keyed]
	if known.alert == m.loaded {
		return known.said
	}
	key := m.values.blank(len(c.group))
	for i, slot := range c.group {
		key[i] = normal(m.eval.Get(slot), r.Correlate.Fold)
	}
	if c.sharesKey {
		known.alert, known.said = m.loaded, key
	}
	return key
}

// severalKeys are the group keys where a field is missing or has more values than one.
func (m *Matcher) severalKeys(r *Rule, c *compiled, a *tocsin.Alert) (keys [][]tocsin.Value, cut bool) {
	keys = [][]tocsin.Value{make([]tocsin.Value, 0, len(c.group))}
	for _, slot := range c.group {
		values := m.groupValues(r, slot, a)
		if len(values) == 0 {
			return nil, false
		}
		var longer [][]tocsin.Value
		for _, k := range keys {
			for _, v := range values {
				if len(longer) == maxKeys {
					cut = true
					continue
				}
				longer = append(longer, append(slices.Clone(k), v))
			}
		}
		keys = longer
	}
	return keys, cut
}

func (m *Matcher) groupValues(r *Rule, slot int, a *tocsin.Alert) []tocsin.Value {
	v := m.eval.Get(slot)
	if !m.eval.Present(slot) {
		switch r.Correlate.OnMissing {
		case Null:
			return []tocsin.Value{tocsin.NullValue()}
		case Alone:
			return []tocsin.Value{tocsin.StringValue(a.ID)}
		default:
			return nil
		}
	}
	v = normal(v, r.Correlate.Fold)
	if r.Correlate.Explode {
		return v.Items()
	}
	return []tocsin.Value{v}
}

// normal is a value as keys have it: short, folded where asked, and of a list its distinct members in order; a list
// of one is that one.
func normal(v tocsin.Value, fold bool) tocsin.Value {
	if s, ok := v.Str(); ok && len(s) <= maxKeyText && !fold {
		return v
	}
	return normalised(v, fold)
}

// normalised is [normal] of what is not mostly so: short text as it is.
func normalised(v tocsin.Value, fold bool) tocsin.Value {
	if s, ok := v.Str(); ok {
		if len(s) > maxKeyText {
			s = s[:maxKeyText-33] + "#" + tocsin.Hash(s) // cut, and still different from others that start alike
		}
		if fold {
			s = strings.ToLower(s)
		}
		return tocsin.StringValue(s)
	}
	if v.Kind() != tocsin.List {
		return v
	}
	var members []tocsin.Value
	for _, item := range v.Items() {
		if item.Kind() != tocsin.Null {
			members = append(members, normal(item, fold))
		}
	}
	slices.SortFunc(members, func(a, b tocsin.Value) int {
		return cmp.Or(cmp.Compare(a.Kind(), b.Kind()), cmp.Compare(a.Text(), b.Text()))
	})
	members = slices.CompactFunc(members, tocsin.Value.Equal)
	if len(members) == 1 {
		return members[0]
	}
	return tocsin.ListValue(members...)
}

// entitiesOf are the entities that the rule names of the loaded alert. Rules that name the same share them.
func (m *Matcher) entitiesOf(r *Rule, c *compiled) []tocsin.Entity {
	if !c.sharesNamed {
		return m.readEntities(r, c)
	}
	known := &m.named[c.named]
	if known.alert != m.loaded {
		known.alert, known.said = m.loaded, m.readEntities(r, c)
	}
	return known.said
}

func (m *Matcher) readEntities(r *Rule, c *compiled) []tocsin.Entity {
	var out []tocsin.Entity
	for j, slot := range c.entities {
		v := m.eval.Get(slot)
		n := v.Len()
		if n == 0 {
			continue
		}
		if out == nil && n == 1 {
			out = m.entities.blank(len(c.entities))[:0]
		}
		of := &r.Entities[j]
		text, single := v.Str()
		if !single || c.repeats {
			out = severalEntities(out, of, v)
		} else if text != "" {
			out = append(out, tocsin.Entity{Field: of.Field, Value: cut(text), Role: of.Role})
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// severalEntities appends what a value names, of a list its members: each once.
func severalEntities(out []tocsin.Entity, of *EntityField, v tocsin.Value) []tocsin.Entity {
	n := 0
	for i := range v.Len() {
		e := tocsin.Entity{Field: of.Field, Value: cut(v.At(i).Text()), Role: of.Role}
		if e.Value != "" && n < maxEntities && !slices.Contains(out, e) {
			out = append(out, e)
			n++
		}
	}
	return out
}

func cut(s string) string {
	if len(s) > maxKeyText {
		return strings.ToValidUTF8(s[:maxKeyText], "")
	}
	return s
}

// indicators is how the fields begin that an indicator of compromise which matched brings.
const indicators = "threat.indicator."

// readFacts reads what classification asks of the loaded alert.
func (m *Matcher) readFacts(f *tocsin.Facts) {
	f.Risk, f.Tactics, f.IOC = 0, nil, m.eval.Marked()
	if risk, ok := m.eval.Get(m.set.facts.risk).Float(); ok {
		f.Risk = min(max(risk, 0), 100)
	}
	tactics := m.eval.Get(m.set.facts.tacticID)
	if tactics.Len() == 0 {
		tactics = m.eval.Get(m.set.facts.tacticName)
	}
	if tactics.Len() == 0 {
		return
	}
	if m.tactics.alert != m.loaded {
		m.tactics.alert, m.tactics.said = m.loaded, distinctTexts(tactics)
	}
	f.Tactics = m.tactics.said
}

// distinctTexts are the texts of a value's members, each once; the first [maxEntities].
func distinctTexts(v tocsin.Value) (out []string) {
	for i := range v.Len() {
		if s := cut(v.At(i).Text()); s != "" && !slices.Contains(out, s) && len(out) < maxEntities {
			out = append(out, s)
		}
	}
	return out
}

func (m *Matcher) readings(x *expression.Expr) []tocsin.Reading {
	readings := m.eval.Explain(x)
	if len(readings) == len(m.shown) && (len(readings) == 0 || &readings[0] == &m.shown[0]) {
		return readings
	}
	for i := range readings {
		if s, ok := readings[i].Value.Str(); ok && len(s) > maxKeyText {
			readings[i].Value = tocsin.StringValue(cut(s))
		}
	}
	m.shown = readings
	return readings
}
