package rules

import (
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
}

// A Condition is one condition and its leaves as the alert answers them.
type Condition struct {
	Name     string // of an exception: where it stands
	When     string
	Holds    bool
	Error    string
	Readings []tocsin.Reading
}

// Explain tells how a rule sees an alert; the zero Explanation where there is no such rule. It leaves the counters
// of the set alone.
func (m *Matcher) Explain(ruleID string, a *tocsin.Alert) Explanation {
	i, ok := m.set.byID[ruleID]
	if !ok {
		return Explanation{}
	}
	m.eval.Load(a.Fields, a.Time)
	m.eval.Original(a.Raw)
	r, c := m.set.rules[i], &m.set.compiled[i]
	e := Explanation{Rule: ruleID}
	switch {
	case c.off:
		e.Off = Deprecated
	case m.set.health.rules[i].quarantined.Load():
		e.Off = "quarantined"
	}
	for _, x := range r.conditions {
		cond := m.condition("", x)
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
	if e.Holds {
		e.Keys, _ = m.keys(r, c, a)
	}
	return e
}

func (e *Explanation) except(c Condition) {
	e.Excepts = append(e.Excepts, c)
	if c.Holds && e.Suppressed == "" {
		e.Suppressed = c.Name
	}
}

func (m *Matcher) condition(name string, x *expression.Expr) Condition {
	c := Condition{Name: name, When: x.Text(), Readings: m.readings(x)}
	holds, err := m.eval.Holds(x)
	c.Holds = holds
	if err != nil {
		c.Error = err.Error()
	}
	return c
}
