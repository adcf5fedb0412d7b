package register

import (
	"cmp"
	"slices"

	"tocsin"
)

// or is the first of the two that says something.
func or[T comparable](a, b T) T { return cmp.Or(a, b) }

// union adds what is not yet in the list, in order.
func union(list []string, more ...string) []string {
	for _, m := range more {
		if m != "" && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// alerts says how many alerts an event has, after a separator; nothing of a silence, which has none.
func alerts(n int64, separator string) string {
	if n == 0 {
		return ""
	}
	return separator + tocsin.Counted(n, "alert")
}

// higher reports whether priority a is more urgent than b: P1 before P5, any before none.
func higher(a, b string) bool { return a != "" && (b == "" || a < b) }

// ratingOf is what an assessment says of an incident.
func ratingOf(a tocsin.Assessment) rating {
	return rating{
		Category: a.Category, CategoryISO: a.CategoryISO, Impact: &a.Impact, Urgency: a.Urgency, Severity: a.Severity,
		Class: a.Class, Asset: a.Asset, Platform: a.Platform, Priority: a.Priority, Scale: a.Scale,
	}
}
