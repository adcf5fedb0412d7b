// Command rules measures what it costs to try thousands of Sigma rules on events as they come, from the bytes of a line
// of JSON to the rules that match, with the daemon's own decoding and matching, beside another engine of the same rules,
// rsigma, in the same run. Only the hash that names a record's content is left out, since the other keeps none. Before
// any figure counts, both must match the same events: differences are listed, rule by rule.
//
//	go run ./bench/rules -rules DIR -events FILE             # NDJSON, or .zst where zstd is installed
//	go run ./bench/rules -rules DIR -events FILE -times 3    # the same rules and two altered copies of each
//	go run ./bench/rules -rules DIR -events FILE -lane process
//
// Figures are the processor's time of a whole run less that of a run over one event, for both sides alike; one core
// where the machine lets us choose. rsigma comes from crates.io: version 0.26.0 where there is a nightly compiler,
// 0.23.0 where not; without cargo our side is measured alone and the output says so.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"tocsin/bench/internal/frame"
)

// options are the flags.
type options struct {
	rules, events, lane string
	limit, rounds       int
	times               int
	pipeline            string // of the other engine
	alone               bool
	within              time.Duration
	profile             string
	scratch             string // removed at the end
	peers               string // folder of the other engine; kept
	self                string // this command, built as the daemon is
}

func main() {
	os.Exit(frame.Main("rules", run)) //nolint:forbidigo // this is main
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) > 0 && args[0] == ownChild {
		return own(args[1:], out)
	}
	o, err := parse(args)
	if err != nil {
		return err
	}
	return frame.Bounded(ctx, "rules", o.within, func(ctx context.Context, scratch string) error {
		o.scratch = scratch
		if o.self, err = frame.Daemonlike(ctx, scratch, "rules"); err != nil {
			return err
		}
		return measureAll(ctx, o, out)
	})
}

func measureAll(ctx context.Context, o options, out io.Writer) error {
	in, err := prepare(o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d events of %d bytes on average, lane %s; rules of %s", in.events, in.bytes/int64(in.events), o.lane, filepath.Base(o.rules))
	if o.times > 1 {
		fmt.Fprintf(out, ", %d times", o.times)
	}
	fmt.Fprintln(out)
	other, err := rsigma(ctx, o)
	if err != nil {
		fmt.Fprintf(out, "the other engine is LEFT OUT: %v\n", err)
	}
	return compare(ctx, o, in, other, out)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("rules", flag.ContinueOnError)
	flags.StringVar(&o.rules, "rules", "", "folder of Sigma rules")
	flags.StringVar(&o.events, "events", "", "file of events, one JSON object a line")
	flags.StringVar(&o.lane, "lane", "all", "all, or process: Sysmon's events of a process that starts, and no others")
	flags.IntVar(&o.limit, "limit", 100_000, "so many events; the file is repeated where it has fewer")
	flags.IntVar(&o.rounds, "rounds", 3, "how often each side runs; the best run counts")
	flags.IntVar(&o.times, "times", 1, "the rules, and so many copies of each less one with altered texts")
	flags.StringVar(&o.pipeline, "pipeline", "", "processing pipeline of the other engine, such as ecs_windows for events of Winlogbeat")
	flags.BoolVar(&o.alone, "alone", false, "without the other engine")
	flags.DurationVar(&o.within, "within", 15*time.Minute, "give up after this")
	flags.StringVar(&o.profile, "cpuprofile", "", "write the CPU profile of our last run here")
	flags.StringVar(&o.peers, "peers", filepath.Join(os.TempDir(), "tocsin-bench-peers"), "where the other engine is kept")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.rules == "" || o.events == "" || o.limit < 1 || o.limit > 5_000_000 || o.rounds < 1 || o.times < 1 || o.times > 20 || o.lane != "all" && o.lane != "process" {
		return o, errors.New("-rules and -events are wanted; -lane is all or process; -limit 1 to 5000000; -rounds 1 or more; -times 1 to 20")
	}
	return o, nil
}
