package authoring

import (
	"fmt"
	"io"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/replay"
	"tocsin/rules"
)

// WriteText writes the report for people: every failing test with what came out beside what was expected, and a line of
// sums. verbose adds a line for each rule with the time that its tests took.
func (r Report) WriteText(w io.Writer, verbose bool) error {
	out := &errWriter{w: w}
	for _, rule := range r.Rules {
		for _, t := range rule.Tests {
			if len(t.Faults) > 0 {
				out.print(failure(t))
			}
		}
		if verbose {
			out.printf("%s %-8s %d of %d  %s\n", word(rule.Failed() == 0), milliseconds(rule.Took), len(rule.Tests)-rule.Failed(), len(rule.Tests), rule.Rule.Title)
		}
	}
	for _, f := range r.Findings {
		out.printf("%s\n", f)
	}
	passed, failed := r.Passed()
	out.printf("%d passed, %d failed\n", passed, failed)
	return out.err
}

func word(passed bool) string {
	if passed {
		return "ok  "
	}
	return "FAIL"
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.0f ms", d.Seconds()*1000) }

// failure tells of one failing test.
func failure(t replay.TestResult) string {
	var b strings.Builder
	fmt.Fprintf(&b, "FAIL %s (%s): %s\n", t.Rule.Title, t.Rule.ID, t.Test.Name)
	for _, f := range t.Faults {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(f.String(), "\n", "\n  "))
	}
	for _, line := range beside(t) {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	for _, h := range t.Hints {
		fmt.Fprintf(&b, "  %s\n", h)
	}
	b.WriteByte('\n')
	return b.String()
}

// beside puts the events that came out under the expectations.
func beside(t replay.TestResult) []string {
	var lines []string
	for _, w := range t.Test.Expect {
		lines = append(lines, "expected  "+wanted(w))
	}
	if len(t.Test.Expect) == 0 {
		lines = append(lines, "expected  no event")
	}
	for _, e := range t.Events {
		mark := "came out  "
		if e.Expected {
			mark = "fits      "
		}
		lines = append(lines, mark+told(e))
	}
	if len(t.Events) == 0 {
		lines = append(lines, "came out  no event")
	}
	return lines
}

// wanted is an expectation in one line.
func wanted(w rules.Expectation) string {
	var parts []string
	for _, f := range w.Group {
		parts = append(parts, f.Name+"="+f.Value.Text())
	}
	if w.Count > 0 {
		parts = append(parts, fmt.Sprintf("count %d", w.Count))
	}
	if w.First != nil {
		parts = append(parts, "first "+replay.Offset(*w.First))
	}
	if w.Last != nil {
		parts = append(parts, "last "+replay.Offset(*w.Last))
	}
	for _, f := range w.Entities {
		parts = append(parts, f.Name+" names "+f.Value.Text())
	}
	if w.Incident != nil {
		parts = append(parts, fmt.Sprintf("incident %v", *w.Incident))
	}
	for _, s := range []string{w.Priority, w.Category, string(w.Activity)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "any event"
	}
	return strings.Join(parts, ", ")
}

// told is an event in one line.
func told(e replay.TestEvent) string {
	var parts []string
	for _, g := range e.Group {
		parts = append(parts, g.Field+"="+g.Value.Text())
	}
	parts = append(parts, fmt.Sprintf("count %d", e.Count), "first "+replay.Offset(e.First), "last "+replay.Offset(e.Last), string(e.Activity))
	if e.State == tocsin.Promoted {
		parts = append(parts, "promoted")
	}
	for _, s := range []string{e.Priority, e.Category} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// errWriter keeps the first error.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) printf(format string, args ...any) { e.print(fmt.Sprintf(format, args...)) }

func (e *errWriter) print(text string) {
	if e.err == nil {
		_, e.err = io.WriteString(e.w, text)
	}
}
