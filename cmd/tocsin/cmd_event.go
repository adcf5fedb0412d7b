package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/api"
	"tocsin/internal/client"
)

func newEvent() *cobra.Command {
	cmd := &cobra.Command{Use: "event", Short: "Look at information security events: what rules found, and what they found it in"}
	list := listing[tocsin.Event]{
		path: "/events", short: "List events, the newest detected first", header: "EVENT\tDETECTED\tLEVEL\tACTIVITY\tALERTS\tGROUP\tTITLE",
		row: eventRow,
		filters: [][2]string{
			{"entity", "only those that name this `value`: an address, a host, a user"},
			{"rule", "only those of the rule of this `id`"},
			{"level", "only these `levels`, separated by commas: informational, low, medium, high, critical"},
			{"activity", "only these, separated by commas: open, closed, merged, withdrawn"},
			{"since", "detected at or after this `time` (RFC 3339)"},
			{"until", "detected before this `time` (RFC 3339)"},
			{"tenant", "only those of this `tenant`"},
		},
	}
	cmd.AddCommand(list.command(), newShown("show EVENT", "Print an event and its assessment", "/events/", ""), newEventEvidence())
	return cmd
}

func eventRow(e tocsin.Event) string {
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s", e.ID, stamp(e.Detected), e.Rule.Level, e.Activity, e.Count, grouped(e.Group), shown(e.Rule.Title))
}

// grouped is a group key in a line, "-" for none.
func grouped(g tocsin.Group) string {
	if len(g) == 0 {
		return "-"
	}
	return shown(tocsin.GroupText(g))
}

func newAssessment() *cobra.Command {
	cmd := &cobra.Command{Use: "assessment", Short: "Look at what became of events, and at the queue of those that nobody has decided"}
	list := listing[tocsin.Verdict]{
		path: "/assessments", short: "List assessments, the newest detected first: those that are pending, unless said otherwise", header: "EVENT\tSTATE\tPRIORITY\tDETECTED\tCATEGORY\tBY\tTITLE",
		row: verdictRow,
		filters: [][2]string{
			{"state", "pending, promoted, not_incident, expired or any"}, {"since", "of events detected at or after this `time` (RFC 3339)"}, {"tenant", "only those of this `tenant`"},
		},
	}
	cmd.AddCommand(list.command())
	return cmd
}

func verdictRow(v tocsin.Verdict) string {
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", v.Event, v.Assessment.State, or(v.Assessment.Priority, "-"), stamp(v.Detected), or(v.Assessment.Category, "-"), v.By.ID, shown(v.Title))
}

func newAlert() *cobra.Command {
	cmd := &cobra.Command{Use: "alert", Short: "Search the alerts that are kept"}
	list := listing[json.RawMessage]{
		path: "/alerts", short: "List alerts by what they name and by time, the newest first", header: alertHeader, row: alertRow,
		filters: [][2]string{
			{"entity", "only those that name this `value`: an address, a host, a user, a hash"},
			{"field", "the only `field` that may have it, for example source.ip"},
			{"severity", "the least `severity`, of 100"},
			{"list", "only those of which this `list` of indicators or assets has a value"},
			{"source", "only those of this `source`"},
			{"since", "of an event time at or after this `time` (RFC 3339)"},
			{"until", "of an event time before this `time` (RFC 3339)"},
			{"tenant", "only those of this `tenant`"},
		},
	}
	cmd.AddCommand(list.command(), newShown("show ALERT", "Print an alert; with --raw the record that it was made of", "/alerts/", "original"))
	return cmd
}

// alertHeader and alertRow are how alerts are listed.
const alertHeader = "ALERT\tAT\tSOURCE\tFORMAT\tACTION\tNAMES"

func alertRow(text json.RawMessage) string {
	var a struct {
		ID, At, Source, Format string
		Fields                 map[string]any
	}
	_ = json.Unmarshal(text, &a) // what is not there is shown as such
	var names []string
	for _, field := range []string{"source.ip", "destination.ip", "host.name", "user.name"} {
		if v, ok := a.Fields[field]; ok {
			names = append(names, fmt.Sprint(field, " ", v))
		}
	}
	action, _ := a.Fields["event.action"].(string)
	return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", a.ID, a.At, printable(a.Source), a.Format, or(shown(action), "-"), or(shown(strings.Join(names, ", ")), "-"))
}

// A listing is a command that lists what the API has at a path.
type listing[T any] struct {
	path, short, header string
	row                 func(T) string
	filters             [][2]string // flags, each with what it means: the parameters of the path
}

func (l listing[T]) command() *cobra.Command {
	r := reach{}
	var output string
	var limit int
	given := map[string]*string{}
	cmd := &cobra.Command{
		Use: "list", Short: l.short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			for name, value := range given {
				if *value != "" {
					q.Set(name, *value)
				}
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				rows, err := client.All[T](ctx, c, l.path, q, limit)
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, rows, l.header, l.row)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	for _, f := range l.filters {
		given[f[0]] = cmd.Flags().String(f[0], "", f[1])
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many; 0 is all")
	return cmd
}

// newShown prints one document of the API; raw is the member that --raw prints alone, "" for none.
func newShown(use, short, path, raw string) *cobra.Command {
	r, alone := reach{}, false
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var doc json.RawMessage
				if err := c.Get(ctx, path+url.PathEscape(args[0]), nil, &doc); err != nil {
					return err
				}
				if !alone {
					return indented(cmd.OutOrStdout(), doc)
				}
				var members map[string]any
				if err := json.Unmarshal(doc, &members); err != nil {
					return err
				}
				_, err := fmt.Fprint(cmd.OutOrStdout(), members[raw])
				return err
			})
		},
	}
	r.flags(cmd)
	if raw != "" {
		cmd.Flags().BoolVar(&alone, "raw", false, "the record as it came, and nothing else")
	}
	return cmd
}

func indented(w io.Writer, doc json.RawMessage) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func newEventEvidence() *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use: "evidence EVENT", Short: "List the alerts that an event stands on", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				rows := []json.RawMessage{}
				for q := (url.Values{"limit": {"100"}}); ; {
					var part api.Evidence
					if err := c.Get(ctx, "/events/"+url.PathEscape(args[0])+"/evidence", q, &part); err != nil {
						return err
					}
					rows = append(rows, part.Alerts...)
					for _, id := range part.Missing {
						fmt.Fprintf(cmd.ErrOrStderr(), "alert %s is not kept any more\n", id)
					}
					if part.Cursor == "" {
						if part.Truncated {
							fmt.Fprintln(cmd.ErrOrStderr(), "the event has more alerts than it refers to")
						}
						break
					}
					q.Set("cursor", part.Cursor)
				}
				return printRows(cmd.OutOrStdout(), output, rows, alertHeader, alertRow)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}
