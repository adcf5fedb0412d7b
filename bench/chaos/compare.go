package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A difference is what stands otherwise in the register than it must.
type difference struct {
	what                    string
	of                      int // expected
	missing, doubled, wrong int
	examples                []string
}

// examplesOf is how many are told of each thing.
const examplesOf = 5

func (d *difference) note(n *int, format string, args ...any) {
	*n++
	if len(d.examples) < examplesOf {
		d.examples = append(d.examples, d.what+" "+fmt.Sprintf(format, args...))
	}
}

func (d *difference) bad() bool { return d.missing+d.doubled+d.wrong > 0 }

// compare tells for each kind of thing what is missing, there twice, or not as expected; what is there and was not
// expected is wrong.
func compare(want, got account) []difference {
	diffs := []difference{
		compareCounts("alerts", want.alerts, got.alerts), compareCounts("dead letters", want.dead, got.dead),
		compareLines("events", want.events, got.events), compareLines("assessments", want.verdicts, got.verdicts),
		compareLines("incidents", want.incidents, got.incidents), compareLines("log entries", want.logs, got.logs), compareCounts("comments", want.comments, got.comments),
	}
	for _, fault := range got.broken {
		d := &diffs[5] // of the log entries
		d.note(&d.wrong, "%s", fault)
	}
	return diffs
}

func compareCounts(what string, want, got map[string]int) difference {
	d := difference{what: what, of: len(want)}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		switch n := got[id]; {
		case n == 0:
			d.note(&d.missing, "%s is missing", id)
		case n > 1:
			d.note(&d.doubled, "%s is there %d times", id, n)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if want[id] == 0 {
			d.note(&d.wrong, "%s is not expected", id)
		}
	}
	return d
}

// compareNumbers compares how often each thing is there, where that may be more than once.
func compareNumbers(what string, want, got map[string]int) difference {
	d := difference{what: what}
	for _, line := range slices.Sorted(maps.Keys(want)) {
		d.of += want[line]
		if got[line] < want[line] {
			d.note(&d.missing, "%d times for %d: %s", got[line], want[line], line)
		}
	}
	for _, line := range slices.Sorted(maps.Keys(got)) {
		if got[line] > want[line] {
			d.note(&d.wrong, "%d times for %d: %s", got[line], want[line], line)
		}
	}
	return d
}

func compareLines(what string, want, got map[string]string) difference {
	d := difference{what: what, of: len(want)}
	for _, id := range slices.Sorted(maps.Keys(want)) {
		switch line, ok := got[id]; {
		case !ok:
			d.note(&d.missing, "%s is missing: %s", id, want[id])
		case line == doubled:
			d.note(&d.doubled, "%s is there twice", id)
		case line != want[id]:
			d.note(&d.wrong, "%s\n  expected %s\n  found    %s", id, want[id], line)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[id]; !ok {
			d.note(&d.wrong, "%s is not expected: %s", id, got[id])
		}
	}
	return d
}

// table is the outcome for people.
func table(diffs []difference) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-14s %9s %9s %9s %9s\n", "", "expected", "missing", "doubled", "wrong")
	for _, d := range diffs {
		fmt.Fprintf(&b, "%-14s %9d %9d %9d %9d\n", d.what, d.of, d.missing, d.doubled, d.wrong)
	}
	for _, d := range diffs {
		for _, e := range d.examples {
			fmt.Fprintln(&b, "  "+e)
		}
	}
	return b.String()
}
