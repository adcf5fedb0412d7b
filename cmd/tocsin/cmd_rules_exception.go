package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

// mostDrafted bounds the pairs of one event that a draft names.
const mostDrafted = 20

func newRulesException() *cobra.Command {
	cmd := &cobra.Command{Use: "exception", Short: "Write exceptions to rules"}
	cmd.AddCommand(newRulesExceptionDraft())
	return cmd
}

func newRulesExceptionDraft() *cobra.Command {
	r := reach{}
	var incident string
	cmd := &cobra.Command{
		Use:   "draft --incident INCIDENT",
		Short: "Draft exceptions that would have kept an incident's events away: to be read, narrowed and put below exceptions/",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				i, err := readIncident(ctx, c, incident)
				if err != nil {
					return err
				}
				var events []tocsin.Event
				for _, id := range i.Events {
					var e tocsin.Event
					if err := c.Get(ctx, "/events/"+url.PathEscape(id), nil, &e); err != nil {
						return err
					}
					events = append(events, e)
				}
				return writeDraft(cmd.OutOrStdout(), &i, events)
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&incident, "incident", "", "`id` or number of the incident")
	_ = cmd.MarkFlagRequired("incident")
	return cmd
}

// writeDraft writes an exception for each rule of the events.
func writeDraft(w io.Writer, i *tocsin.Incident, events []tocsin.Event) error {
	conditions := map[string][]string{}
	var order []string
	for k := range events {
		e := &events[k]
		when := conditionOf(e)
		if when == "" {
			continue
		}
		if !slices.Contains(order, e.Rule.ID) {
			order = append(order, e.Rule.ID)
		}
		if !slices.Contains(conditions[e.Rule.ID], when) {
			conditions[e.Rule.ID] = append(conditions[e.Rule.ID], when)
		}
	}
	if len(order) == 0 {
		_, err := fmt.Fprintln(w, "# nothing tells its events from others: no exception can be drafted")
		return err
	}
	last := i.StatusSince
	fmt.Fprintf(w, "# Drafted of %s, %s. Read and narrow it: what it hides is seen by nobody, only counted.\n", printable(i.Number), printable(or(i.Disposition, "not closed yet")))
	for _, rule := range order {
		fmt.Fprintf(w, "- rule: %s\n  when: %s\n  reason: %s\n  owner: %s\n  expires: %s\n", rule, yamlText(strings.Join(conditions[rule], " or ")),
			yamlText(i.Number+" was closed as "+or(i.Disposition, "…")), yamlText(or(i.Coordinator, "…")), last.Add(tocsin.FeedbackFor).UTC().Format(time.DateOnly))
	}
	return nil
}

// conditionOf is what tells an event's alerts from others: the pairs of kind novelty, else its group.
func conditionOf(e *tocsin.Event) string {
	var parts []string
	if e.Novelty != nil {
		for _, m := range e.Novelty.Members {
			pair := fmt.Sprintf("(rule.name == %s and host.name == %s)", strconv.Quote(m.Rule), strconv.Quote(m.Host))
			if len(parts) < mostDrafted && !slices.Contains(parts, pair) {
				parts = append(parts, pair)
			}
		}
		return strings.Join(parts, " or ")
	}
	for _, g := range e.Group {
		switch g.Value.Kind() {
		case tocsin.Null, tocsin.Absent, tocsin.List:
		case tocsin.String:
			parts = append(parts, g.Field+" == "+strconv.Quote(g.Value.Text()))
		default:
			parts = append(parts, g.Field+" == "+g.Value.Text())
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, " and ") + ")"
}

// yamlText is a text as a quoted scalar of YAML.
func yamlText(s string) string { return "'" + strings.ReplaceAll(printable(s), "'", "''") + "'" }
