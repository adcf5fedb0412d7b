package classify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"tocsin"
	"tocsin/internal/expression"
)

// A trace gathers the steps of an assessment in words.
type trace struct{ steps []string }

func (t *trace) add(format string, args ...any) {
	t.steps = append(t.steps, fmt.Sprintf(format, args...))
}

func (t *trace) profile(p profile) {
	var b strings.Builder
	for _, axis := range axisNames() {
		b.WriteString(axis + " " + p.words[axis] + ", ")
	}
	t.add("profile %s: %surgency %s", p.key, b.String(), p.urgency)
}

// holds evaluates a condition; one that cannot be decided does not hold, and the trace says so.
func (t *trace) holds(c *expression.Condition, v values, what string) bool {
	ok, err := c.Holds(v.env)
	if err != nil {
		t.add("%s could not be decided and counts as not held: %v", what, err)
	}
	return ok
}

// reading is a condition and the values that it read.
func (v values) reading(c *expression.Condition) string {
	if len(c.Reads()) == 0 {
		return c.Text()
	}
	return c.Text() + " holds with " + v.list(c.Reads())
}

// decisive lists the values of all names that the promotion rules read.
func (v values) decisive(rules []promotionRule) string {
	var names []string
	for _, r := range rules {
		for _, name := range r.when.Reads() {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if len(names) == 0 {
		return "this event"
	}
	return v.list(names)
}

func (v values) list(names []string) string {
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = name + "=" + v.text(name)
		if said := v.said[name]; said != "" {
			parts[i] += " (" + said + ")"
		}
	}
	return strings.Join(parts, ", ")
}

func (v values) text(name string) string {
	switch x := v.flat[name].(type) {
	case string:
		return quote(x)
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64)
	case []string:
		return quote(strings.Join(x, " "))
	default:
		return fmt.Sprint(x)
	}
}

// quote shows what may come from an alert: quoted, and cut to a length that people read.
func quote(s string) string {
	const most = 120
	if len(s) > most {
		cut := most
		for cut > 0 && !utf8.RuneStart(s[cut]) {
			cut--
		}
		return strconv.Quote(s[:cut]) + "…"
	}
	return strconv.Quote(s)
}

func changed(from, to string) string {
	if from == to {
		return from + " stays"
	}
	return from + " -> " + to
}

// entityList names the first few entities.
func entityList(all []tocsin.Entity) string {
	const most = 5
	var parts []string
	for i, e := range all {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more", len(all)-most))
			break
		}
		parts = append(parts, e.Field+" "+quote(e.Value))
	}
	return strings.Join(parts, ", ")
}

// plain shows a word as it is, and quotes what is none.
func plain(s string) string {
	if idForm.MatchString(s) {
		return s
	}
	return quote(s)
}

func ownedBy(owner string) string {
	if owner == "" {
		return ""
	}
	return "; owner " + owner
}
