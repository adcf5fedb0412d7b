package rules

import (
	"cmp"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/expression"
)

// A Matcher matches alerts against a set. It is for one goroutine; make one per worker.
type Matcher struct {
	set   *Set
	eval  *expression.Evaluator
	index *expression.Finder
	try   []int32 // rules to try on this alert
	scan  bool    // try every rule: what the index must agree with

	timing timing

	told   bool // ref and facts are of the loaded alert
	ref    tocsin.AlertRef
	facts  tocsin.Facts
	oneKey [1][]tocsin.Value // what keys returns mostly

	loaded   int64                    // how many alerts were
	keyed    []shared[[]tocsin.Value] // by [compiled.keyed]
	named    []shared[[]tocsin.Entity]
	room     []tocsin.Match // for matches to come
	most     int            // matches that one alert had
	values   paper[tocsin.Value]
	entities paper[tocsin.Entity]

	spoken map[string]tocsin.Value // the tactics that names of rules speak of; kind novelty
}

// Matcher makes a matcher.
func (s *Set) Matcher() *Matcher {
	eval := s.table.Evaluator()
	return &Matcher{
		set: s, eval: eval, index: s.index.Finder(eval),
		keyed: make([]shared[[]tocsin.Value], s.alikeKeys), named: make([]shared[[]tocsin.Entity], s.alikeEntities),
	}
}

// Limits on what one alert may lead to in one rule.
const (
	maxKeys     = 64      // group keys, where arrays are taken apart
	maxEntities = 16      // values of one entity field
	maxKeyText  = 1 << 10 // bytes of one value of a group key, an entity or a reading
)

// Match returns all matches of an alert, by rule id and then in the order of its arrays. Those that an exception
// hides are among them, with Suppressed set. Matches are numbered from 0.
func (m *Matcher) Match(a *tocsin.Alert) []tocsin.Match {
	out := m.room
	if m.timing.due() {
		out = m.timed(out, a)
	} else {
		m.load(a)
		for _, i := range m.try {
			if bits := m.holds(int(i), everyCondition); bits != 0 {
				out = m.matches(out, int(i), bits, a)
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	for i := range out {
		out[i].Index = i
	}
	m.room, m.most = out[len(out):], min(max(m.most, len(out)), pieces)
	return slices.Clip(out)
}

// Fires returns the ids of the rules whose own condition holds of the alert and that no exception hides, sorted.
func (m *Matcher) Fires(a *tocsin.Alert) []string {
	m.load(a)
	var ids []string
	for _, i := range m.try {
		if m.holds(int(i), everyCondition) == 0 {
			continue
		}
		if name, _ := m.hiddenBy(int(i), a); name == "" {
			ids = append(ids, m.set.rules[i].ID)
		}
	}
	return ids
}

// load takes the alert's fields and finds the rules that can hold of it.
func (m *Matcher) load(a *tocsin.Alert) {
	m.begin(a)
	m.eval.Original(a.Raw)
	m.eval.Texts(a.Texts)
	for _, slot := range m.set.reserved {
		m.eval.Forget(slot) // an alert that says it were an event is none
	}
	m.try = m.try[:0]
	if m.scan {
		for i := range m.set.rules {
			if c := &m.set.compiled[i]; !c.off && !c.eventsOnly {
				m.try = append(m.try, int32(i))
			}
		}
		return
	}
	m.try = append(m.try, m.index.Find()...)
	if len(m.try) > 1 {
		slices.Sort(m.try)
		m.try = slices.Compact(m.try)
	}
}

// begin takes the alert's fields.
func (m *Matcher) begin(a *tocsin.Alert) {
	m.told = false
	m.loaded++
	m.eval.Load(a.Fields, a.Time)
}

const everyCondition = ^uint64(0)

// holds returns the bits of the rule's conditions that hold, of those asked for.
func (m *Matcher) holds(i int, asked uint64) uint64 {
	h := &m.set.health.rules[i]
	if h.quarantined.Load() {
		return 0
	}
	var bits uint64
	for bit, x := range m.set.rules[i].conditions {
		if asked>>bit&1 == 0 {
			continue
		}
		ok, err := m.eval.Holds(x)
		if err != nil {
			h.failed(err)
			return 0
		}
		if ok {
			bits |= 1 << bit
		}
	}
	h.worked()
	return bits
}

// hiddenBy names the exception that hides the rule's match, "" for none, and which of the set's it is, -1 for the
// rule's own. An exception that fails hides nothing.
func (m *Matcher) hiddenBy(i int, a *tocsin.Alert) (name string, exception int) {
	for _, x := range m.set.rules[i].except {
		if ok, err := m.eval.Holds(x.when); ok && err == nil {
			return x.name, -1
		}
	}
	for _, j := range m.set.compiled[i].exceptions {
		e := m.set.exceptions[j]
		if !a.Time.Before(e.Expires) {
			continue
		}
		if ok, err := m.eval.Holds(e.when); ok && err == nil {
			return e.Name, j
		}
	}
	return "", -1
}

// matches appends the rule's matches of the loaded alert, one per group key.
func (m *Matcher) matches(out []tocsin.Match, i int, bits uint64, a *tocsin.Alert) []tocsin.Match {
	r, c, h := m.set.rules[i], &m.set.compiled[i], &m.set.health.rules[i]
	if r.variants != nil {
		return m.variantMatches(out, i, bits, a)
	}
	absent := m.absent(c, h)
	keys, cut := m.keys(r, c, a)
	if cut {
		h.cut.Add(1)
	}
	if len(keys) == 0 || c.value >= 0 && !m.eval.Present(c.value) || slices.ContainsFunc(c.values, func(slot int) bool { return !m.eval.Present(slot) }) {
		return out
	}
	if len(out) == 0 && cap(out) < max(m.most, 1) {
		out = make([]tocsin.Match, 0, max(4*m.most, pieces/4))
	}
	out = append(out, tocsin.Match{})
	base := &out[len(out)-1]
	m.base(base, i, bits, a)
	base.Absent = absent
	if c.novel != nil {
		if base.Values, base.Absent = m.novelty(c.novel, &base.Facts), nil; base.Values == nil {
			return out[:len(out)-1]
		}
	}
	if c.value >= 0 {
		base.Values = []tocsin.Value{normal(m.eval.Get(c.value), r.Correlate.Fold)}
	}
	for _, slot := range c.counted {
		v := tocsin.NullValue()
		if m.eval.Present(slot) {
			v = normal(m.eval.Get(slot), r.Correlate.Fold)
		}
		base.Values = append(base.Values, v)
	}
	for _, slot := range c.values {
		base.Values = append(base.Values, normal(m.eval.Get(slot), r.Correlate.Fold))
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
	return out[:n]
}

// base is what all matches of a rule of the loaded alert have in common: all but key, values and absences.
func (m *Matcher) base(base *tocsin.Match, i int, bits uint64, a *tocsin.Alert) {
	r, c := m.set.rules[i], &m.set.compiled[i]
	hidden, exception := m.hiddenBy(i, a)
	if exception >= 0 {
		m.set.health.exceptions[exception].Add(1)
	}
	base.Rule, base.Set, base.Tenant, base.Conditions, base.Chained = r.ID, m.set.Hash, a.Tenant, bits, c.chained
	base.Entities, base.Suppressed = m.entitiesOf(r, c), hidden
	m.about(a)
	base.Alert, base.Facts = m.ref, m.facts
	for bit, x := range r.conditions {
		switch {
		case bits&(1<<bit) == 0, c.novel != nil: // what every alert meets explains nothing
		case base.Readings == nil:
			base.Readings = m.readings(x)
		default:
			base.Readings = append(base.Readings, m.readings(x)...)
		}
	}
}

// about works out what all matches say of the loaded alert, for the first of them.
func (m *Matcher) about(a *tocsin.Alert) {
	if !m.told {
		m.told, m.facts = true, m.readFacts(a)
		m.ref = tocsin.AlertRef{ID: a.ID, Source: a.Source, Ref: a.Ref, Time: a.Time, Received: a.Received, Digest: a.Digest()}
	}
}

func (m *Matcher) absent(c *compiled, h *ruleHealth) []string {
	var names []string
	for j, slot := range c.reads {
		if !m.eval.Present(slot) {
			names = append(names, m.set.table.Name(slot))
			h.absent[j].Add(1)
		}
	}
	slices.Sort(names)
	return names
}

// keys are the group keys of the loaded alert: none where a field is missing and the rule drops such alerts.
// cut says that there were more than are kept.
func (m *Matcher) keys(r *Rule, c *compiled, a *tocsin.Alert) (keys [][]tocsin.Value, cut bool) {
	one := &m.keyed[c.keyed]
	if one.alert == m.loaded {
		m.oneKey[0] = one.said
		return m.oneKey[:], false
	}
	for _, slot := range c.group { // mostly every field has one value
		if !m.eval.Present(slot) || m.eval.Get(slot).Kind() == tocsin.List {
			return m.severalKeys(r, c, a)
		}
	}
	one.alert, one.said = m.loaded, m.values.blank(len(c.group))
	for i, slot := range c.group {
		one.said[i] = normal(m.eval.Get(slot), r.Correlate.Fold)
	}
	m.oneKey[0] = one.said
	return m.oneKey[:], false
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
	if v.Kind() == tocsin.String {
		s, _ := v.Str()
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
		items := 1
		if v.Kind() == tocsin.List {
			items = len(v.Items())
		}
		if out == nil && items == 1 {
			out = m.entities.blank(len(c.entities))[:0]
		}
		n := 0
		for i := range items {
			item := v
			if v.Kind() == tocsin.List {
				item = v.Items()[i]
			}
			e := tocsin.Entity{Field: r.Entities[j].Field, Value: cut(item.Text()), Role: r.Entities[j].Role}
			if e.Value != "" && n < maxEntities && !slices.Contains(out, e) {
				out = append(out, e)
				n++
			}
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func cut(s string) string {
	if len(s) > maxKeyText {
		return strings.ToValidUTF8(s[:maxKeyText], "")
	}
	return s
}

func (m *Matcher) readFacts(a *tocsin.Alert) tocsin.Facts {
	var f tocsin.Facts
	if risk, ok := m.eval.Get(m.set.facts.risk).Float(); ok {
		f.Risk = min(max(risk, 0), 100)
	}
	tactics := m.eval.Get(m.set.facts.tacticID)
	if len(tactics.Items()) == 0 {
		tactics = m.eval.Get(m.set.facts.tacticName)
	}
	for _, t := range tactics.Items() {
		if s := cut(t.Text()); s != "" && !slices.Contains(f.Tactics, s) && len(f.Tactics) < maxEntities {
			f.Tactics = append(f.Tactics, s)
		}
	}
	for name := range a.Fields.All() {
		if strings.HasPrefix(name, "threat.indicator.") {
			f.IOC = true
			break
		}
	}
	return f
}

func (m *Matcher) readings(x *expression.Expr) []tocsin.Reading {
	readings := m.eval.Explain(x)
	for i, r := range readings {
		if s, ok := r.Value.Str(); ok && len(s) > maxKeyText {
			readings[i].Value = tocsin.StringValue(cut(s))
		}
	}
	return readings
}
