package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

func newNotify() *cobra.Command {
	cmd := &cobra.Command{Use: "notify", Short: "Notifications: what was sent, what waits, and whether receivers can be reached"}
	cmd.AddCommand(newNotifyList(), newNotifyReceivers(), newNotifyTest())
	return cmd
}

func newNotifyList() *cobra.Command {
	r := reach{}
	var output, state, receiver, incident string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List notices of the outbox, the latest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				q := url.Values{}
				if incident != "" {
					id, err := find(ctx, c, incident)
					if err != nil {
						return err
					}
					q.Set("incident", id)
				}
				for name, value := range map[string]string{"state": state, "receiver": receiver} {
					if value != "" {
						q.Set(name, value)
					}
				}
				rows, err := client.All[tocsin.Notice](ctx, c, "/notices", q, limit)
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, rows, "DUE\tRECEIVER\tROUTE\tINCIDENT\tACTION\tSTATE\tATTEMPTS\tREASON", func(n tocsin.Notice) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s", stamp(n.Due), n.Receiver, n.Route, or(n.Number, "-"), or(string(n.Action), "summary"), n.State, n.Attempts, or(printable(n.Reason), "-"))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	f := cmd.Flags()
	f.StringVar(&state, "state", "", "only these: waiting, sent, summarised, dropped, refused or undelivered")
	f.StringVar(&receiver, "receiver", "", "only those for this `receiver`")
	f.StringVar(&incident, "incident", "", "only those about this `incident`")
	f.IntVar(&limit, "limit", 100, "at most so many, 500 at the most")
	return cmd
}

// receiverLine is what the API tells of a receiver.
type receiverLine struct {
	Receiver string    `json:"receiver"`
	Kind     string    `json:"kind"`
	Waiting  int       `json:"waiting"`
	Sent     time.Time `json:"sent,omitzero"`
	Failing  time.Time `json:"failing,omitzero"`
	Error    string    `json:"error,omitempty"`

	Removed     bool `json:"removed,omitempty"`
	Undelivered int  `json:"undelivered,omitempty"`
}

func newNotifyReceivers() *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use:   "receivers",
		Short: "Say how each receiver does",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				rows := []receiverLine{}
				if err := c.Get(ctx, "/receivers", nil, &rows); err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, rows, "RECEIVER\tKIND\tWAITING\tLAST SENT\tFAILING SINCE\tERROR", func(l receiverLine) string {
					if l.Removed {
						l.Kind, l.Error = "removed", fmt.Sprintf("%d undelivered: sent should it come back to the file of routes", l.Undelivered)
					}
					return fmt.Sprintf("%s\t%s\t%d\t%s\t%s\t%s", l.Receiver, l.Kind, l.Waiting, or(stamp(l.Sent), "-"), or(stamp(l.Failing), "-"), or(printable(l.Error), "-"))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}

func newNotifyTest() *cobra.Command {
	r := reach{}
	cmd := &cobra.Command{
		Use:   "test ROUTE",
		Short: "Send a test to each receiver of a route",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var tried []struct {
					Receiver string `json:"receiver"`
					Sent     bool   `json:"sent"`
					Error    string `json:"error"`
				}
				if err := c.Post(ctx, "/routes/"+url.PathEscape(args[0])+"/test", nil, nil, &tried); err != nil {
					return err
				}
				failed := []string{}
				for _, t := range tried {
					if t.Sent {
						fmt.Fprintf(cmd.OutOrStdout(), "%s took it\n", t.Receiver)
						continue
					}
					failed = append(failed, t.Receiver)
					fmt.Fprintf(cmd.OutOrStdout(), "%s did not: %s\n", t.Receiver, printable(t.Error))
				}
				if len(failed) > 0 {
					return coded(exitFindings, fmt.Errorf("not reached: %s", strings.Join(failed, ", ")))
				}
				return nil
			})
		},
	}
	r.flags(cmd)
	return cmd
}
