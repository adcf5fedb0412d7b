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
	all   []int32 // room for the rules to be tried, where that is every rule
	scan  bool    // try every rule: what the index must agree with

	timing timing

	twin    int32            // of the rule that the last match is of, see [compiled.alike]; 0 where the next can be none like it
	tactics shared[[]string] // that the alert names itself
	shown   []tocsin.Reading // what readings returned last

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
		for _, i := range m.load(a) {
			out = m.attempt(out, int(i), a)
			if past := m.past(int(i)); past > int(i)+1 {
				out = m.followers(out, int(i)+1, past, a)
			}
		}
	}
	for i := range out[len(to):] {
		out[len(to)+i].Index = i
	}
	return out
}

// Reuse says that nobody asks any more for what the matches made so far refer to, key, values and entities: those to come are
// written over it. A list of matches that [Matcher.Match] returned is good no longer either.
func (m *Matcher) Reuse() {
	m.values.reuse()
	m.entities.reuse()
}

// Fires returns the ids of the rules whose own condition holds of the alert and that no exception hides, sorted.
func (m *Matcher) Fires(a *tocsin.Alert) []string {
	var ids []string
	for _, first := range m.load(a) {
		for i := int(first); i < m.past(int(first)); i++ {
			if m.holds(i, everyCondition) == 0 {
				continue
			}
			if name, _ := m.hiddenBy(i, a); name == "" {
				ids = append(ids, m.set.rules[i].ID)
			}
		}
	}
	return ids
}

// load takes the alert's fields and finds the rules that can hold of it, each for those of its run.
func (m *Matcher) load(a *tocsin.Alert) (try []int32) {
	m.begin(a)
	m.eval.Original(a.Raw)
	m.eval.Texts(a.Texts)
	for _, slot := range m.set.reserved {
		m.eval.Forget(slot) // an alert that says it were an event is none
	}
	if m.scan {
		m.all = m.all[:0]
		for i := range m.set.rules {
			if c := &m.set.compiled[i]; !c.off && !c.eventsOnly {
				m.all = append(m.all, int32(i))
			}
		}
		return m.all
	}
	if try = m.index.Find(); len(try) > 1 {
		slices.Sort(try)
		try = slices.Compact(try)
	}
	return try
}

// begin takes the alert's fields.
func (m *Matcher) begin(a *tocsin.Alert) {
	m.twin = 0
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
