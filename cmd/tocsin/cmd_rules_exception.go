package main

import (
	"context"
	"io"
	"net/url"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/authoring"
	"tocsin/internal/client"
)

func newRulesException() *cobra.Command {
	cmd := &cobra.Command{Use: "exception", Short: "Write exceptions to rules"}
	cmd.AddCommand(newRulesExceptionDraft(), newExceptionList())
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
	_, err := io.WriteString(w, authoring.Exceptions(authoring.CauseOf(i), events))
	return err
}
