package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/api"
	"tocsin/internal/client"
)

// newHealth tells how the daemon does; what troubles it is a finding.
func newHealth() *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use: "health", Short: "Tell how the daemon does; exit code 1 where something troubles it", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var doc json.RawMessage
				if err := c.Get(ctx, "/health", nil, &doc); err != nil {
					return err
				}
				var h struct {
					Status   string
					Troubles []trouble
				}
				if err := json.Unmarshal(doc, &h); err != nil {
					return err
				}
				var err error
				switch w := cmd.OutOrStdout(); {
				case output == "json":
					err = indented(w, doc)
				case output != "table":
					return coded(exitUnusable, fmt.Errorf("--output %s: table or json", output))
				default:
					fmt.Fprintln(w, h.Status)
					if len(h.Troubles) > 0 {
						err = printRows(w, output, h.Troubles, "PART\tSINCE\tDETAIL", func(t trouble) string {
							return fmt.Sprintf("%s\t%s\t%s", t.Part, stamp(t.Since), printable(t.Detail))
						})
					}
				}
				if err == nil && h.Status != "ok" {
					err = coded(exitFindings, errFindings)
				}
				return err
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "table", "table, or json: all of it")
	return cmd
}

// A trouble is what health says of one part.
type trouble struct {
	Part, Detail string
	Since        time.Time
}

// newSource tells of the inputs.
func newSource() *cobra.Command {
	cmd := &cobra.Command{Use: "source", Short: "Look at the inputs of the daemon"}
	cmd.AddCommand(newItems("list", "List the inputs, and what became of their records since the start", "/sources", "SOURCE\tALERTS\tDUPLICATES\tREJECTED\tSHARE\tLATE\tRATE\tDELAY\tRECEIVED\tSILENT SINCE", func(s api.Source) string {
		share := 100 * float64(s.Rejected) / float64(max(s.Alerts+s.Duplicates+s.Rejected, 1))
		delay := time.Duration(s.Delay * float64(time.Second)).Round(time.Millisecond)
		return fmt.Sprintf("%s\t%d\t%d\t%d\t%.1f%%\t%d\t%.1f/s\t%v\t%s\t%s", printable(s.Name), s.Alerts, s.Duplicates, s.Rejected, share, s.Late, s.Rate, delay,
			or(stamp(s.Received), "-"), or(stamp(s.Silent), "-"))
	}))
	return cmd
}

// newExceptionList tells of the exceptions in force.
func newExceptionList() *cobra.Command {
	return newItems("list", "List the exceptions in force in the daemon, and those that have expired", "/exceptions", "EXCEPTION\tRULE\tOWNER\tEXPIRES\tEXPIRED\tHIDDEN\tREASON", func(e api.Exception) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%t\t%d\t%s", e.Name, e.Rule, printable(e.Owner), stamp(e.Expires), e.Expired, e.Hidden, printable(e.Reason))
	})
}

// newItems lists what the API has at a path all at once.
func newItems[T any](use, short, path, header string, row func(T) string) *cobra.Command {
	r := reach{}
	var output string
	cmd := &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var page struct {
					Items []T `json:"items"`
				}
				if err := c.Get(ctx, path, nil, &page); err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, page.Items, header, row)
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	return cmd
}
