package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tocsin"
	"tocsin/rules"
)

// hints say how near a test's alerts came to an event that did not come out: which conditions hold of how many, why the
// first alert that matches nothing does not, and into which groups the others fell.
func (r *testRun) hints() []string {
	if slices.ContainsFunc(r.rule.Fields(), func(f string) bool { return strings.HasPrefix(f, "tocsin.") }) {
		return []string{r.below()}
	}
	t := r.tally()
	if t.off != "" {
		return []string{"the rule is " + t.off + ": it matches nothing"}
	}
	head := []string{fmt.Sprintf("%d of %d alerts match", t.matched, len(r.alerts))}
	if len(t.conditions) > 1 {
		for j, text := range r.rule.Conditions() {
			head = append(head, fmt.Sprintf("%d meet condition %d: %s", t.conditions[j], j+1, text))
		}
	}
	if t.stray != "" {
		head = append(head, t.stray)
	}
	if t.keyless > 0 {
		head = append(head, fmt.Sprintf("%d of those that match lack a field of the group key (%s)", t.keyless, strings.Join(t.absent, ", ")))
	}
	if text := inGroups(t.groups); text != "" {
		head = append(head, text+"; the rule wants "+wants(r.rule.Correlate))
	}
	if text := r.ended(); text != "" {
		head = append(head, text)
	}
	return append(head, t.hidden...)
}

// A tally is what a rule makes of the alerts of a test, one by one.
type tally struct {
	off        string // why the rule matches nothing; empty: it is in force
	conditions []int  // how many alerts meet each condition
	matched    int
	stray      string // what the first alert that does not match lacks
	hidden     []string
	keyless    int // how many of those that match have no group key
	absent     []string
	groups     map[string]int
}

func (r *testRun) tally() tally {
	m := r.o.Set.Matcher()
	t := tally{conditions: make([]int, len(r.rule.Conditions())), groups: map[string]int{}}
	for i := range r.alerts {
		e := m.Explain(r.rule.ID, &r.alerts[i])
		if e.Off != "" {
			return tally{off: e.Off}
		}
		for j, c := range e.Conditions {
			if c.Holds {
				t.conditions[j]++
			}
		}
		switch {
		case !e.Holds:
			if t.stray == "" {
				t.stray = r.stray(i, e)
			}
			continue
		case e.Suppressed != "":
			t.hidden = appendOnce(t.hidden, "matches are hidden by the exception at "+e.Suppressed)
			continue
		}
		t.matched++
		if len(e.Keys) == 0 {
			t.keyless++
			t.absent = e.Absent
		}
		for _, key := range e.Keys {
			t.groups[keyText(key)]++
		}
	}
	return t
}

// ended says when time ended, of a rule that waits for a deadline.
func (r *testRun) ended() string {
	c := r.rule.Correlate
	waits := c.Kind == rules.Absence || c.Kind == rules.Silence
	for _, s := range c.Steps {
		waits = waits || s.Absent || s.Until
	}
	if !waits || len(r.alerts) == 0 {
		return ""
	}
	last := slices.MaxFunc(r.alerts, func(a, b tocsin.Alert) int { return a.Time.Compare(b.Time) }).Time.Sub(testStart())
	if r.test.Until == nil {
		return "time ended at " + Offset(last) + ", with the last alert; until: lets it go on, and a deadline must have passed"
	}
	return "time ended at " + Offset(last+*r.test.Until) + "; a deadline must have passed"
}

func keyText(key []tocsin.Value) string {
	parts := make([]string, len(key))
	for i, v := range key {
		parts[i] = v.Text()
	}
	return strings.Join(parts, ", ")
}

func appendOnce(all []string, s string) []string {
	if slices.Contains(all, s) {
		return all
	}
	return append(all, s)
}

// below says of a rule over events which events the other rules made.
func (r *testRun) below() string {
	if len(r.others) == 0 {
		return "the rule is over events, and no other rule made one"
	}
	parts := make([]string, 0, len(r.others))
	for _, title := range slices.Sorted(maps.Keys(r.others)) {
		parts = append(parts, fmt.Sprintf("%s: %d", title, r.others[title]))
	}
	return "the rule is over events; other rules made " + strings.Join(parts, ", ") + "; the rule wants " + wants(r.rule.Correlate)
}

// stray says which terms kept an alert from matching, at most four.
func (r *testRun) stray(i int, e rules.Explanation) string {
	var terms []string
	for _, c := range e.Conditions {
		if c.Error != "" {
			terms = append(terms, c.Error)
		}
		for _, leaf := range c.Leaves {
			if !leaf.Holds && len(terms) < 4 {
				terms = appendOnce(terms, leaf.Expr+" saw "+seenAll(leaf.Fields))
			}
		}
	}
	return fmt.Sprintf("alert %d (at %s) does not: %s", i+1, Offset(r.alerts[i].Time.Sub(testStart())), strings.Join(terms, "; "))
}

// inGroups tells the largest groups, at most five.
func inGroups(groups map[string]int) string {
	if len(groups) == 0 {
		return ""
	}
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b string) int {
		if groups[a] != groups[b] {
			return groups[b] - groups[a]
		}
		return strings.Compare(a, b)
	})
	parts := make([]string, 0, 6)
	for i, k := range keys {
		if i == 5 {
			parts = append(parts, fmt.Sprintf("%d more", len(keys)-5))
			break
		}
		parts = append(parts, fmt.Sprintf("%s: %d", k, groups[k]))
	}
	return fmt.Sprintf("they fall into %d groups (%s)", len(groups), strings.Join(parts, ", "))
}

// wants says in words of the rule file what a correlation asks for.
func wants(c rules.Correlate) string {
	parts := []string{string(c.Kind)}
	if c.AtLeast > 1 && c.Kind != rules.Sequence && c.Kind != rules.SetOf { // there it is how many conditions there are
		parts = append(parts, fmt.Sprintf("at_least: %d", c.AtLeast))
	}
	if c.Field != "" {
		parts = append(parts, "field: "+c.Field)
	}
	if c.Capacity > 0 {
		parts = append(parts, fmt.Sprintf("capacity: %d, leakspeed: %s", c.Capacity, Offset(c.LeakSpeed)))
	}
	if c.Span > 0 {
		parts = append(parts, "span: "+Offset(c.Span))
	}
	return strings.Join(parts, ", ")
}
