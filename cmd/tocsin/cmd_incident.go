package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

func newIncident() *cobra.Command {
	cmd := &cobra.Command{Use: "incident", Short: "Look at incidents and work on them"}
	cmd.AddCommand(newIncidentList(), newIncidentShow(), newIncidentLog(), newIncidentCreate(), newIncidentReport())
	cmd.AddCommand(evidenceCommands()...)
	for _, a := range incidentActions() {
		cmd.AddCommand(newIncidentAct(a))
	}
	for _, a := range eventActions() {
		cmd.AddCommand(newEventAct(a))
	}
	completeIncidents(cmd)
	return cmd
}

func newIncidentList() *cobra.Command {
	r := reach{}
	var output string
	var status, priority []string
	var limit int
	asked := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List incidents",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			for name, value := range asked {
				setAsked(q, name, *value)
			}
			setAsked(q, "status", strings.Join(openOr(status), ","))
			setAsked(q, "priority", strings.Join(priority, ","))
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				rows, err := client.All[tocsin.Incident](ctx, c, "/incidents", q, limit)
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, rows, "NUMBER\tSTATUS\tPRIORITY\tOPENED\tCATEGORY\tASSIGNEE\tTITLE", incidentRow)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	cmd.Flags().StringSliceVar(&status, "status", nil, "only these `statuses`; open is all on which work goes on")
	cmd.Flags().StringSliceVar(&priority, "priority", nil, "only these `priorities`, P1 to P5")
	for _, f := range incidentFilters {
		asked[f.name] = cmd.Flags().String(f.name, f.otherwise, f.usage)
	}
	cmd.Flags().IntVar(&limit, "limit", 0, "at most so many; 0 is all")
	return cmd
}

// incidentFilters are flags that the API has as parameters of the same names.
var incidentFilters = []struct{ name, otherwise, usage string }{
	{"category", "", "only this `class` or class/type"},
	{"assignee", "", "only those of this `person`"},
	{"entity", "", "only those that name this `value`: an address, a host, a user"},
	{"event", "", "only the one that holds this event `id`"},
	{"since", "", "opened at or after this `time` (RFC 3339)"},
	{"until", "", "opened before this `time` (RFC 3339)"},
	{"sort", "opened", "opened, updated, last, status_since, due, priority, status, category, platform, assignee, coordinator, disposition, number or title"},
	{"order", "", "asc or desc"},
	{"platform", "", "only those of this `platform`"},
	{"coordinator", "", "only those of this `person`"},
	{"team", "", "only those for which this `team` is activated"},
	{"rule", "", "only those with an event of this rule `id`"},
	{"disposition", "", "only those that turned out in one of these `ways`, separated by commas"},
	{"title", "", "only those whose title has these `words`, or words that begin so"},
	{"breached", "", "true: only those that missed a target; false: those that did not"},
	{"visibility", "", "team or restricted"},
	{"tenant", "", "only those of this `tenant`"},
}

func incidentRow(i tocsin.Incident) string {
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", i.Number, i.Status, i.Priority, i.Opened.UTC().Format(time.RFC3339), i.Category, or(i.Assignee, "-"), shown(i.Title))
}

// setAsked sets a parameter that has a value.
func setAsked(q url.Values, name, value string) {
	if value != "" {
		q.Set(name, value)
	}
}

// openOr replaces the word open by the statuses that it stands for.
func openOr(status []string) []string {
	var out []string
	for _, s := range status {
		if s != "open" {
			out = append(out, s)
			continue
		}
		for _, stage := range tocsin.Stages() {
			if stage.IsOpen() {
				out = append(out, string(stage))
			}
		}
	}
	return out
}

func newIncidentShow() *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show an incident",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				i, err := readIncident(ctx, c, args[0])
				if err != nil {
					return err
				}
				return showIncident(cmd.OutOrStdout(), output, i)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

func readIncident(ctx context.Context, c *client.Client, name string) (i tocsin.Incident, err error) {
	id, err := find(ctx, c, name)
	if err != nil {
		return i, err
	}
	return i, c.Get(ctx, "/incidents/"+url.PathEscape(id), nil, &i)
}

// showIncident writes one incident: as JSON, or what people ask for first.
func showIncident(w io.Writer, output string, i tocsin.Incident) error {
	if output != "table" {
		return printRows(w, output, []tocsin.Incident{i}, "", nil)
	}
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	for _, f := range [][2]string{
		{"number", i.Number},
		{"id", i.ID},
		{"title", i.Title},
		{"summary", i.Summary},
		{"status", string(i.Status)},
		{"priority", i.Priority},
		{"severity", strings.TrimSpace(i.Class + " " + i.Severity)},
		{"category", i.Category},
		{"urgency", i.Urgency},
		{"platform", i.Platform},
		{"opened", stamp(i.Opened)},
		{"last alert", stamp(i.Last)},
		{"detected", stamp(i.Timeline["detected"])},
		{"declared", stamp(i.Timeline["declared"])},
		{"confirm", strings.TrimPrefix(i.Confirm, "none")},
		{"coordinator", i.Coordinator},
		{"assignee", i.Assignee},
		{"disposition", i.Disposition},
		{"root cause", i.RootCause},
		{"alerts", strconv.FormatInt(i.Alerts, 10)},
		{"events", strings.Join(i.Events, " ")},
		{"revision", strconv.FormatInt(i.Revision, 10)},
	} {
		if f[1] != "" {
			fmt.Fprintf(tw, "%s\t%s\n", f[0], printable(f[1]))
		}
	}
	showTargets(tw, i)
	showWork(tw, i)
	showClocks(tw, i)
	for _, e := range i.Entities {
		fmt.Fprintf(tw, "%s\t%s %s\n", e.Role, e.Field, printable(e.Value))
	}
	return tw.Flush()
}

func showTargets(w io.Writer, i tocsin.Incident) {
	for _, name := range slices.Sorted(keys(i.Targets)) {
		t := i.Targets[name]
		state := "running"
		switch {
		case t.Met != nil:
			state = map[bool]string{true: "met", false: "missed"}[*t.Met]
		case !t.Paused.IsZero():
			state = "paused since " + stamp(t.Paused)
		}
		fmt.Fprintf(w, "target %s\tdue %s, %s\n", name, stamp(t.Due), state)
	}
}

func newIncidentLog() *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use:   "log ID",
		Short: "Print an incident's log",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				entries, err := readLog(ctx, c, args[0])
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, entries, "SEQ\tEFFECTIVE\tRECORDED\tACTION\tBY\tSTATUS\tTEXT", func(e tocsin.LogEntry) string {
					return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s\t%s", e.Seq, stamp(e.Effective), stamp(e.Recorded), e.Action, printable(e.By.ID), e.To, printable(says(e)))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

// says is what an entry says: its text or its reason, and what a person's command set.
func says(e tocsin.LogEntry) string {
	parts := make([]string, 0, 4)
	if text := or(e.Text, e.Reason); text != "" {
		parts = append(parts, text)
	}
	for _, s := range e.Said() {
		parts = append(parts, s.Name+"="+s.Text)
	}
	return strings.Join(parts, "; ")
}

func readLog(ctx context.Context, c *client.Client, name string) ([]tocsin.LogEntry, error) {
	id, err := find(ctx, c, name)
	if err != nil {
		return nil, err
	}
	var entries []tocsin.LogEntry
	return entries, c.Get(ctx, "/incidents/"+url.PathEscape(id)+"/log", nil, &entries)
}

// printIncident says what a command led to.
func printIncident(w io.Writer, output string, i tocsin.Incident) error {
	if output == "table" {
		_, err := fmt.Fprintf(w, "%s %s is %s, %s, revision %d\n", i.Number, i.ID, i.Status, or(i.Priority, "no priority"), i.Revision)
		return err
	}
	enc := json.NewEncoder(w)
	if output == "json" {
		enc.SetIndent("", "  ")
	}
	return enc.Encode(i)
}
