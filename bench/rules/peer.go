package main

import (
	"bufio"
	"context"
	"encoding/json"
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

	"tocsin/bench/internal/frame"
	sigma "tocsin/bench/internal/rsigma"
)

// A program is the other side, and how it is called to be timed.
type program struct {
	name  string
	timed func(events string) []string
}

// rsigma finds the other engine, or installs it.
func rsigma(ctx context.Context, o options) (*program, error) {
	if o.alone {
		return nil, errors.New("-alone")
	}
	binary, version, err := sigma.Find(ctx, o.peers)
	if err != nil {
		return nil, err
	}
	return &program{name: "rsigma " + version, timed: func(events string) []string {
		return rsigmaCommand(binary, o, o.rules, events, filepath.Join(o.scratch, "matches"))
	}}, nil
}

func rsigmaCommand(binary string, o options, rules, events, out string) []string {
	args := []string{
		binary, "engine", "eval", "-q", "-r", rules, "-e", "@" + events, "-o", out, "--input-format", "json",
		"--logsource-routing", "--logsource-field-map", "product=bench_product,service=bench_service,category=bench_category",
	}
	if o.pipeline != "" {
		args = append(args, "-p", o.pipeline)
	}
	return args
}

// compare lists what both sides match, then times them in turn.
func compare(ctx context.Context, o options, in input, other *program, out io.Writer) error {
	ours := func(events, profile, mode string) []string {
		return []string{o.self, ownChild, in.rules, events, profile, mode}
	}
	if o.times > 1 {
		if err := quiet(ctx, in, ours(in.plain, "", "list"), out); err != nil {
			return err
		}
	}
	if other != nil {
		binary := other.timed("")[0]
		other.timed = func(events string) []string {
			return rsigmaCommand(binary, o, in.rules, events, filepath.Join(o.scratch, "matches"))
		}
		if err := same(ctx, o, in, ours(in.plain, "", "list"), append(other.timed(in.told), "--include-event"), out); err != nil {
			return err
		}
	}
	var best [2]frame.Net
	for range o.rounds {
		if err := best[0].RunTold(ctx, ours(in.plain, o.profile, "count")...); err != nil {
			return err
		}
		if other == nil {
			continue
		}
		if err := best[1].Run(ctx, other.timed(in.told), other.timed(in.oneTold)); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\tµs/event\tevents/s of a core\tpeak memory\tload\t")
	row := func(name string, n *frame.Net) {
		each := n.Work().Seconds() / float64(in.events)
		fmt.Fprintf(w, "%s\t%.2f\t%.0f\t%d MB\t%.2f s\t\n", name, each*1e6, 1/each, n.Memory>>20, n.Load.Seconds())
	}
	row("tocsin", &best[0])
	if other != nil {
		row(other.name, &best[1])
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if other != nil {
		fmt.Fprintf(out, "tocsin is %.2fx\n", best[1].Work().Seconds()/best[0].Work().Seconds())
	}
	return nil
}

// same compares what both sides match, and prints each rule on which they differ.
func same(ctx context.Context, o options, in input, ours, theirs []string, out io.Writer) error {
	a, err := listed(ctx, ours)
	if err != nil {
		return err
	}
	b := map[string]map[int]bool{}
	if text, err := exec.CommandContext(ctx, theirs[0], theirs[1:]...).CombinedOutput(); err != nil { //nolint:gosec // the other engine
		return fmt.Errorf("%w: %.300s", err, text)
	}
	if err := readMatches(filepath.Join(o.scratch, "matches"), b); err != nil {
		return err
	}
	agreed, differ := 0, 0
	for _, rule := range slices.Sorted(maps.Keys(union(a, b))) {
		if maps.Equal(a[rule], b[rule]) {
			agreed++
			continue
		}
		if differ++; differ <= 30 {
			fmt.Fprintf(out, "  rule %s: we match %d events, the other %d; first difference on line %d\n", rule, len(a[rule]), len(b[rule]), firstDifference(a[rule], b[rule]))
		}
	}
	fmt.Fprintf(out, "of %d rules that matched, both sides match the same events for %d; they differ on %d\n", agreed+differ, agreed, differ)
	return nil
}

// listed are the lines that our rules match.
func listed(ctx context.Context, ours []string) (map[string]map[int]bool, error) {
	text, err := exec.CommandContext(ctx, ours[0], ours[1:]...).Output() //nolint:gosec // our own binary
	if err != nil {
		return nil, err
	}
	all := map[string]map[int]bool{}
	for line := range strings.Lines(string(text)) {
		n, rule, _ := strings.Cut(strings.TrimSpace(line), " ")
		number, err := strconv.Atoi(n)
		if err != nil {
			return nil, err
		}
		note(all, rule, number)
	}
	return all, nil
}

// quiet leaves out altered rules that match all the same, as those do that ask for what is not in a list: more matches would
// be measured than the rules themselves have, not what it costs to own more rules.
func quiet(ctx context.Context, in input, ours []string, out io.Writer) error {
	matched, err := listed(ctx, ours)
	if err != nil {
		return err
	}
	left := 0
	for _, rule := range slices.Sorted(maps.Keys(matched)) {
		file, ok := in.altered[rule]
		if !ok {
			continue
		}
		if err := os.Remove(file); err != nil {
			return err
		}
		if left++; left <= 30 {
			fmt.Fprintf(out, "  altered rule %s matches %d events all the same: left out\n", rule, len(matched[rule]))
		}
	}
	fmt.Fprintf(out, "%d of %d altered rules are left out\n", left, len(in.altered))
	return nil
}

func readMatches(file string, into map[string]map[int]bool) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(make([]byte, 1<<20), 32<<20)
	for s.Scan() {
		var m struct {
			Rule  string `json:"rule_id"`
			Event struct {
				Line int `json:"bench_line"`
			} `json:"event"`
		}
		if err := json.Unmarshal(s.Bytes(), &m); err != nil {
			return err
		}
		note(into, m.Rule, m.Event.Line)
	}
	return s.Err()
}

func note(into map[string]map[int]bool, rule string, line int) {
	if into[rule] == nil {
		into[rule] = map[int]bool{}
	}
	into[rule][line] = true
}

func union(a, b map[string]map[int]bool) map[string]bool {
	all := map[string]bool{}
	for r := range a {
		all[r] = true
	}
	for r := range b {
		all[r] = true
	}
	return all
}

func firstDifference(a, b map[int]bool) int {
	first := -1
	for _, pair := range [2][2]map[int]bool{{a, b}, {b, a}} {
		for line := range pair[0] {
			if !pair[1][line] && (first < 0 || line < first) {
				first = line
			}
		}
	}
	return first
}
