package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"tocsin/internal/client"
)

func newDeadLetter() *cobra.Command {
	cmd := &cobra.Command{Use: "deadletter", Short: "Look at records that could not become alerts, and do something about them"}
	cmd.AddCommand(newDeadLetterList(), newDeadLetterShow(), newDeadLetterRedrive(), newDeadLetterDiscard())
	return cmd
}

func newDeadLetterList() *cobra.Command {
	r := reach{}
	var output, source, reason string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List dead letters, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			if source != "" {
				q.Set("source", source)
			}
			if reason != "" {
				q.Set("reason", reason)
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				rows, err := client.All[letter](ctx, c, "/dead-letters", q, limit)
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, rows, "ID\tRECEIVED\tSOURCE\tLOG\tPOSITION\tSTATE\tREASON\tDETAIL", func(d letter) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s", d.ID, stamp(d.Received), d.Source, printable(d.Ref.Log()), d.Ref.Position(), d.state(), d.Reason, printable(d.Detail))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	cmd.Flags().StringVar(&source, "source", "", "only those of this `source`")
	cmd.Flags().StringVar(&reason, "reason", "", "only those of this `reason`: json, format, too_big, …")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many; 0 is all")
	return cmd
}

func newDeadLetterShow() *cobra.Command {
	r := reach{}
	var output string
	var raw bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show a dead letter",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var d letter
				if err := c.Get(ctx, "/dead-letters/"+url.PathEscape(args[0]), nil, &d); err != nil {
					return err
				}
				w := cmd.OutOrStdout()
				switch {
				case raw:
					_, err := w.Write(d.Raw)
					return err
				case output != "table":
					return printRows(w, output, []letter{d}, "", nil)
				}
				fmt.Fprintf(w, "id        %s\nreason    %s, at %s\ndetail    %s\nsource    %s, tenant %s\nlog       %s/%d, position %d\nreceived  %s\nsha256    %s\nsize      %d\n\n",
					d.ID, d.Reason, d.Stage, printable(d.Detail), d.Source, d.Tenant, printable(d.Ref.Log()), d.Ref.Partition, d.Ref.Position(), stamp(d.Received), d.SHA256, d.Size)
				for _, done := range d.Dispositions {
					fmt.Fprintf(w, "%s by %s, %s: %s\n", done.Action, printable(done.By.ID), stamp(done.At), printable(done.Why))
				}
				_, err := fmt.Fprintln(w, printable(string(d.Raw)))
				return err
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	cmd.Flags().BoolVar(&raw, "raw", false, "write the record's bytes alone, as they came")
	return cmd
}
