package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"tocsin/bench/internal/frame"

	"tocsin/bench/internal/logon"
)

// An engine is one side of the comparison: a command that is given the logons and writes the first firings.
type engine struct {
	name    string
	names   bool // the alerts of each firing: it keeps what it needs for that
	command func(lane, rules, logons, events, firings string) []string
}

// A figure is what one run of an engine said.
type figure struct {
	cpu     float64 // nanoseconds an event
	numbers map[string]int64
	first   map[string]firing // by user
}

// compare runs all engines on one lane in turn, so often as asked, and prints the best run of each.
func compare(ctx context.Context, o options, lane string, others []engine, out io.Writer) error {
	file := filepath.Join(o.scratch, "logons.tsv")
	if err := logon.Write(file, o.events, o.keys); err != nil {
		return err
	}
	best := map[string]figure{}
	keep := func(name string, f figure, err error) error {
		if old, ok := best[name]; err == nil && (!ok || f.cpu < old.cpu) {
			best[name] = f
		}
		return err
	}
	for range o.rounds {
		for _, mode := range []string{"feed", "match", "whole"} {
			f, err := ownRun(ctx, o, lane, mode, o.keys, time.Minute)
			if err := keep(mode, f, err); err != nil {
				return err
			}
		}
		for _, e := range others {
			f, err := e.run(ctx, o, lane, file)
			if err := keep(e.name, f, err); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
		}
	}
	fmt.Fprintf(out, "\n%s: %d logons, %d users, a span of a minute, best of %d\n", lane, o.events, o.keys, o.rounds)
	return report(lane, best, others, out)
}

func ownRun(ctx context.Context, o options, lane, mode string, keys int, span time.Duration) (figure, error) {
	profile := ""
	if mode == "whole" {
		profile = o.profile
	}
	firings := filepath.Join(o.scratch, "firings")
	return measure(ctx, firings, o.self, ownChild, lane, mode, strconv.Itoa(o.events), strconv.Itoa(keys), span.String(), firings, profile)
}

func (e engine) run(ctx context.Context, o options, lane, file string) (figure, error) {
	rules := "1"
	if lane == "twenty" {
		lane, rules = "count", "20"
	}
	firings := filepath.Join(o.scratch, "firings")
	args := e.command(lane, rules, file, strconv.Itoa(o.events), firings)
	return measure(ctx, firings, args[0], args[1:]...)
}

// collectAt lets tocsin's heap grow to five times what lives in it before it is collected: some 200 MB with a thousand users. The
// other engines have 1 to 3 GB, see [peers].
const collectAt = 400

// measure runs one command on one core where the machine lets us choose.
func measure(ctx context.Context, firings, name string, args ...string) (figure, error) {
	command := frame.OnOneCore(append([]string{name}, args...)...)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Env = append(os.Environ(), "GOGC="+strconv.Itoa(collectAt))
	var faults strings.Builder
	cmd.Stderr = &faults
	text, err := cmd.Output()
	if err != nil {
		return figure{}, fmt.Errorf("%w: %s", err, faults.String())
	}
	f := figure{numbers: map[string]int64{}}
	for line := range strings.Lines(string(text)) {
		if word, number, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			if n, err := strconv.ParseInt(number, 10, 64); err == nil {
				f.numbers[word] = n
			}
		}
	}
	if f.numbers["timed"] == 0 {
		return figure{}, errors.New("it did not say what it timed")
	}
	f.cpu = float64(f.numbers["cpu_ns"]) / float64(f.numbers["timed"])
	f.first, err = readFirings(firings)
	return f, err
}

func readFirings(file string) (map[string]firing, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	first := map[string]firing{}
	for s := bufio.NewScanner(f); s.Scan(); {
		user, rest, _ := strings.Cut(s.Text(), "\t")
		at, alerts, _ := strings.Cut(rest, "\t")
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, err
		}
		first[user] = firing{ms, alerts}
	}
	return first, nil
}

// report prints the table and the ratios. Engines that did not say the same are an error: their speed says nothing.
func report(lane string, best map[string]figure, others []engine, out io.Writer) error {
	own := best["whole"]
	own.cpu -= best["feed"].cpu // the other engines' objects are made before the clock runs
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tns/logon\tlogons/s of a core\tusers that fired\ttocsin is\t")
	row := func(name string, cpu float64, f figure, ratio string) {
		fmt.Fprintf(w, "%s\t%.0f\t%.0f\t%d\t%s\t\n", name, cpu, 1e9/cpu, len(f.first), ratio)
	}
	engineAlone := best["whole"].cpu - best["match"].cpu
	row("tocsin, alert to event", own.cpu, own, "")
	row("  of which match", best["match"].cpu-best["feed"].cpu, figure{}, "")
	row("  of which engine", engineAlone, figure{}, "")
	fastest := map[bool]float64{}
	for _, e := range others {
		f := best[e.name]
		row(e.name, f.cpu, f, fmt.Sprintf("%.1fx (engine %.1fx)", f.cpu/own.cpu, f.cpu/engineAlone))
		if known := fastest[e.names]; known == 0 || f.cpu < known {
			fastest[e.names] = f.cpu
		}
		if !maps.EqualFunc(f.first, own.first, func(f, own firing) bool { return e.agree(lane, f, own) }) {
			return fmt.Errorf("%s and tocsin do not agree on which users fired when: %s", e.name, difference(own.first, f.first))
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(others) > 0 {
		fmt.Fprintf(out, "all engines agree; %.1fx the fastest that names the alerts as well, %.1fx the fastest that names none\n", fastest[true]/own.cpu, fastest[false]/own.cpu)
	}
	fmt.Fprintf(out, "tocsin: %d events opened, %d emissions, %d bytes a key live in the heap\n", own.numbers["opened"], own.numbers["fired"], own.numbers["heap"]/max(own.numbers["keys"], 1))
	return nil
}

// agree reports whether two engines said the same of a user. One that names no alerts is held to the time alone; of a
// sequence the others name pairs, tocsin all alerts of the window that meet a step's condition.
func (e engine) agree(lane string, f, own firing) bool {
	switch {
	case !e.names || f.at != own.at:
		return f.at == own.at
	case lane == "sequence":
		return f.alerts != "" && !slices.ContainsFunc(strings.Split(f.alerts, ","), func(id string) bool { return !strings.Contains(own.alerts, id) })
	default:
		return f.alerts == own.alerts
	}
}

// difference names the first user on which two engines do not agree.
func difference(a, b map[string]firing) string {
	for user, f := range a {
		if b[user] != f {
			return fmt.Sprintf("%s at %v and %v; %d and %d users fired", user, f, b[user], len(a), len(b))
		}
	}
	return fmt.Sprintf("%d and %d users fired", len(a), len(b))
}

// growth shows that cost hangs on neither the number of keys nor the span: what it takes from alert to event, the making of
// the alerts left out.
func growth(ctx context.Context, o options, out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "lane\tkeys\tspan\tns/logon\tagainst the first\tbytes a key\t")
	for _, lane := range o.lanes {
		first := 0.0
		for _, c := range []struct {
			keys int
			span time.Duration
		}{{1_000, time.Minute}, {100_000, time.Minute}, {1_000_000, time.Minute}, {1_000, 24 * time.Hour}} {
			cost, heap, err := costOf(ctx, o, lane, c.keys, c.span)
			if err != nil {
				return err
			}
			if first == 0 {
				first = cost
			}
			fmt.Fprintf(w, "%s\t%d\t%s\t%.0f\t%.2f\t%d\t\n", lane, c.keys, c.span, cost, cost/first, heap)
		}
	}
	return w.Flush()
}

// costOf is what a logon takes from alert to event, in nanoseconds, and what a key takes of the heap, in bytes.
func costOf(ctx context.Context, o options, lane string, keys int, span time.Duration) (cost float64, heap int64, err error) {
	best := map[string]figure{}
	for range o.rounds {
		for _, mode := range []string{"feed", "whole"} {
			f, err := ownRun(ctx, o, lane, mode, keys, span)
			if err != nil {
				return 0, 0, err
			}
			if known, ok := best[mode]; !ok || f.cpu < known.cpu {
				best[mode] = f
			}
		}
	}
	whole := best["whole"]
	return whole.cpu - best["feed"].cpu, whole.numbers["heap"] / max(whole.numbers["keys"], 1), nil
}
