package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/config"
)

func newRetention() *cobra.Command {
	cmd := &cobra.Command{Use: "retention", Short: "Dispose of what is kept no longer"}
	cmd.AddCommand(newRetentionRun(), newRetentionLog())
	return cmd
}

func newRetentionRun() *cobra.Command {
	var file, keep, reason, output string
	var dry bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Drop whole months of alerts that are older, but for those that incidents under legal hold refer to; the copies of incidents stay",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := config.ParseDuration(keep)
			if err != nil {
				return coded(exitUnusable, fmt.Errorf("--keep: %w", err))
			}
			if reason == "" && !dry {
				return coded(exitUnusable, errors.New("give a --reason: it stands in the log of disposals"))
			}
			return keeper(cmd, file, func(ctx context.Context, k *app.Keeper, by tocsin.Actor) error {
				plan, err := k.Plan(ctx, d)
				if err != nil {
					return err
				}
				if !dry {
					err = k.Run(ctx, plan, by, reason)
				}
				return errors.Join(printMonths(cmd.OutOrStdout(), output, plan, dry), err)
			})
		},
	}
	configFlag(cmd, &file)
	outputFlag(cmd, &output)
	cmd.Flags().StringVar(&keep, "keep", "400d", "`age` up to which alerts are kept")
	cmd.Flags().StringVar(&reason, "reason", "", "by what rule they are dropped")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only tell what would be dropped")
	return cmd
}

func printMonths(w io.Writer, output string, plan []app.MonthOfAlerts, dry bool) error {
	return printRows(w, output, plan, "MONTH\tALERTS\tWHAT", func(m app.MonthOfAlerts) string {
		what := "kept"
		switch {
		case len(m.Held) > 0:
			what = fmt.Sprintf("kept, under legal hold: %v", m.Held)
		case m.Drop && dry:
			what = "would be dropped"
		case m.Drop:
			what = "dropped"
		}
		return fmt.Sprintf("%s\t%d\t%s", m.Month, m.Alerts, what)
	})
}

func newRetentionLog() *cobra.Command {
	var file, since, output string
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Print the log of disposals: which alerts were dropped, when, by whom and by what rule",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := config.ParseDuration(since)
			if err != nil {
				return coded(exitUnusable, fmt.Errorf("--since: %w", err))
			}
			return keeper(cmd, file, func(ctx context.Context, k *app.Keeper, _ tocsin.Actor) error {
				now := time.Now()
				entries, err := k.Disposals(ctx, now.Add(-d), now)
				if err != nil {
					return err
				}
				return printRows(cmd.OutOrStdout(), output, entries, "RECORDED\tBY\tREASON\tWHAT", func(e tocsin.LogEntry) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s", stamp(e.Recorded), printable(e.By.ID), printable(e.Reason), printable(string(e.Data)))
				})
			})
		},
	}
	configFlag(cmd, &file)
	outputFlag(cmd, &output)
	cmd.Flags().StringVar(&since, "since", "400d", "how far back, to the beginning of a month")
	return cmd
}
