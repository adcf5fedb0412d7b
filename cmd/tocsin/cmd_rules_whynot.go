package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/client"
)

func newRulesWhyNot() *cobra.Command {
	r := reach{}
	var output, tenant string
	cmd := &cobra.Command{
		Use:   "why-not RULE [FIELD=VALUE...]",
		Short: "Ask a running daemon how a group key of a rule stands: what it has, what it lacks, until when",
		Long: "RULE is a rule's id. The key is one FIELD=VALUE for each field of the rule's group_by; a rule whose group_by is\n" +
			"empty has one key, and takes none.",
		Example: "  tocsin rules why-not 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10 source.ip=203.0.113.7",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output != "text" && output != "json" {
				return coded(exitUnusable, fmt.Errorf("--output %s: text or json", output))
			}
			query := url.Values{"key": args[1:]}
			if tenant != "" {
				query.Set("tenant", tenant)
			}
			for _, arg := range args[1:] {
				if field, _, ok := strings.Cut(arg, "="); !ok || field == "" {
					return coded(exitUnusable, fmt.Errorf("%q is no FIELD=VALUE", arg))
				}
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				var s tocsin.Standing
				if err := c.Get(ctx, "/rules/"+url.PathEscape(args[0])+"/why-not", query, &s); err != nil {
					return err
				}
				return printStanding(cmd, output, &s)
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "text", "text or json")
	cmd.Flags().StringVar(&tenant, "tenant", "", "`tenant` of the key; default unless said")
	return cmd
}

// printStanding writes a standing, the answer first.
func printStanding(cmd *cobra.Command, output string, s *tocsin.Standing) error {
	w := cmd.OutOrStdout()
	if output == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	fmt.Fprintf(w, "%s %s (%s), %s\n", printable(s.Title), s.Version, s.Kind, printable(tocsin.GroupText(s.Group)))
	lines := s.Lines()
	if s.Novelty != nil {
		lines = append(lines, s.Novelty.Lines()...)
	}
	for i, line := range lines {
		indent := "  "
		if i == 0 {
			indent = ""
		}
		if _, err := fmt.Fprintln(w, indent+printable(line)); err != nil {
			return err
		}
	}
	return nil
}
