package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/client"
	"tocsin/internal/measure"
)

func newTrends() *cobra.Command {
	r := reach{}
	var output string
	var where []string
	values := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "trends [METRIC]",
		Short: "Tell a metric of the register over time; without one, list them",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return printRows(cmd.OutOrStdout(), output, measure.Metrics(), "METRIC\tUNIT\tDEFINITION\tSOURCE", func(m measure.Metric) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s", m.Name, m.Unit, m.Definition, m.Source)
				})
			}
			q := url.Values{"metric": {args[0]}}
			for name, value := range values {
				if *value != "" {
					q.Set(name, *value)
				}
			}
			for _, w := range where {
				name, word, ok := strings.Cut(w, "=")
				if !ok {
					return coded(exitUnusable, fmt.Errorf("--where %s: write NAME=WORD, as in priority=P1", w))
				}
				q.Add(name, word)
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var t measure.Trend
				if err := c.Get(ctx, "/trends", q, &t); err != nil {
					return err
				}
				return printTrend(cmd, output, t)
			})
		},
		ValidArgs: measure.Names(),
	}
	r.flags(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, json, ndjson or csv")
	for name, usage := range map[string]string{
		"by": "tell it apart by this `word`: priority, platform, category, team, rule, …", "cohort": "detected, declared or resolved: the `mark` that puts an incident into an interval",
		"interval": "day, week or month", "zone": "`zone` of the clock on the wall, as Europe/Berlin; UTC unless said",
		"from": "from this `time` or day on; a year before --to unless said", "to": "before this `time` or day; now unless said",
	} {
		values[name] = cmd.Flags().String(name, "", usage)
	}
	cmd.Flags().StringArrayVar(&where, "where", nil, "only incidents of this `NAME=WORD`, as priority=P1; several of one name are any of them")
	return cmd
}

func printTrend(cmd *cobra.Command, output string, t measure.Trend) error {
	switch output {
	case "csv":
		return measure.WriteCSV(cmd.OutOrStdout(), t)
	case "json":
		enc := json.NewEncoder(cmd.OutOrStdout())
		enc.SetIndent("", "  ")
		return enc.Encode(t)
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "%s: %s; by month, week or day of %s, %s\n", t.Title, t.Definition, or(t.Cohort, "what was taken"), t.Zone)
	type pointRow struct {
		Key string `json:"key"`
		measure.Point
	}
	var rows []pointRow
	all := t.Series
	if len(all) == 0 {
		all = []measure.Series{t.All}
	}
	for _, s := range all {
		for _, p := range s.Points {
			rows = append(rows, pointRow{s.Key, p})
		}
	}
	return printRows(cmd.OutOrStdout(), output, rows, "AT\t"+strings.ToUpper(or(t.By, "all"))+"\tN\tP50\tP90\tMEAN\tCOUNTS", func(r pointRow) string {
		return fmt.Sprintf("%s\t%s\t%d\t%s\t%s\t%s\t%s", r.At.Format(time.RFC3339), or(printable(r.Key), "-"), r.N, duration(r.P50), duration(r.P90), mean(r.Mean), counted(r.Point))
	})
}

// duration is a number of seconds as Go writes durations, "-" for none.
func duration(s *int64) string {
	if s == nil {
		return "-"
	}
	return (time.Duration(*s) * time.Second).String()
}

func mean(s *float64) string {
	if s == nil {
		return "-"
	}
	return time.Duration(*s * float64(time.Second)).Round(time.Second).String()
}

func counted(p measure.Point) string {
	var all []string
	for _, name := range slices.Sorted(keys(p.Counts)) {
		all = append(all, name+"="+strconv.FormatInt(p.Counts[name], 10))
	}
	for _, name := range slices.Sorted(keys(p.Shares)) {
		all = append(all, name+"="+percent(p.Shares[name]))
	}
	return or(strings.Join(all, " "), "-")
}
