// Command quality measures what the shipped rules make of recorded campaigns: how few incidents, how true, how much of the
// attack is in them, how soon, and how much noise comes along. It plays each campaign through `tocsin replay` with the shipped
// configuration, has the outcome judged by a scorer that knows the truth, and prints tables with a naive baseline beside them. With
// -ablate it does so again without one feature at a time, with -perturb for streams that are made of the campaigns. -made plays
// streams made by hand, for which it needs no campaigns.
//
//	go run ./bench/quality -data DIR -score DIR/score.py -baseline DIR/baseline.py
//	go run ./bench/quality -data DIR -score DIR/score.py -ablate
//	go run ./bench/quality -data DIR -score DIR/score.py -perturb -seed 1
//
// DIR/campaigns holds one folder for each campaign, with alerts.ndjson.zst or eve.ndjson.zst and the labels that the scorer reads.
// Without the data it says so and measures nothing. It needs python3 and zstd.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// options are the flags.
type options struct {
	data, score, baseline string
	rules                 string // in place of the shipped ones
	ablate, mix, perturbs bool
	byHand                bool
	variant               string
	seed                  uint64
	only                  string
	binary, scratch       string
}

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quality:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	flags := flag.NewFlagSet("quality", flag.ContinueOnError)
	flags.StringVar(&o.data, "data", os.Getenv("TOCSIN_QUALITY_DATA"), "folder that has campaigns")
	flags.StringVar(&o.score, "score", os.Getenv("TOCSIN_QUALITY_SCORE"), "the scorer, a Python program")
	flags.StringVar(&o.baseline, "baseline", os.Getenv("TOCSIN_QUALITY_BASELINE"), "the naive correlator, a Python program; none: no such rows")
	flags.BoolVar(&o.ablate, "ablate", false, "without one feature at a time")
	flags.BoolVar(&o.mix, "mix", false, "eight copies of a network in one stream")
	flags.BoolVar(&o.perturbs, "perturb", false, "each campaign thinned, moved, renamed, doubled, cut and mixed")
	flags.BoolVar(&o.byHand, "made", false, "streams made by hand, which need no campaigns and no scorer")
	flags.StringVar(&o.variant, "variant", "", "with -perturb: novelty alone, in this variant of -ablate")
	flags.Uint64Var(&o.seed, "seed", 1, "of what -perturb draws")
	flags.StringVar(&o.only, "only", "", "of -perturb and -ablate those whose name has this")
	flags.StringVar(&o.binary, "binary", "", "a tocsin that is built already; none: it is built")
	flags.StringVar(&o.rules, "rules", "", "folder of rules in place of the shipped ones")
	if err := flags.Parse(args); err != nil {
		return err
	}
	campaigns, err := campaignsOf(o.data)
	if err != nil {
		return err
	}
	if (len(campaigns) == 0 || o.score == "") && !o.byHand {
		_, err := fmt.Fprintln(out, "no campaigns or no scorer (-data, -score): nothing is measured")
		return err
	}
	scratch, err := os.MkdirTemp("", "quality")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	o.scratch = scratch
	if o.binary == "" {
		o.binary = filepath.Join(scratch, "tocsin")
		if text, err := exec.CommandContext(ctx, "go", "build", "-o", o.binary, "./cmd/tocsin").CombinedOutput(); err != nil {
			return fmt.Errorf("build: %w: %s", err, text)
		}
	}
	if err := o.choose(); err != nil {
		return err
	}
	switch {
	case o.byHand:
		return o.made(ctx, out)
	case o.ablate:
		return o.ablations(ctx, campaigns, out)
	case o.mix:
		return o.mixed(ctx, campaigns, out)
	case o.perturbs:
		return o.perturb(ctx, campaigns, out)
	}
	return o.table(ctx, campaigns, out)
}

// choose takes the rule of the chosen variant alone in place of the shipped ones.
func (o *options) choose() (err error) {
	if o.variant == "" {
		return nil
	}
	i := slices.IndexFunc(variants, func(v variant) bool { return v.name == o.variant })
	if i < 0 {
		return fmt.Errorf("no variant is called %q", o.variant)
	}
	o.rules, err = o.write(variants[i])
	return err
}

// folders are those of the rules; none: the shipped ones.
func (o *options) folders() []string {
	if o.rules == "" {
		return nil
	}
	return []string{o.rules}
}

// campaignsOf are the folders below a folder that hold labelled alerts, sorted.
func campaignsOf(data string) ([]campaign, error) {
	if data == "" {
		return nil, nil
	}
	var all []campaign
	root := filepath.Join(data, "campaigns")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.Name() != "labels.csv.zst" {
			return nil
		}
		dir := filepath.Dir(path)
		for _, name := range []string{"alerts.ndjson.zst", "eve.ndjson.zst"} {
			if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
				short, _ := filepath.Rel(root, dir)
				all = append(all, campaign{name: filepath.ToSlash(short), dir: dir, file: filepath.Join(dir, name)})
			}
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	slices.SortFunc(all, func(a, b campaign) int { return compareNames(a.name, b.name) })
	return all, err
}

// table prints each campaign, by the shipped rules, by novelty alone and by the baseline.
func (o *options) table(ctx context.Context, campaigns []campaign, out io.Writer) error {
	var rows []row
	for _, c := range campaigns {
		found, err := o.replay(ctx, c, o.folders())
		if err != nil {
			return err
		}
		r, err := o.judge(ctx, c, found, "shipped rules")
		if err != nil {
			return err
		}
		rows = append(rows, r)
		if r, err = o.judge(ctx, c, found.novelty(), "novelty alone"); err != nil {
			return err
		}
		rows = append(rows, r)
		if o.baseline == "" {
			continue
		}
		if r, err = o.naive(ctx, c); err != nil {
			return err
		}
		rows = append(rows, r)
	}
	return printRows(out, "campaign", rows)
}
