// Command chaos kills what runs and checks that nothing is lost and nothing is there twice. It starts a real Kafka, a
// real Elasticsearch and several daemons, produces records, and meanwhile does to all of them what a schedule says that
// is a function of a seed. In the end the register must be what a replay of the input topic gives: every alert, event,
// assessment, incident and log entry, each once. It listens and connects on loopback only, bounds itself by a deadline,
// and ends only the processes it started, by their pid.
//
//	go run ./bench/chaos -seed 7                  # 20 kills
//	go run ./bench/chaos -kills 200 -within 2h
//	go run ./bench/chaos -brokers 3               # replication 3
//	go run ./bench/chaos -records alerts.ndjson   # these, instead of records that are made up
//	go run ./bench/chaos -records alerts.ndjson -copies 60 -rate 20000 -calm 30s -hurry -within 2h
//	go run ./bench/chaos -outage 10m              # Elasticsearch, a broker, each daemon away: what is promised of that
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

// options are the flags, and what follows from them.
type options struct {
	seed     uint64
	kills    int
	daemons  int
	replicas int // and brokers
	rate     int // records a second
	calm     time.Duration
	session  time.Duration
	idle     time.Duration
	settle   time.Duration
	within   time.Duration
	binary   string
	other    string   // another build, to upgrade to
	kafka    []string // servers that are given, and then only looked at
	store    string
	servers  bool // servers of our own, which may be killed
	links    bool
	hurry    bool
	recorded string        // a file of records, instead of those that are made up
	copies   int           // of that file
	rules    string        // a folder of rules beside those that are shipped and the run's own
	away     time.Duration // Elasticsearch, in a run that measures outages

	repository string
}

func main() {
	os.Exit(frame.Main("chaos", command)) //nolint:forbidigo // this is main
}

func command(ctx context.Context, args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	return o.run(ctx, out)
}

// run is the whole: the error says what was not as promised.
func (o options) run(ctx context.Context, out io.Writer) error {
	return frame.Bounded(ctx, "chaos", o.within, func(ctx context.Context, scratch string) error {
		if err := os.Chmod(scratch, 0o711); err != nil { //nolint:gosec // Elasticsearch, as its own user, must reach its folder
			return err
		}
		s := &stand{options: o, scratch: scratch, begun: time.Now()}
		err := s.open(ctx)
		if err == nil {
			err = s.play(ctx, out)
		}
		return errors.Join(err, s.close()) //nolint:contextcheck // it ends what runs even where ctx is over
	})
}

// play does what the options ask for.
func (s *stand) play(ctx context.Context, out io.Writer) error {
	p := &play{stand: s, out: out}
	if s.away > 0 {
		fmt.Fprintf(out, "seed %d: outages, on %d daemons and a broker, %d records/s\n", s.seed, s.daemons, s.rate)
		o := &outage{play: p}
		err := p.run(ctx, o.act, o.overrun)
		fmt.Fprint(out, o.table())
		return err
	}
	fmt.Fprintf(out, "seed %d: %d faults, %d of them kills, on %d daemons and %d brokers, %d records/s\n", s.seed, len(schedule(s.options)), s.kills, s.daemons, s.replicas, s.rate)
	return p.run(ctx, p.act, nil)
}

// builds makes the daemon, and another build of it where there is one to upgrade to, unless they are given.
func (s *stand) builds(ctx context.Context) error {
	if s.binary == "" {
		s.binary = filepath.Join(s.scratch, "tocsin")
		if err := build(ctx, s.binary); err != nil {
			return err
		}
	}
	if s.away == 0 && s.other == "" && slices.ContainsFunc(schedule(s.options), func(s step) bool { return s.kind == upgrade }) {
		s.other = filepath.Join(s.scratch, "tocsin-other")
		return build(ctx, s.other, "-buildvcs=false") // which tells another version of itself
	}
	return nil
}

func build(ctx context.Context, binary string, flags ...string) error {
	args := append(append([]string{"build", "-o", binary}, flags...), "tocsin/cmd/tocsin")
	if text, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("build the daemon: %w\n%s", err, text)
	}
	return nil
}

func parse(args []string) (options, error) {
	o := options{servers: true, links: true, session: 6 * time.Second}
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.Uint64Var(&o.seed, "seed", uint64(time.Now().UnixNano())%1_000_000, "of the records and of the schedule")
	flags.IntVar(&o.kills, "kills", 20, "so many processes are killed, up to 1000")
	flags.IntVar(&o.daemons, "daemons", 3, "1 to 5")
	flags.BoolVar(&o.hurry, "hurry", false, "nothing but what is over at once: daemons killed, rules changed")
	flags.IntVar(&o.replicas, "brokers", 1, "1 or 3, with replication 1 or 3")
	flags.IntVar(&o.rate, "rate", 150, "records a second")
	flags.DurationVar(&o.calm, "calm", 1500*time.Millisecond, "between two faults, on average")
	flags.DurationVar(&o.idle, "idle", 25*time.Second, "idle_after of the input: longer than any fault")
	flags.DurationVar(&o.settle, "settle", 4*time.Minute, "how long the register may take to settle in the end")
	flags.DurationVar(&o.within, "within", 20*time.Minute, "give up after this")
	flags.DurationVar(&o.away, "outage", 0, "no schedule: Elasticsearch is away for so long, then a broker, then each daemon; up to an hour")
	flags.StringVar(&o.recorded, "records", "", "a file of records in the order of time, one a line, all of which are written; made up when left out")
	flags.IntVar(&o.copies, "copies", 1, "so many times the records of -records, each later than the one before, up to 1000")
	flags.StringVar(&o.rules, "rules", "", "a folder of rules beside those that are shipped")
	flags.StringVar(&o.binary, "binary", "", "the daemon; built when left out")
	flags.StringVar(&o.other, "other", "", "another build of it, to upgrade to; built when left out")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if o.kills < 1 || o.kills > 1000 || o.daemons < 1 || o.daemons > 5 || o.replicas != 1 && o.replicas != 3 || o.rate < 1 || o.rate > 50_000 || o.calm < time.Millisecond {
		return o, errors.New("-kills 1 to 1000; -daemons 1 to 5; -brokers 1 or 3; -rate 1 to 50000; -calm above 0")
	}
	if o.copies < 1 || o.copies > 1000 || o.copies > 1 && o.recorded == "" {
		return o, errors.New("-copies 1 to 1000, of -records")
	}
	if o.away < 0 || o.away > time.Hour || o.away > 0 && o.replicas > 1 {
		return o, errors.New("-outage up to 1h, with one broker")
	}
	o.within += 4 * o.away
	if o.rules != "" {
		full, err := filepath.Abs(o.rules)
		if err != nil {
			return o, err
		}
		o.rules = full
	}
	text, err := exec.Command("go", "env", "GOMOD").Output() //nolint:noctx // at once
	o.repository = filepath.Dir(strings.TrimSpace(string(text)))
	return o, err
}
