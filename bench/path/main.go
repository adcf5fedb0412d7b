// Command path measures the whole path: records in, alerts, events and incidents stored, by the real daemon, beside
// what the same machine does in the same run with nothing but the unavoidable work. It listens and connects on
// loopback only, bounds itself by a deadline, and ends only the daemons it started.
//
//	go run ./bench/path                            # embedded: HTTP to SQLite
//	go run ./bench/path -lane kafka                # Kafka to Elasticsearch: TOCSIN_TEST_KAFKA, TOCSIN_TEST_ES
//	go run ./bench/path -cpuprofile cpu.out        # the daemon in this process, profiled
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tocsin/bench/internal/frame"
)

// options are the flags.
type options struct {
	records  int
	lanes    []string
	within   time.Duration
	profile  string
	allocs   string
	binary   string
	rounds   int
	kafka    []string
	elastic  string
	scratch  string // removed at the end
	attacked bool
	rules    string // folder of rules beside the shipped ones
	events   string // file of records instead of the scenario
	several  int    // correlation rules, made for the run
	workers  int
	latency  time.Duration
	settings string // of the rules, for the daemon's configuration
}

func main() {
	os.Exit(frame.Main("path", run)) //nolint:forbidigo // this is main
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	return frame.Bounded(ctx, "path", o.within, func(ctx context.Context, scratch string) error {
		o.scratch = scratch
		return measureAll(ctx, o, out)
	})
}

func measureAll(ctx context.Context, o options, out io.Writer) error {
	if o.binary == "" {
		o.binary = filepath.Join(o.scratch, "tocsin")
		if text, err := exec.CommandContext(ctx, "go", "build", "-o", o.binary, "tocsin/cmd/tocsin").CombinedOutput(); err != nil {
			return fmt.Errorf("build the daemon: %w\n%s", err, text)
		}
	}
	in, err := o.input()
	if err != nil {
		return err
	}
	if o.settings, err = o.folders(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d records, %.1f MB, mean %d bytes, %s\n", len(in.lines), in.megabytes(), in.bytes/int64(len(in.lines)), in.what)
	for range o.rounds {
		for _, lane := range o.lanes {
			if err := measure(ctx, o, lane, in, out); err != nil {
				return fmt.Errorf("%s: %w", lane, err)
			}
		}
	}
	return nil
}

// input is the records that are asked for.
func (o options) input() (input, error) {
	if o.events != "" {
		return recorded(o.events, o.records)
	}
	return scenarios(o.records, o.attacked), nil
}

func measure(ctx context.Context, o options, lane string, in input, out io.Writer) error {
	if lane == "embedded" {
		r, err := embedded(ctx, o, in)
		if err != nil {
			return err
		}
		return r.print(out, in)
	}
	if len(o.kafka) == 0 || o.elastic == "" {
		fmt.Fprintln(out, "\nkafka to elasticsearch: LEFT OUT, as TOCSIN_TEST_KAFKA and TOCSIN_TEST_ES name no servers in plain text (make stack starts them)")
		return nil
	}
	r, err := servers(ctx, o, in)
	if err != nil {
		return err
	}
	return r.print(out, in)
}

func parse(args []string) (options, error) {
	o := options{elastic: strings.TrimSuffix(os.Getenv("TOCSIN_TEST_ES"), "/")}
	if brokers := os.Getenv("TOCSIN_TEST_KAFKA"); brokers != "" && os.Getenv("TOCSIN_TEST_KAFKA_CA") == "" {
		o.kafka = strings.Split(brokers, ",")
	}
	flags := flag.NewFlagSet("path", flag.ContinueOnError)
	lane := flags.String("lane", "both", "embedded, kafka or both")
	flags.IntVar(&o.records, "records", 50_000, "how many records, up to 2,000,000")
	flags.IntVar(&o.rounds, "rounds", 1, "how often")
	flags.DurationVar(&o.within, "within", 4*time.Minute, "give up after this")
	flags.StringVar(&o.profile, "cpuprofile", "", "run the daemon in this process and write its CPU profile here")
	flags.StringVar(&o.allocs, "allocprofile", "", "with -cpuprofile: write what was allocated, and where, here")
	flags.StringVar(&o.binary, "binary", "", "the daemon; built when left out")
	flags.StringVar(&o.rules, "rules", "", "folder of rules to load beside the shipped ones")
	flags.StringVar(&o.events, "events", "", "file of records, one a line, instead of the scenario")
	flags.IntVar(&o.several, "correlations", 0, "so many rules of kind count more, up to 1,000")
	flags.IntVar(&o.workers, "workers", 1, "so many daemons share the work; lane kafka only, up to 4")
	flags.DurationVar(&o.latency, "latency", 0, "then produce for so long at half the speed, and say how long records take to be searchable; lane kafka only")
	flags.BoolVar(&o.attacked, "attack", true, "with the scenario's attack; without it, noise alone")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.several < 0 || o.several > 1000 || o.workers < 1 || o.workers > 4 || o.latency < 0 || o.latency > time.Minute {
		return o, errors.New("-correlations up to 1000; -workers 1 to 4; -latency up to 1m")
	}
	o.lanes = []string{*lane}
	if *lane == "both" {
		o.lanes = []string{"embedded", "kafka"}
	}
	if !slices.Contains([]string{"embedded", "kafka", "both"}, *lane) || o.records < 1 || o.records > 2_000_000 || o.rounds < 1 {
		return o, errors.New("-lane is embedded, kafka or both; -records 1 to 2000000; -rounds 1 or more")
	}
	return o, nil
}
