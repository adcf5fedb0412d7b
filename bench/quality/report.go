package main

import (
	"fmt"
	"io"
	"strings"
)

// A row is one line of a table.
type row struct {
	name, by, alerts, incidents, strict, early, delay, stages, reachable, best, missing, noise, noisePairs string
	events                                                                                                 int
}

// printRows prints a table in Markdown.
func printRows(out io.Writer, first string, rows []row) error {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | by | alerts | events | incidents | strictly true | before the attack | delay | stages | reachable | best incident | noise, alerts | noise, pairs | missed |\n", first)
	b.WriteString("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n")
	for _, r := range rows {
		delay := r.delay + " s"
		if r.delay == "nan" {
			delay = "-"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %d | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", r.name, r.by, r.alerts, r.events, r.incidents, r.strict,
			r.early, delay, r.stages, r.reachable, r.best, r.noise, r.noisePairs, strings.Trim(r.missing, "[]"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}
