package replay

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/fault"
	"tocsin/rules"
)

// at makes a fault at a place of the test's file, with the line that stands there.
func (r *testRun) at(p rules.Place, message, remedy string) fault.Fault {
	for _, f := range r.o.Set.Files {
		if f.Name == r.test.File {
			return fault.At(f.Name, f.Data, p.Line, p.Column, message, remedy)
		}
	}
	return fault.Fault{File: r.test.File, Line: p.Line, Column: p.Column, Message: message, Remedy: remedy}
}

// compare holds events against expectations: each expectation must have an event of its own, and no event that stands
// may be left over. It marks the events that are expected.
func (r *testRun) compare(events []TestEvent) fault.List {
	var faults fault.List
	taken := assign(r.test.Expect, events)
	var left []int
	for j := range events {
		if events[j].Expected = slices.Contains(taken, j); !events[j].Expected {
			left = append(left, j)
		}
	}
	for i, w := range r.test.Expect {
		if taken[i] >= 0 {
			continue
		}
		near := nearest(w, events, left)
		if near < 0 {
			faults = append(faults, r.at(w.Keys[""], "no such event came out", ""))
			continue
		}
		left = slices.DeleteFunc(left, func(j int) bool { return j == near })
		for _, d := range differences(events[near], w) {
			faults = append(faults, r.at(cmpPlace(w.Keys[d.key], w.Keys[""]), d.message, d.remedy))
		}
	}
	for _, j := range left {
		if events[j].Fires() {
			faults = append(faults, r.at(r.test.Expects, "an event came out that is not expected", "if it is right, expect: ["+Expecting(events[j])+"]"))
		}
	}
	faults.Sort()
	return faults
}

func cmpPlace(p, or rules.Place) rules.Place {
	if p.Line == 0 {
		return or
	}
	return p
}

// assign gives each expectation an event that fits, -1 for none, to as many as can have one.
func assign(want []rules.Expectation, events []TestEvent) []int {
	taken := make([]int, len(want))
	for i := range taken {
		taken[i] = -1
	}
	var seat func(i int, tried []bool) bool
	seat = func(i int, tried []bool) bool {
		for j, e := range events {
			if tried[j] || len(differences(e, want[i])) > 0 {
				continue
			}
			tried[j] = true
			holder := slices.Index(taken, j)
			if holder < 0 || seat(holder, tried) {
				taken[i] = j
				return true
			}
		}
		return false
	}
	for i := range want {
		seat(i, make([]bool, len(events)))
	}
	return taken
}

// nearest is the event of left with the fewest differences, an equal group before all else; -1 for none.
func nearest(w rules.Expectation, events []TestEvent, left []int) int {
	best, least := -1, 1000
	for _, j := range left {
		if !events[j].Fires() && w.Activity == "" {
			continue
		}
		n := 0
		for _, d := range differences(events[j], w) {
			n++
			if d.key == "group" {
				n += 10
			}
		}
		if n < least {
			best, least = j, n
		}
	}
	return best
}

// A difference is one thing in which an event is not as expected.
type difference struct{ key, message, remedy string }

// differences says in what an event is not as expected.
func differences(e TestEvent, w rules.Expectation) []difference {
	var out []difference
	say := func(key, remedy, format string, args ...any) {
		out = append(out, difference{key, fmt.Sprintf(format, args...), remedy})
	}
	for _, f := range w.Group {
		i := slices.IndexFunc(e.Group, func(g tocsin.GroupValue) bool { return g.Field == f.Name })
		switch {
		case i < 0:
			say("group", "", "%s is not in the group key", f.Name)
		case e.Group[i].Value.Text() != f.Value.Text():
			say("group", "", "%s is %s, not %s", f.Name, e.Group[i].Value.Text(), f.Value.Text())
		}
	}
	if w.Count != 0 && e.Count != int64(w.Count) {
		say("count", "", "the count is %d, not %d", e.Count, w.Count)
	}
	if w.First != nil && e.First != *w.First {
		say("first", "", "the first alert is at %s, not at %s", Offset(e.First), Offset(*w.First))
	}
	if w.Last != nil && e.Last != *w.Last {
		say("last", "", "the last alert is at %s, not at %s", Offset(e.Last), Offset(*w.Last))
	}
	for _, f := range w.Entities {
		if got, want := entityValues(e, f.Name), texts(f.Value); !slices.Equal(got, want) {
			say("entities", "", "the event names %s as %s, not %s", list(got), f.Name, list(want))
		}
	}
	switch {
	case w.Activity == "" && !e.Fires():
		say("", "", "the event is %s", e.Activity)
	case w.Activity != "" && w.Activity != e.Activity:
		say("activity", "until: moves the watermark on, so that what is open closes", "the event is %s, not %s", e.Activity, w.Activity)
	}
	why := strings.Join(e.Why, "\n    ")
	if w.Incident != nil && (e.State == tocsin.Promoted) != *w.Incident {
		say("incident", why, "the event is %s", e.State)
	}
	if w.Priority != "" && e.Priority != w.Priority {
		say("priority", why, "the priority is %s, not %s", e.Priority, w.Priority)
	}
	if w.Category != "" && e.Category != w.Category {
		say("category", "", "the category is %s, not %s", e.Category, w.Category)
	}
	return out
}

// entityValues are the values that an event names of a field, sorted.
func entityValues(e TestEvent, field string) []string {
	var values []string
	for _, n := range e.Entities {
		if n.Field == field {
			values = append(values, n.Value)
		}
	}
	slices.Sort(values)
	return values
}

// texts are the members of a list, or the one value, sorted.
func texts(v tocsin.Value) []string {
	items := []tocsin.Value{v}
	if v.Kind() == tocsin.List {
		items = v.Items()
	}
	values := make([]string, len(items))
	for i, item := range items {
		values[i] = item.Text()
	}
	slices.Sort(values)
	return values
}

func list(values []string) string {
	if len(values) == 0 {
		return "nothing"
	}
	if len(values) > 12 {
		return strings.Join(values[:12], ", ") + fmt.Sprintf(" and %d more", len(values)-12)
	}
	return strings.Join(values, ", ")
}

// Offset writes a duration as a rule file has it.
func Offset(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// Expecting is the expectation that fits an event, as a rule file has it.
func Expecting(e TestEvent) string {
	group := make([]string, len(e.Group))
	for i, g := range e.Group {
		group[i] = g.Field + ": " + scalarText(g.Value)
	}
	parts := []string{}
	if len(group) > 0 {
		parts = append(parts, "group: {"+strings.Join(group, ", ")+"}")
	}
	parts = append(parts, fmt.Sprintf("count: %d", e.Count), "first: "+Offset(e.First), "last: "+Offset(e.Last))
	return "{" + strings.Join(parts, ", ") + "}"
}

func scalarText(v tocsin.Value) string {
	if v.Kind() == tocsin.List {
		parts := make([]string, len(v.Items()))
		for i, m := range v.Items() {
			parts[i] = scalarText(m)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	text := v.Text()
	if v.Kind() == tocsin.String && (text == "" || strings.TrimSpace(text) != text || strings.ContainsAny(text, ":{}[],&*#?|-<>=!%@`\"'\\\n")) {
		return strconv.Quote(text)
	}
	return text
}
