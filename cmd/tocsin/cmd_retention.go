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

// retaining is what a run of retention was asked.
type retaining struct {
	file, keep, evidence, reason, output string
	dry                                  bool
}

func newRetentionRun() *cobra.Command {
	var q retaining
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Drop whole months of alerts that are older, and with --evidence the originals that ended incidents stand on; what is under legal hold stays",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if q.reason == "" && !q.dry {
				return coded(exitUnusable, errors.New("give a --reason: it stands in the log of disposals"))
			}
			months := q.evidence == "" || cmd.Flags().Changed("keep")
			return keeper(cmd, q.file, func(ctx context.Context, k *app.Keeper, by tocsin.Actor) error {
				if months {
					if err := q.months(ctx, cmd, k, by); err != nil {
						return err
					}
				}
				if q.evidence == "" {
					return nil
				}
				return q.originals(ctx, cmd, k, by)
			})
		},
	}
	configFlag(cmd, &q.file)
	outputFlag(cmd, &q.output)
	cmd.Flags().StringVar(&q.keep, "keep", "400d", "`age` up to which alerts are kept; where only --evidence is given, all are")
	cmd.Flags().StringVar(&q.evidence, "evidence", "", "`age`, counted from its end, up to which the originals of an incident's evidence are kept; none: for ever")
	cmd.Flags().StringVar(&q.reason, "reason", "", "by what rule they are dropped")
	cmd.Flags().BoolVar(&q.dry, "dry-run", false, "only tell what would be dropped")
	return cmd
}

// months drops months of alerts.
func (q *retaining) months(ctx context.Context, cmd *cobra.Command, k *app.Keeper, by tocsin.Actor) error {
	d, err := config.ParseDuration(q.keep)
	if err != nil {
		return coded(exitUnusable, fmt.Errorf("--keep: %w", err))
	}
	plan, err := k.Plan(ctx, d)
	if err != nil {
		return err
	}
	if !q.dry {
		err = k.Run(ctx, plan, by, q.reason)
	}
	return errors.Join(printMonths(cmd.OutOrStdout(), q.output, plan, q.dry), err)
}

// originals deletes the originals of evidence.
func (q *retaining) originals(ctx context.Context, cmd *cobra.Command, k *app.Keeper, by tocsin.Actor) error {
	d, err := config.ParseDuration(q.evidence)
	if err != nil {
		return coded(exitUnusable, fmt.Errorf("--evidence: %w", err))
	}
	do := app.Disposing{Before: k.Past(d), By: by, Reason: q.reason, Rule: "originals are kept for " + q.evidence + " after the end of an incident"}
	all, err := k.DisposeEvidence(ctx, do, q.dry)
	return errors.Join(printEvidence(cmd.OutOrStdout(), q.output, all, q.dry), err)
}

func printEvidence(w io.Writer, output string, all []app.EvidenceOfIncident, dry bool) error {
	return printRows(w, output, all, "INCIDENT\tEXHIBITS\tBYTES\tWHAT", func(e app.EvidenceOfIncident) string {
		what := map[bool]string{true: "originals would be deleted", false: "originals deleted"}[dry]
		switch {
		case e.Held != "":
			what = "kept, under legal hold: " + e.Held
		case e.Exhibits == 0:
			what = "kept"
		}
		if e.Odd > 0 {
			what += fmt.Sprintf("; %s not what the manifest says, left as it is: run `tocsin verify --store`", tocsin.Counted(e.Odd, "other original"))
		}
		return fmt.Sprintf("%s\t%d\t%d\t%s", printable(e.Number), e.Exhibits, e.Bytes, printable(what))
	})
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
