package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/api"
	"tocsin/internal/client"
)

// A ruleRow is one rule, and how the events of one of its versions turned out; quality is nil where there were none.
type ruleRow struct {
	api.Rule
	Current bool         `json:"current"` // the version in force; counters are of it alone
	Quality *api.Quality `json:"quality"`

	unknown bool // no daemon runs, which would have the counters
}

// ruleStats asks a daemon, or the store where none runs, how rules do.
func ruleStats(ctx context.Context, c *client.Client, days int) ([]ruleRow, api.Qualities, error) {
	var rules api.Rules
	var quality api.Qualities
	if err := c.Get(ctx, "/rules", nil, &rules); err != nil {
		return nil, quality, err
	}
	if err := c.Get(ctx, "/rules/quality", url.Values{"days": {strconv.Itoa(days)}}, &quality); err != nil {
		return nil, quality, err
	}
	var rows []ruleRow
	for _, r := range rules.Rules {
		row := ruleRow{Rule: r, Current: true, unknown: rules.Set == ""}
		var others []ruleRow
		for i := range quality.Rules {
			switch q := &quality.Rules[i]; {
			case q.Rule != r.ID:
			case q.Version == r.Version:
				row.Quality = q
			default:
				others = append(others, olderRow(q, r))
			}
		}
		rows = append(append(rows, row), others...)
	}
	for i := range quality.Rules { // of rules that are no longer in force
		q := &quality.Rules[i]
		if !slices.ContainsFunc(rules.Rules, func(r api.Rule) bool { return r.ID == q.Rule }) {
			rows = append(rows, olderRow(q, api.Rule{ID: q.Rule, Status: "not in force"}))
		}
	}
	return rows, quality, nil
}

// olderRow is a version that is not in force: what is counted now is not its.
func olderRow(q *api.Quality, r api.Rule) ruleRow {
	old := api.Rule{
		ID: q.Rule, Title: q.Title, Version: q.Version, Status: r.Status, Level: r.Level, Kind: r.Kind, Category: r.Category,
		Absent: map[string]int64{}, Degraded: []string{}, Blind: []api.Blind{},
	}
	return ruleRow{Rule: old, Quality: q}
}

// listStats prints how rules do.
func listStats(cmd *cobra.Command, r *reach, output string, days int) error {
	return r.with(cmd, func(ctx context.Context, c *client.Client) error {
		rows, quality, err := ruleStats(ctx, c, days)
		if err != nil {
			return err
		}
		if quality.Cut {
			fmt.Fprintln(cmd.ErrOrStderr(), "there is more in the register than is looked at: the oldest events are left out")
		}
		header := "ID\tVERSION\tSTATUS\tMATCHES\tHIDDEN\tEVENTS\tPROMOTED\tPRECISION\tUNDECIDED\tLAST FIRED\tCOST\tSTATE\tTITLE"
		return printRows(cmd.OutOrStdout(), output, rows, header, ruleRow.line)
	})
}

func (r ruleRow) line() string {
	events, promoted, precision, undecided, last := int64(0), "-", "-", "-", "-"
	if q := r.Quality; q != nil {
		events, promoted, undecided, last = q.Events, percent(q.Yield), percent(q.Undecided), stamp(q.LastFired)
		if q.Precision != nil {
			precision = fmt.Sprintf("%s (n=%d)", percent(*q.Precision), q.N)
		}
	}
	counts := "-\t-"
	cost := "-"
	if r.Current && !r.unknown {
		counts = fmt.Sprintf("%d\t%d", r.Matches, r.Hidden)
		if r.Cost > 0 {
			cost = time.Duration(r.Cost).String()
		}
	}
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s", printable(r.ID), printable(r.Version), r.Status, counts,
		events, promoted, precision, undecided, last, cost, r.state(), printable(r.Title))
}

// state is what is wrong with a rule, in a word or two.
func (r ruleRow) state() string {
	var words []string
	if r.Quarantined {
		words = append(words, "quarantined")
	}
	if len(r.Blind) > 0 {
		words = append(words, "blind")
	}
	if len(r.Degraded) > 0 {
		words = append(words, "degraded:"+strings.Join(r.Degraded, "+"))
	}
	switch {
	case len(words) > 0:
		return strings.Join(words, ",")
	case !r.Current:
		return "old"
	}
	return "ok"
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'f', 0, 64) + "%" }
