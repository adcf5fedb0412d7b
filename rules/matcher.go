package rules

import (
	"slices"

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

	twin   int32 // of the rule that the last match is of, see [compiled.alike]; 0 where the next can be none like it
	told   bool  // facts are of the loaded alert
	facts  tocsin.Facts
	oneKey [1][]tocsin.Value // what keys returns mostly
	shown  []tocsin.Reading  // what readings returned last

	loaded   int64                    // how many alerts were
	keyed    []shared[[]tocsin.Value] // by [compiled.keyed]
	named    []shared[[]tocsin.Entity]
	room     []tocsin.Match // of the alert before, and for those to come
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
	maxRoom     = 1 << 10 // matches, some 450 kB, for which a matcher keeps room
)

// Match returns all matches of an alert, by rule id and then in the order of its arrays. Those that an exception
// hides are among them, with Suppressed set. Matches are numbered from 0. The list is good until the next call, what its
// matches refer to for as long as somebody keeps it.
func (m *Matcher) Match(a *tocsin.Alert) []tocsin.Match {
	before := m.room
	out := m.Append(m.room[:0], a)
	if m.room = out; cap(out) > maxRoom {
		m.room = nil
	}
	if len(out) < len(before) {
		clear(before[len(out):]) // they keep what they refer to
	}
	if len(out) == 0 {
		return nil
	}
	return slices.Clip(out)
}

// Append is [Matcher.Match] into a list of the caller's, behind what stands there.
func (m *Matcher) Append(to []tocsin.Match, a *tocsin.Alert) []tocsin.Match {
	out := to
	if m.timing.due() {
		out = m.timed(out, a)
	} else {
		m.load(a)
		for _, i := range m.try {
			if m.twins(int(i)) {
				out = again(out, m.set.rules[i].ID)
			} else if bits := m.holds(int(i), everyCondition); bits != 0 {
				out = m.matches(out, int(i), bits, a)
			}
		}
	}
	for i := range out[len(to):] {
		out[len(to)+i].Index = i
	}
	return out
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
	m.told, m.twin = false, 0
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
	if m.twins(i) {
		return again(out, r.ID)
	}
	m.twin = 0
	absent := m.absent(c, h)
	keys, cut := m.keys(r, c, a)
	if cut {
		h.cut.Add(1)
	}
	if len(keys) == 0 || c.value >= 0 && !m.eval.Present(c.value) || slices.ContainsFunc(c.values, func(slot int) bool { return !m.eval.Present(slot) }) {
		return out
	}
	out = oneMore(out)
	base := &out[len(out)-1]
	m.base(base, i, bits, a)
	base.Absent = absent
	if c.novel != nil {
		if base.Values, base.Absent = m.novelty(c.novel, &base.Facts), nil; base.Values == nil {
			*base = tocsin.Match{}
			return out[:len(out)-1]
		}
	}
	m.readValues(base, r, c)
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

// twins reports whether the rule matches as the one does that the last match is of, and counts that. Its condition is the
// same, and holds.
func (m *Matcher) twins(i int) bool {
	alike, h := m.set.compiled[i].alike, &m.set.health.rules[i]
	if alike == 0 || alike != m.twin || h.quarantined.Load() {
		return false
	}
	h.worked()
	h.matches.Add(1)
	return true
}

// again appends the last match once more, of another rule.
func again(out []tocsin.Match, rule string) []tocsin.Match {
	out = oneMore(out)
	n := len(out) - 1
	out[n] = out[n-1]
	out[n].Rule = rule
	return out
}

// oneMore appends a match to be written, all of it: it may be one of the alert before.
func oneMore(out []tocsin.Match) []tocsin.Match {
	if len(out) < cap(out) {
		return out[:len(out)+1]
	}
	return append(out, tocsin.Match{})
}

// readValues reads what the rule counts or compares of the loaded alert.
func (m *Matcher) readValues(base *tocsin.Match, r *Rule, c *compiled) {
	if c.value >= 0 {
		base.Values = m.values.blank(1)
		base.Values[0] = normal(m.eval.Get(c.value), r.Correlate.Fold)
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
	if !m.told {
		m.told, m.facts = true, m.readFacts()
	}
	base.Facts = m.facts
	ref := &base.Alert
	ref.ID, ref.Source, ref.Ref, ref.Time, ref.Received, ref.Digest = a.ID, a.Source, a.Ref, a.Time, a.Received, a.SHA256
	base.Key, base.Values, base.Readings, base.Absent = nil, nil, nil, nil
	base.Order, base.Index, base.Recorded = 0, 0, false
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
