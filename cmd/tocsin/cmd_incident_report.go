package main

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/client"
)

func newIncidentReport() *cobra.Command {
	r := reach{}
	var format string
	var awareness bool
	cmd := &cobra.Command{
		Use:   "report ID",
		Short: "Write what happened, and what was done, from the log",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.incident(cmd, args[0], func(ctx context.Context, c *client.Client, path string) error {
				what := "/report"
				if awareness {
					what = "/awareness"
				}
				text, err := c.Text(ctx, path+what, url.Values{"format": {format}})
				if err != nil {
					return err
				}
				_, err = io.WriteString(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&format, "format", "md", "md, or html, which prints well")
	cmd.Flags().BoolVar(&awareness, "awareness", false, "without names, for people to learn from (TLP:CLEAR): a lead's to ask for, and to read before it is given away")
	return cmd
}

func newRegister() *cobra.Command {
	cmd := &cobra.Command{Use: "register", Short: "Look at the register as a whole"}
	cmd.AddCommand(newRegisterReport())
	return cmd
}

func newRegisterReport() *cobra.Command {
	r := reach{}
	var format, from, to string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Write the register's report for a period: figures, incidents, what is open, missed and recurring",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			q := url.Values{"format": {format}}
			for name, text := range map[string]string{"from": from, "to": to} {
				if text == "" {
					continue
				}
				at, err := day(text)
				if err != nil {
					return coded(exitUnusable, fmt.Errorf("--%s %s: write 2026-11-01 or 2026-11-01T08:00:00Z", name, text))
				}
				q.Set(name, at)
			}
			return r.with(cmd, func(ctx context.Context, c *client.Client) error {
				text, err := c.Text(ctx, "/register/report", q)
				if err != nil {
					return err
				}
				_, err = io.WriteString(cmd.OutOrStdout(), text)
				return err
			})
		},
	}
	r.flags(cmd)
	cmd.Flags().StringVar(&from, "from", "", "`day` or time at which the period begins; without it 30 days before its end")
	cmd.Flags().StringVar(&to, "to", "", "`day` or time at which it ends, not in it; without it now")
	cmd.Flags().StringVar(&format, "format", "md", "md, html, which prints well, or json")
	completeWords(cmd, "format", []string{"md", "html", "json"})
	return cmd
}

// day reads a time, or a day, which begins at midnight UTC.
func day(text string) (string, error) {
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		at, err = time.Parse(time.RFC3339Nano, text)
	}
	return at.UTC().Format(time.RFC3339Nano), err
}
