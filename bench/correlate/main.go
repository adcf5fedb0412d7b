// Command correlate measures what correlation costs beside other engines that keep windows in memory, Siddhi and Esper,
// in the same run, on the same machine, over the same logons. Every engine gets objects that are ready, so that nothing
// but its own work is timed: processor time of one core, the first fifth of the logons left out. The other engines run
// twice: as they are, and naming the alerts of each firing, as tocsin does. Before any figure counts, all engines must
// have said the same: which users fired, when first, and of which alerts.
//
//	go run ./bench/correlate                     # count, distinct, sequence and twenty rules, 1,000 keys
//	go run ./bench/correlate -keys 100000
//	go run ./bench/correlate -growth             # tocsin alone: keys 1,000 to 1,000,000, spans of a minute and a day
//
// The other engines come from Maven Central and need java, javac and mvn; where these are missing, tocsin is measured
// alone and the output says so. rsigma, which reads JSON, is a table of its own; it comes from crates.io and needs cargo.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tocsin/bench/internal/frame"

	"tocsin/bench/internal/logon"
)

// options are the flags.
type options struct {
	events, keys, rounds int
	lanes                []string
	alone, growth        bool
	within               time.Duration
	profile              string
	scratch              string // removed at the end
	peers                string // folder of the other engines' jars and classes; kept
	self                 string // this command, built as the daemon is
}

func main() {
	os.Exit(frame.Main("correlate", run)) //nolint:forbidigo // this is main
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == ownChild {
		return own(args[1:], out)
	}
	if len(args) > 0 && args[0] == writtenChild {
		return ownWritten(args[1:])
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return frame.Bounded(ctx, "correlate", o.within, func(ctx context.Context, scratch string) error {
		o.scratch = scratch
		if o.self, err = frame.Daemonlike(ctx, scratch, "correlate"); err != nil {
			return err
		}
		return measureAll(ctx, o, out)
	})
}

func measureAll(ctx context.Context, o options, out io.Writer) error {
	if o.growth {
		return growth(ctx, o, out)
	}
	var others []engine
	if !o.alone {
		var err error
		if others, err = peers(ctx, o); err != nil {
			fmt.Fprintf(out, "the other engines are LEFT OUT: %v\n", err)
		}
	}
	for _, lane := range o.lanes {
		if err := compare(ctx, o, lane, others, out); err != nil {
			return fmt.Errorf("%s: %w", lane, err)
		}
		if o.alone {
			continue
		}
		if err := written(ctx, o, lane, out); err != nil {
			return fmt.Errorf("%s, from JSON: %w", lane, err)
		}
	}
	return nil
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("correlate", flag.ContinueOnError)
	lane := flags.String("lane", "", strings.Join(logon.Lanes(), ", ")+"; all of them when left out")
	flags.IntVar(&o.events, "events", 1_000_000, "how many logons, up to 5,000,000")
	flags.IntVar(&o.keys, "keys", 1_000, "how many users")
	flags.IntVar(&o.rounds, "rounds", 3, "how often each engine runs; the best run counts")
	flags.BoolVar(&o.alone, "alone", false, "without the other engines")
	flags.BoolVar(&o.growth, "growth", false, "tocsin alone over more keys and longer spans")
	flags.DurationVar(&o.within, "within", 15*time.Minute, "give up after this")
	flags.StringVar(&o.profile, "cpuprofile", "", "write the CPU profile of tocsin's last run here")
	flags.StringVar(&o.peers, "peers", filepath.Join(os.TempDir(), "tocsin-bench-peers"), "where the other engines are kept")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.lanes = logon.Lanes()
	if *lane != "" {
		o.lanes = []string{*lane}
	}
	if !slices.Contains(logon.Lanes(), o.lanes[0]) || o.events < 100 || o.events > 5_000_000 || o.keys < 1 || o.rounds < 1 {
		return o, fmt.Errorf("-lane is one of %s; -events 100 to 5000000; -keys and -rounds 1 or more", strings.Join(logon.Lanes(), ", "))
	}
	return o, nil
}
