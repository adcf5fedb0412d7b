package rules

import (
	"fmt"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/internal/expression"
)

// An Explanation says how one rule sees one alert.
type Explanation struct {
	Rule       string
	Holds      bool        // a condition of the rule holds
	Conditions []Condition // in the order of the bits of a match
	Excepts    []Condition // of the rule itself and of exceptions in force at the alert's time
	Suppressed string      // the exception that hides the match
	Keys       [][]tocsin.Value
	Absent     []string // fields that the rule reads and the alert lacks
	Off        string   // why the rule is not tried at all: deprecated or quarantined
	Group      []GroupField
	Dropped    string // why an alert that meets a condition goes no further, in words; "" where it does
}

// A GroupField is one field of the rule's group key as the alert has it.
type GroupField struct {
	Field string
	Value tocsin.Value // absent where the alert lacks it
}

// A Condition is one condition and its leaves as the alert answers them.
type Condition struct {
	Name   string // when, step 1, condition 1, …; of an exception: where it stands
	When   string
	Holds  bool
	Error  string
	Leaves []expression.Leaf // every one of them, with all that it reads
}

// Explain tells how a rule sees an alert; the zero Explanation where there is no such rule. It leaves the counters
// of the set alone.
func (m *Matcher) Explain(ruleID string, a *tocsin.Alert) Explanation {
	i, ok := m.set.byID[ruleID]
	if !ok {
		return Explanation{}
	}
	m.begin(a)
	m.eval.Original(a.Raw)
	m.eval.Texts(a.Texts)
	r, c := m.set.rules[i], &m.set.compiled[i]
	e := Explanation{Rule: ruleID}
	switch {
	case c.off:
		e.Off = Deprecated
	case m.set.health.rules[i].quarantined.Load():
		e.Off = "quarantined"
	}
	for bit, x := range r.conditions {
		cond := m.condition(r.conditionName(bit), x)
		e.Holds = e.Holds || cond.Holds
		e.Conditions = append(e.Conditions, cond)
	}
	for _, x := range r.except {
		e.except(m.condition(x.name, x.when))
	}
	for _, j := range c.exceptions {
		if x := m.set.exceptions[j]; a.Time.Before(x.Expires) {
			e.except(m.condition(x.Name, x.when))
		}
	}
	for _, slot := range c.reads {
		if !m.eval.Present(slot) {
			e.Absent = append(e.Absent, m.set.table.Name(slot))
		}
	}
	m.explainGroup(&e, r, c, a)
	return e
}

// explainGroup says what becomes of the alert's group key, and why it has none.
func (m *Matcher) explainGroup(e *Explanation, r *Rule, c *compiled, a *tocsin.Alert) {
	var missing []string
	for _, slot := range c.group {
		g := GroupField{Field: m.set.table.Name(slot)}
		if m.eval.Present(slot) {
			g.Value = m.eval.Get(slot)
		} else {
			missing = append(missing, g.Field)
		}
		e.Group = append(e.Group, g)
	}
	if !e.Holds {
		return
	}
	keys, cut := m.keys(r, c, a)
	e.Keys = keys
	switch {
	case len(keys) == 0:
		e.Dropped = strings.Join(missing, ", ") + " of its group_by is absent, and on_missing is drop: the alert belongs to no group"
		if len(missing) == 0 {
			e.Dropped = "a field of its group_by holds nothing: the alert belongs to no group"
		}
	case c.value >= 0 && !m.eval.Present(c.value):
		e.Dropped = m.set.table.Name(c.value) + " is absent, and its values are what the rule counts"
	case cut:
		e.Dropped = fmt.Sprintf("its arrays name more than %d group keys: the rest goes without", maxKeys)
	}
}

// conditionName is what a condition is called, by its bit in a match.
func (r *Rule) conditionName(bit int) string {
	switch {
	case len(r.conditions) == 1 && len(r.Correlate.Steps) == 0:
		return "when"
	case r.Correlate.Kind == Sequence && bit < len(r.Correlate.Steps) && r.Correlate.Steps[bit].Until:
		return "until"
	case r.Correlate.Kind == Sequence && bit < len(r.Correlate.Steps) && r.Correlate.Steps[bit].Absent:
		return "absent after step " + strconv.Itoa(r.Correlate.Steps[bit].After)
	case r.Correlate.Kind == Sequence:
		return "step " + strconv.Itoa(bit+1)
	default:
		return "condition " + strconv.Itoa(bit+1)
	}
}

func (e *Explanation) except(c Condition) {
	e.Excepts = append(e.Excepts, c)
	if c.Holds && e.Suppressed == "" {
		e.Suppressed = c.Name
	}
}

func (m *Matcher) condition(name string, x *expression.Expr) Condition {
	c := Condition{Name: name, When: x.Text(), Leaves: m.eval.Leaves(x)}
	holds, err := m.eval.Holds(x)
	c.Holds = holds
	if err != nil {
		c.Error = err.Error()
	}
	return c
}
