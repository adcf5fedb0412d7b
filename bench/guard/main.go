// Command guard says whether a change made the product slower. It runs small pieces of the daemon's own work in turn
// with a loop that never changes, so that what else the machine does weighs on both, and prints what an alert costs as
// a part of what that loop costs, beside the last accepted run. It judges nothing: shared machines are not to be
// trusted with a limit.
//
//	go run ./bench/guard              # what is, and what was
//	go run ./bench/guard -accept      # and keeps it: a file in bench/results
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"text/tabwriter"
	"time"

	"tocsin/internal/cputime"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "guard:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// A lane is one piece of work. Run does it for the i-th time, over so many alerts.
type lane struct {
	name   string
	alerts int
	run    func() error
}

// A measure is what a lane cost in the middle one of the rounds.
type measure struct {
	Lane   string  `json:"lane"`
	Cost   float64 `json:"cost"`   // of an alert, in turns of the calibration loop
	Spread float64 `json:"spread"` // of the middle half of the rounds: (most - least) / middle
	Nanos  float64 `json:"nanos"`  // of an alert, on that machine in that hour
	Allocs float64 `json:"allocs"` // of an alert
	Bytes  float64 `json:"bytes"`  // allocated for an alert
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("guard", flag.ContinueOnError)
	rounds := flags.Int("rounds", 15, "how often each lane runs")
	scale := flags.Float64("scale", 3, "how much work a round is")
	accept := flags.Bool("accept", false, "keep the figures in the folder of results")
	folder := flags.String("results", "bench/results", "folder of results")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || *scale <= 0 || *scale > 100 {
		return errors.New("-rounds 1 or more; -scale up to 100")
	}
	before, err := lastAccepted(*folder)
	if err != nil {
		return err
	}
	lanes, err := allLanes(*scale)
	if err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(collectAt))
	var now []measure
	for _, l := range lanes {
		m, err := l.measure(*rounds)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		now = append(now, m)
	}
	if err := printTable(out, now, before); err != nil {
		return err
	}
	if *accept {
		return keep(*folder, now, out)
	}
	return nil
}

// collectAt lets the heap grow to five times what lives in it: a decoder takes 5 MB, which a collector that found little else
// would look at again and again, and weigh on each alert as in no daemon.
const collectAt = 400

// measure runs the lane and the calibration loop in turn, after a run that nobody counts.
func (l lane) measure(rounds int) (measure, error) {
	if err := l.run(); err != nil {
		return measure{}, err
	}
	var costs, nanos []float64
	var allocs, bytes uint64
	for range rounds {
		loop := calibrate()
		before, began := heap(), cputime.Process()
		if err := l.run(); err != nil {
			return measure{}, err
		}
		took := cputime.Process() - began
		after := heap()
		loop = (loop + calibrate()) / 2
		allocs, bytes = after.Mallocs-before.Mallocs, after.TotalAlloc-before.TotalAlloc
		costs = append(costs, float64(took)/float64(l.alerts)/(float64(loop)/turns))
		nanos = append(nanos, float64(took)/float64(l.alerts))
	}
	slices.Sort(costs)
	slices.Sort(nanos)
	middle, n := costs[len(costs)/2], float64(l.alerts)
	spread := costs[len(costs)*3/4] - costs[len(costs)/4]
	return measure{l.name, middle, spread / middle, nanos[len(nanos)/2], float64(allocs) / n, float64(bytes) / n}, nil
}

func printTable(out io.Writer, now []measure, before *accepted) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "lane\tcost of an alert\tspread\tns\tallocs\tbytes\taccepted\tchange\t")
	for _, m := range now {
		was, change := "", ""
		if old := before.lane(m.Lane); old != nil {
			was, change = fmt.Sprintf("%.2f", old.Cost), fmt.Sprintf("%+.0f %%", 100*(m.Cost/old.Cost-1))
		}
		fmt.Fprintf(w, "%s\t%.2f\t%.0f %%\t%.0f\t%.2f\t%.0f\t%s\t%s\t\n", m.Lane, m.Cost, 100*m.Spread, m.Nanos, m.Allocs, m.Bytes, was, change)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(out, "cost is in turns of the calibration loop; a change within the spread is none")
	if before != nil {
		fmt.Fprintf(out, "accepted: %s, commit %s, %s\n", before.When.Format(time.DateOnly), before.Commit, before.Machine)
	}
	return nil
}
