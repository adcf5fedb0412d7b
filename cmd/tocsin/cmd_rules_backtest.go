package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/internal/replay"
)

// backtest are the flags of `rules backtest`.
type backtest struct {
	recorded
	config  string
	against []string
	from    []string
	since   string
	output  string
}

func newRulesBacktest() *cobra.Command {
	b := backtest{}
	cmd := &cobra.Command{
		Use:   "backtest --rules NEW [--against OLD] --from FILE|kafka|register [FILE...]",
		Short: "Run recorded alerts through two versions of rules and tell what the change does",
		Long: "The same alerts go through the daemon's own stages twice. What is told: events and incidents gained, lost and changed,\n" +
			"each rule's rate, yield and cost, and, where the register has incidents that people gave a disposition, which true\n" +
			"positives the change loses and which false positives it removes. Exit code 1 when a true positive is lost.\n\n" +
			"Without --against the rules that the configuration names are the old ones, and only the rules of NEW are compared.\n" +
			"--from kafka reads the configured input topics to the end that they have now, without a consumer group; --from register\n" +
			"reads the original records that the store keeps.",
		Example: "  tocsin rules backtest --rules ./proposed --from march.ndjson.zst\n" +
			"  tocsin rules backtest --rules ./proposed --against ./rules --from kafka --since 7d",
		RunE: b.run,
	}
	b.inputFlags(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&b.rules, "rules", nil, "`folder` of the new rules, or rule file; may be repeated")
	f.StringArrayVar(&b.against, "against", nil, "`folder` of the old rules, or rule file; may be repeated")
	f.StringArrayVar(&b.from, "from", nil, "`input`: files, kafka or register")
	f.StringVar(&b.since, "since", "", "with kafka and register: records since then, a `time` (RFC 3339) or how long ago, as 7d")
	f.StringVar(&b.scales, "scales", "", "scales `file` instead of the configured one")
	f.StringVar(&b.assets, "assets", "", "assets `file` instead of the configured one")
	f.StringVar(&b.disorder, "disorder", "2m", "how far out of order alerts may come")
	f.StringVar(&b.lateness, "lateness", "1h", "how long windows still accept")
	f.StringVarP(&b.output, "output", "o", "text", "text or json")
	configFlag(cmd, &b.config)
	return cmd
}

func (b *backtest) run(cmd *cobra.Command, args []string) error {
	from := append(b.from, args...)
	switch {
	case len(b.rules) == 0:
		return coded(exitUnusable, errors.New("--rules is missing: name the folder of the new rules"))
	case len(from) == 0:
		return coded(exitUnusable, errors.New("--from is missing: name files, or kafka, or register"))
	case len(from) > 1 && (slices.Contains(from, "kafka") || slices.Contains(from, "register")):
		return coded(exitUnusable, errors.New("--from kafka and --from register stand alone"))
	case b.output != "text" && b.output != "json":
		return coded(exitUnusable, fmt.Errorf("--output %s: text or json", b.output))
	}
	cfg, err := config.Load(b.config, os.Environ())
	if err != nil {
		return coded(exitUnusable, err)
	}
	since, err := sinceOf(b.since, time.Now())
	if err != nil {
		return coded(exitUnusable, err)
	}
	t, err := b.sets(cmd, cfg)
	if err != nil {
		return err
	}
	c, err := b.compare(cmd, cfg, t, from, since)
	if err != nil {
		return coded(exitInput, err)
	}
	if err := printComparison(cmd.OutOrStdout(), b.output, &c); err != nil {
		return err
	}
	if len(c.Lessons.TrueLost) > 0 {
		return coded(exitFindings, errFindings)
	}
	return nil
}

// sinceOf reads --since: a time, or a duration before now; zero for none.
func sinceOf(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return t, nil
	}
	d, err := config.ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("--since %s: write 2026-11-22T08:00:00Z or 7d", text)
	}
	return now.Add(-d), nil
}

// sets reads the two rule sets and what they are classified by.
func (b *backtest) sets(cmd *cobra.Command, cfg config.Config) (replay.Backtest, error) {
	t := replay.Backtest{}
	b.scales, b.assets = or(b.scales, cfg.Scales), or(b.assets, cfg.Assets)
	var err error
	if t.Options, err = b.options(cmd, true); err != nil {
		return t, err
	}
	if b.format == "auto" && len(b.mappings) == 0 { // as the daemon decodes
		if t.Decoder, err = app.NewDecoder(cfg, "auto", cfg.Mappings); err != nil {
			return t, coded(exitUnusable, err)
		}
	}
	if len(b.against) > 0 {
		t.Old, err = app.LoadRules(b.against, false, t.Scales)
	} else {
		t.Old, err = app.LoadRules(cfg.Rules.Folders, cfg.Rules.Shipped, t.Scales)
		t.Of = []string{}
		for _, r := range t.Set.Rules() {
			t.Of = append(t.Of, r.ID)
		}
	}
	return t, coded(exitUnusable, err)
}

// compare opens the input and the register, and runs the backtest.
func (b *backtest) compare(cmd *cobra.Command, cfg config.Config, t replay.Backtest, from []string, since time.Time) (c replay.Comparison, err error) {
	ctx, stderr := cmd.Context(), cmd.ErrOrStderr()
	o := app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	reader, err := app.OpenReader(ctx, o)
	switch {
	case err == nil:
		defer func() { err = errors.Join(err, reader.Close()) }()
		if t.Known, err = reader.Known(ctx, since); err != nil {
			return c, fmt.Errorf("dispositions: %w", err)
		}
	case from[0] == "register":
		return c, err
	default:
		fmt.Fprintf(stderr, "no dispositions are compared: %v\n", err)
	}
	progress := newBar(stderr, 0, "records")
	var stored *replay.Stored
	switch from[0] {
	case "kafka":
		sources, left, closed, err := app.KafkaSpans(ctx, cfg, o, since)
		if err != nil {
			return c, err
		}
		defer closed()
		t.Sources, progress.total = sources, left()
		t.Progress = func(int64, int64) { progress.to(progress.total - left()) }
	case "register":
		stored = reader.Stored(since)
		t.Sources = append(t.Sources, stored)
		t.Progress = func(records, _ int64) { progress.to(records) }
	default:
		t.Files, progress.total = from, sizeOf(from)
		t.Progress = func(records, bytes int64) {
			if progress.total > 0 {
				records = bytes
			}
			progress.to(records)
		}
	}
	c, err = t.Run(ctx)
	progress.end()
	if stored != nil && stored.Without > 0 {
		fmt.Fprintf(stderr, "%d alerts were left out: their original records are not kept\n", stored.Without)
	}
	return c, err
}

// sizeOf is the bytes of files, 0 where one of them is packed or cannot be told.
func sizeOf(files []string) (sum int64) {
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil || !info.Mode().IsRegular() || strings.HasSuffix(name, ".gz") || strings.HasSuffix(name, ".zst") {
			return 0
		}
		sum += info.Size()
	}
	return sum
}

// printComparison writes what a change of rules does.
func printComparison(w interface{ Write([]byte) (int, error) }, output string, c *replay.Comparison) error {
	if output == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(c)
	}
	_, err := w.Write([]byte(comparisonText(c)))
	return err
}
