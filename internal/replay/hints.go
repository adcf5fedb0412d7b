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
	m := r.o.Set.Matcher()
	conditions := make([]int, len(r.rule.Conditions()))
	groups := map[string]int{}
	matched, keyless := 0, 0
	var out, absent []string
	stray := ""
	for i := range r.alerts {
		e := m.Explain(r.rule.ID, &r.alerts[i])
		if e.Off != "" {
			return []string{"the rule is " + e.Off + ": it matches nothing"}
		}
		for j, c := range e.Conditions {
			if c.Holds {
				conditions[j]++
			}
		}
		switch {
		case !e.Holds:
			if stray == "" {
				stray = r.stray(i, e)
			}
			continue
		case e.Suppressed != "":
			out = appendOnce(out, "matches are hidden by the exception at "+e.Suppressed)
			continue
		}
		matched++
		if len(e.Keys) == 0 {
			keyless++
			absent = e.Absent
		}
		for _, key := range e.Keys {
			groups[keyText(key)]++
		}
	}
	head := []string{fmt.Sprintf("%d of %d alerts match", matched, len(r.alerts))}
	if len(conditions) > 1 {
		for j, text := range r.rule.Conditions() {
			head = append(head, fmt.Sprintf("%d meet condition %d: %s", conditions[j], j+1, text))
		}
	}
	if stray != "" {
		head = append(head, stray)
	}
	if keyless > 0 {
		head = append(head, fmt.Sprintf("%d of those that match lack a field of the group key (%s)", keyless, strings.Join(absent, ", ")))
	}
	if text := inGroups(groups); text != "" {
		head = append(head, text+"; the rule wants "+wants(r.rule.Correlate))
	}
	if text := r.ended(); text != "" {
		head = append(head, text)
	}
	return append(head, out...)
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
