package main

import (
	"context"
	"fmt"
	"net/url"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

func newAudit() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Look at who did what"}
	cmd.AddCommand(newAuditList())
	return cmd
}

func newAuditList() *cobra.Command {
	r := reach{}
	var output string
	var limit int
	asked := map[string]*string{}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List who did, looked at or tried what, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{}
			for name, value := range asked {
				if *value != "" {
					q.Set(name, *value)
				}
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				rows, err := client.All[tocsin.AuditEntry](ctx, c, "/audit", q, limit)
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, rows, "AT\tBY\tROLE\tACTION\tOBJECT\tOUTCOME\tREASON", func(e tocsin.AuditEntry) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", stamp(e.At), or(printable(e.By.ID), "-"), or(e.By.Role, "-"), e.Action, printable(e.Object), e.Outcome, printable(e.Reason))
				})
			})
		},
	}
	r.flags(cmd)
	outputFlag(cmd, &output)
	for _, f := range [][2]string{
		{"by", "only what this `person` or token did"},
		{"action", "only this `action`: declare-incident, sign-in, …"},
		{"object", "only what was done on this `path`: /incidents/202611-…"},
		{"outcome", "only this `outcome`: shown, begun, done, refused or failed"},
		{"since", "at or after this `time` (RFC 3339)"},
		{"until", "before this `time` (RFC 3339)"},
	} {
		asked[f[0]] = cmd.Flags().String(f[0], "", f[1])
	}
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many; 0 is all")
	return cmd
}
