package rules

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"tocsin"
	"tocsin/internal/expression"
)

// A Set is the rules, exceptions and lists in force. Its content is immutable and may be shared; its counters, see
// [Set.States], are safe for concurrent use.
type Set struct {
	Hash  string // of the content: the same rules, exceptions and lists have the same hash whatever their spelling
	Lints Faults // what is allowed and probably not meant, and what of Sigma was refused
	// Refused are the reasons why Sigma documents are not used, as what they say cannot be said exactly: all of each document.
	Refused          Faults
	RefusedDocuments int    // how many documents these are
	Files            []File // as they were read, sorted by name: [LoadFiles] makes the same set of them

	rules      []*Rule
	ids        []string   // as rules
	compiled   []compiled // as rules
	byID       map[string]int
	exceptions []*Exception
	table      *expression.Table
	index      *expression.Index  // of the conditions of all rules in use
	listeners  map[string][]int32 // rules that may match an event, by the id of its rule
	reserved   []int              // slots of the fields that events alone have
	health     *health
	facts      factSlots
	watched    watched

	alikeKeys, alikeEntities int // how many numbers [compiled.keyed] and [compiled.named] have
}

// compiled is a rule as the matcher reads it.
type compiled struct {
	off         bool  // deprecated
	chained     bool  // it reads events, or others read its
	eventsOnly  bool  // no alert satisfies it, only events do
	follows     bool  // the rule before it is of the same run
	sharesKey   bool  // another rule has the same keyed
	sharesNamed bool  // another rule has the same named
	repeats     bool  // the rule names one field more than once among its entities
	past        int32 // of the first of a run, or of a rule that is in none: the place of the rule behind
	keyed       int32 // rules with the same number have the same group keys
	named       int32 // rules with the same number name the same entities
	alike       int32 // rules with the same number, which is not 0, match alike: all but the rule's name is the same
	group       []int
	value       int   // slot of the value field, -1 for none
	counted     []int // slots of the fields that steps count
	values      []int // slots of the fields whose values must all be there
	entities    []int
	reads       []int // every slot that the rule reads or requires
	exceptions  []int
	variants    []compiledVariant // as [Rule] has them
	novel       *novelSlots       // kind novelty only
}

type factSlots struct{ risk, tacticID, tacticName int }

func newSet(l *loader, files []File) *Set {
	slices.SortFunc(l.rules, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	l.lints.Sort()
	l.refused.Sort()
	s := &Set{
		Lints: l.lints, Refused: l.refused, RefusedDocuments: l.refusedDocs, Files: files, rules: l.rules, exceptions: l.except, table: l.table,
		byID:  map[string]int{},
		facts: factSlots{l.table.Slot("event.risk_score_norm"), l.table.Slot("threat.tactic.id"), l.table.Slot("threat.tactic.name")},
	}
	keys, entities, twins := alike{}, alike{}, alike{"": 0}
	for i, r := range s.rules {
		s.byID[r.ID] = i
		c := s.compile(r)
		c.keyed, c.named = keys.number(r.keyName()), entities.number(r.entitiesName())
		c.novel = s.novelSlots(r, l.wordTables)
		s.compiled = append(s.compiled, c)
	}
	s.alikeKeys, s.alikeEntities = len(keys), len(entities)
	s.share()
	s.watch()
	s.buildChains(l)
	for i, r := range s.rules {
		c := &s.compiled[i]
		c.alike = twins.number(r.twinName(c))
	}
	s.findRuns()
	s.buildIndex()
	s.Hash = s.hash(l.listText)
	s.health = newHealth(s)
	return s
}

func (s *Set) compile(r *Rule) compiled {
	c := compiled{off: r.Status == Deprecated, value: -1, eventsOnly: r.eventsOnly()}
	read := func(slots ...int) {
		for _, slot := range slots {
			if !slices.Contains(c.reads, slot) {
				c.reads = append(c.reads, slot)
			}
		}
	}
	for _, x := range r.conditions {
		if !r.Sigma { // its condition names the fields of every kind of record that it may mean: most are always absent
			read(x.Slots()...)
		}
	}
	for _, e := range r.Entities {
		slot := s.table.Slot(e.Field)
		c.repeats = c.repeats || slices.Contains(c.entities, slot)
		c.entities = append(c.entities, slot)
	}
	for i, e := range s.exceptions {
		if e.Rule == "*" || e.Rule == r.ID {
			c.exceptions = append(c.exceptions, i)
		}
	}
	if r.variants != nil {
		c.variants = s.compileVariants(r)
		return c
	}
	for _, f := range r.Correlate.GroupBy {
		c.group = append(c.group, s.table.Slot(f))
	}
	read(c.group...)
	if f := r.Correlate.Field; f != "" && r.Correlate.Novelty == nil {
		c.value = s.table.Slot(f)
		read(c.value)
	}
	for _, f := range r.Correlate.stepFields() {
		c.counted = append(c.counted, s.table.Slot(f))
	}
	read(c.counted...)
	for _, f := range r.Correlate.Values {
		c.values = append(c.values, s.table.Slot(f))
	}
	read(c.values...)
	for _, f := range r.Requires {
		read(s.table.Slot(f))
	}
	return c
}

func (s *Set) buildIndex() {
	var conditions []*expression.Expr
	var owners []int32
	for i, r := range s.rules {
		if c := &s.compiled[i]; c.off || c.eventsOnly || c.follows {
			continue
		}
		for _, x := range r.conditions {
			conditions, owners = append(conditions, x), append(owners, int32(i))
		}
	}
	s.index = s.table.NewIndex(conditions, owners)
}

// Rules are the set's rules by id. The slice must not be written to.
func (s *Set) Rules() []*Rule { return s.rules }

// Rule is the rule with the id, nil where there is none.
func (s *Set) Rule(id string) *Rule {
	if i, ok := s.byID[id]; ok {
		return s.rules[i]
	}
	return nil
}

// Exceptions are the set's exceptions in the order of their files.
func (s *Set) Exceptions() []*Exception { return slices.Clone(s.exceptions) }

// Fields are the names of all fields that the set's rules read.
func (s *Set) Fields() []string {
	names := make([]string, s.table.Slots())
	for i := range names {
		names[i] = s.table.Name(i)
	}
	slices.Sort(names)
	return names
}

// hash is the content hash of a rule: of what it means, tests and place aside.
func (r *Rule) hash() string {
	c := r.Correlate
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		c.Steps[i].When = "" // what it means is among the conditions
	}
	parts := []string{
		"rule", r.ID, r.Title, r.Version, r.Status, r.Level, strconv.FormatFloat(r.Confidence, 'g', -1, 64), r.Description,
		r.Author, r.Category, jsonText(r.References), jsonText(r.FalsePositives), jsonText(r.Tags), jsonText(r.Requires),
		jsonText(c), jsonText(r.Entities), jsonText(r.Incident),
	}
	if r.variants != nil {
		parts = append(parts, "variants", jsonText(r.variants))
	}
	for _, x := range r.conditions {
		parts = append(parts, "when", x.Canonical())
	}
	for _, x := range r.except {
		parts = append(parts, "except", x.when.Canonical())
	}
	return tocsin.Hash(parts...)
}

func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%#v", v) // none of these types fails
	}
	return string(b)
}

func (s *Set) hash(lists []string) string {
	parts := []string{"set"}
	for _, r := range s.rules {
		parts = append(parts, r.Hash)
	}
	var exceptions []string
	for _, e := range s.exceptions {
		exceptions = append(exceptions, tocsin.Hash("exception", e.Rule, e.when.Canonical(), e.Reason, e.Owner, e.Expires.UTC().String()))
	}
	slices.Sort(exceptions)
	return tocsin.Hash(append(append(parts, exceptions...), lists...)...)
}
