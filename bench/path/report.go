package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"tocsin/internal/cputime"
)

// A figure is what one side of a comparison took for all records.
type figure struct {
	name string
	wall time.Duration
	cpu  time.Duration // of the process that did it
	// server is Elasticsearch's processor time, where it took part; other work on it is in it too.
	server time.Duration
}

// A result is a lane's figures: the daemon's and those of the ceilings, and what the daemon made of the input.
type result struct {
	lane     string
	daemon   figure
	applied  time.Duration // until everything that follows from the records was stored too
	rss      int64         // bytes, the most
	ceilings []figure
	outcome  string
	latency  string
	note     string
}

// print writes a table; the ratio is the daemon's speed as a part of the ceiling's, all ceilings of a lane taken one
// after another.
func (r result) print(out io.Writer, in input) error {
	n := float64(len(in.lines))
	fmt.Fprintf(out, "\n%s\n", r.lane)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\trecords/s\tMB/s\tseconds\tCPU s\tCPU µs/record\trecords/s of a core\tES CPU s\t")
	row := func(f figure) {
		fmt.Fprintf(w, "%s\t%.0f\t%.1f\t%.2f\t%.2f\t%.1f\t%.0f\t%.2f\t\n", f.name, n/f.wall.Seconds(), in.megabytes()/f.wall.Seconds(), f.wall.Seconds(), f.cpu.Seconds(), f.cpu.Seconds()/n*1e6, n/f.cpu.Seconds(), f.server.Seconds())
	}
	row(r.daemon)
	whole := figure{name: "ceilings together"}
	for _, c := range r.ceilings {
		row(c)
		whole.wall += c.wall
		whole.cpu += c.cpu
		whole.server += c.server
	}
	row(whole)
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "ratio %.2f of the ceilings' speed, %.2f of their CPU efficiency", whole.wall.Seconds()/r.daemon.wall.Seconds(), whole.cpu.Seconds()/r.daemon.cpu.Seconds())
	if r.rss > 0 {
		fmt.Fprintf(out, "; the daemon's peak memory %d MB", r.rss>>20)
	}
	fmt.Fprintf(out, "\n%s\n", r.outcome)
	if r.applied > 0 {
		fmt.Fprintf(out, "events and incidents settled after %.2f s\n", r.applied.Seconds())
	}
	if r.latency != "" {
		fmt.Fprintln(out, r.latency)
	}
	if r.note != "" {
		fmt.Fprintln(out, r.note)
	}
	return nil
}

// timed measures f in this process.
func timed(name string, f func() error) (figure, error) {
	cpu, began := cputime.Process(), time.Now()
	err := f()
	return figure{name: name, wall: time.Since(began), cpu: cputime.Process() - cpu}, err
}
