package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/replay"
)

// costFlags are the flags of `rules check --cost`.
type costFlags struct {
	wanted bool
	events []string
	top    int
	output string
}

func (c *costFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&c.wanted, "cost", false, "list when each rule is evaluated, the costly ones first")
	cmd.Flags().StringArrayVar(&c.events, "events", nil, "`file` of records to measure the cost with; may be repeated")
	cmd.Flags().IntVar(&c.top, "top", 20, "rules to list in the table, beside all that are always evaluated; 0 for all")
	outputFlag(cmd, &c.output)
}

// costed is one row of `rules check --cost`.
type costed struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Cost   float64  `json:"cost_ns"` // an alert
	Woken  float64  `json:"woken"`   // evaluations an alert
	Always bool     `json:"always"`  // nothing wakes it in one of its lanes at least
	Weak   bool     `json:"weak"`    // what wakes it is common
	Lanes  []string `json:"lanes"`
	By     []string `json:"woken_by"`
}

func (c *costFlags) print(cmd *cobra.Command, r *recorded, set *app.RuleSet) error {
	if len(c.events) > 0 {
		o, err := r.options(cmd, false)
		if err != nil {
			return err
		}
		o.Set = set
		start := time.Now()
		sum, err := replay.Cost(cmd.Context(), o, c.events, func() time.Duration { return time.Since(start) })
		if err != nil {
			return coded(exitInput, err)
		}
		fmt.Fprintf(cmd.ErrOrStderr(), "%d records, %d alerts; looking for what wakes rules: %s an alert\n", sum.Records, sum.Alerts, set.Search())
	}
	rows := costRows(set)
	if c.output == "table" {
		rows = slices.DeleteFunc(rows, func(row costed) bool {
			return c.top > 0 && !row.Always && slices.IndexFunc(rows, func(o costed) bool { return o.ID == row.ID }) >= c.top
		})
	}
	return printRows(cmd.OutOrStdout(), c.output, rows, "ID\tNS AN ALERT\tEVALUATED\tWOKEN BY\tTITLE", func(row costed) string {
		return fmt.Sprintf("%s\t%.0f\t%.3f\t%s\t%s", row.ID, row.Cost, row.Woken, printable(row.wokenBy()), printable(row.Title))
	})
}

// wokenBy says in a few words what wakes the rule.
func (c costed) wokenBy() string {
	if c.Always {
		return "every alert of its kind"
	}
	const most = 60
	return cut(most, strings.Join(c.By, " or "))
}

// costRows are the rules, those that cost most first, and of those that cost nothing or were not measured the ones
// that are evaluated most easily.
func costRows(set *app.RuleSet) []costed {
	byID := map[string]*costed{}
	for _, s := range set.States() {
		byID[s.Rule] = &costed{ID: s.Rule, Title: set.Rule(s.Rule).Title, Cost: float64(s.Cost), Woken: s.Woken, By: []string{}, Lanes: []string{}}
	}
	for _, w := range set.Wakings() {
		row := byID[w.Rule]
		row.Always, row.Weak = row.Always || w.Always, row.Weak || w.Weak
		row.By = append(row.By, w.By...)
		row.Lanes = append(row.Lanes, cmp.Or(w.Lane, "true"))
	}
	rows := make([]costed, 0, len(byID))
	for _, row := range byID {
		rows = append(rows, *row)
	}
	rank := func(c costed) int {
		switch {
		case c.Always:
			return 2
		case c.Weak:
			return 1
		default:
			return 0
		}
	}
	slices.SortFunc(rows, func(a, b costed) int {
		return cmp.Or(cmp.Compare(b.Cost, a.Cost), cmp.Compare(rank(b), rank(a)), cmp.Compare(a.ID, b.ID))
	})
	return rows
}
