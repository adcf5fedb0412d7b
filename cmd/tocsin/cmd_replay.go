package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/internal/replay"
)

// recorded are the flags of the commands that read recorded alerts.
type recorded struct {
	rules    []string
	pipeline []string
	scales   string
	assets   string
	mappings []string
	enrich   string
	format   string
	field    string
	received string
	disorder string
	lateness string
}

func (r *recorded) inputFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.format, "format", "auto", "`format` of the records; auto recognises each one")
	cmd.Flags().StringVar(&r.field, "field", "", "each line is JSON and the record is the string in this `field`")
	cmd.Flags().StringArrayVar(&r.mappings, "mapping", nil, "mapping `file` for a format of your own; may be repeated")
	cmd.Flags().StringVar(&r.enrich, "enrich", "", "configuration `file` whose section enrich adds to alerts; by default what needs no lists")
	cmd.Flags().StringVar(&r.received, "received", "", "`time` (RFC 3339) that stands in for a missing receive time")
}

func (r *recorded) ruleFlags(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&r.rules, "rules", nil, "`folder` of rules, or rule file, instead of the shipped ones; may be repeated")
	cmd.Flags().StringArrayVar(&r.pipeline, "pipeline", nil, "`file` of a processing pipeline for Sigma rules, in pySigma's form; may be repeated")
}

// options turns the flags into what a replay is told. Faults of rules, scales and mappings end with exit code 2.
func (r *recorded) options(cmd *cobra.Command, withRules bool) (replay.Options, error) {
	var o replay.Options
	var err error
	if err := r.times(&o); err != nil {
		return o, coded(exitUnusable, err)
	}
	o.Field, o.Format, o.Stdin = r.field, r.format, cmd.InOrStdin()
	o.MaxRecord = int64(config.Default().Intake.MaxRecord)
	cfg := config.Default()
	if r.enrich != "" {
		if cfg, err = config.Load(r.enrich, nil); err != nil {
			return o, coded(exitUnusable, err)
		}
	}
	if o.Decoder, err = app.NewDecoder(cfg, r.format, r.mappings); err != nil {
		return o, coded(exitUnusable, err)
	}
	if !withRules {
		return o, nil
	}
	if o.Scales, o.Assets, err = app.LoadScales(r.scales, r.assets); err != nil {
		return o, coded(exitUnusable, err)
	}
	loaded, err := app.LoadRules(r.rules, len(r.rules) == 0, o.Scales, r.pipeline...)
	if err != nil {
		return o, coded(exitUnusable, err)
	}
	o.Set = loaded
	for _, refused := range loaded.Refused { // the others go on
		fmt.Fprintf(cmd.ErrOrStderr(), "refused: %s\n", refused)
	}
	return o, nil
}

// times reads when the records were received and how late they may be.
func (r *recorded) times(o *replay.Options) (err error) {
	if r.received != "" {
		if o.Received, err = time.Parse(time.RFC3339Nano, r.received); err != nil {
			return fmt.Errorf("--received %s: write 2026-11-22T08:00:00Z", r.received)
		}
	}
	for _, d := range []struct {
		flag, text string
		into       *time.Duration
	}{{"--disorder", r.disorder, &o.Disorder}, {"--lateness", r.lateness, &o.Lateness}} {
		if d.text == "" {
			continue
		}
		if *d.into, err = config.ParseDuration(d.text); err != nil {
			return fmt.Errorf("%s: %w", d.flag, err)
		}
	}
	return nil
}

func newReplay() *cobra.Command {
	r := recorded{}
	var evidence string
	var milestones bool
	cmd := &cobra.Command{
		Use:   "replay FILE...",
		Short: "Run recorded alerts through the daemon's stages, offline and deterministically",
		Long:  "Prints the settled events and incidents as NDJSON, and a summary on stderr. - is standard input; .gz and .zst are read as they are.",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := r.options(cmd, true)
			if err != nil {
				return err
			}
			switch evidence {
			case "bounded":
			case "all":
				o.AllAlerts = true
			default:
				return coded(exitUnusable, fmt.Errorf("--evidence %s: bounded or all", evidence))
			}
			o.Milestones = milestones
			return report(cmd, true, func(ctx context.Context, w io.Writer) (replay.Summary, error) { return replay.Run(ctx, o, args, w) })
		},
	}
	r.inputFlags(cmd)
	r.ruleFlags(cmd)
	cmd.Flags().StringVar(&r.scales, "scales", "", "scales `file` instead of the shipped scale")
	cmd.Flags().StringVar(&r.assets, "assets", "", "assets `file`")
	cmd.Flags().StringVar(&r.disorder, "disorder", "2m", "how far out of order alerts may come")
	cmd.Flags().StringVar(&r.lateness, "lateness", "1h", "how long windows still accept")
	cmd.Flags().StringVar(&evidence, "evidence", "bounded", "bounded: the first and last 100 references of an event; all: every one")
	cmd.Flags().BoolVar(&milestones, "milestones", false, "print every emission of an event instead of its settled form")
	return cmd
}

// instead is what may be done about a reason for which records were rejected, "" for most.
func instead(reason string) string {
	if reason == "no_timestamp" {
		return " (--received TIME stands in for the time that they lack)"
	}
	return ""
}

// report runs f with standard output and tells on stderr what it counted; correlated says that f goes on to events.
func report(cmd *cobra.Command, correlated bool, f func(context.Context, io.Writer) (replay.Summary, error)) error {
	sum, err := f(cmd.Context(), cmd.OutOrStdout())
	if err != nil {
		return coded(exitInput, err)
	}
	w := cmd.ErrOrStderr()
	for _, reason := range slices.Sorted(maps.Keys(sum.Rejected)) {
		fmt.Fprintf(w, "rejected: %d %s%s\n", sum.Rejected[reason], reason, instead(reason))
	}
	for _, mark := range slices.Sorted(maps.Keys(sum.Marks)) {
		fmt.Fprintf(w, "marked: %d %s\n", sum.Marks[mark], mark)
	}
	for _, line := range sum.Notes() {
		fmt.Fprintln(w, line)
	}
	if correlated {
		fmt.Fprintln(w, sum)
	} else {
		fmt.Fprintf(w, "%d records -> %d alerts, %d matches\n", sum.Records, sum.Alerts, sum.Matches)
	}
	return nil
}

func newDecode() *cobra.Command {
	r := recorded{}
	cmd := &cobra.Command{
		Use:   "decode FILE...",
		Short: "Print each record as the normalised alert it becomes, or why it is none",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := r.options(cmd, false)
			if err != nil {
				return err
			}
			return report(cmd, false, func(ctx context.Context, w io.Writer) (replay.Summary, error) { return replay.Decode(ctx, o, args, w) })
		},
	}
	cmd.AddCommand(newMappingTest())
	r.inputFlags(cmd)
	return cmd
}
