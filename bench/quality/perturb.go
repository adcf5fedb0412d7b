package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A perturbation makes another stream of one: what is left is another campaign, of which the figures of the shipped rules
// know nothing. It is nil where the campaign is not fit for it.
type perturbation struct {
	name  string
	wants int // incidents where attacks are left
	make  func(s stream, rng *rand.Rand) []record
}

// perturbed are the perturbations. Those that draw are drawn anew for each.
func perturbed() []perturbation {
	all := []perturbation{
		{"as recorded", 1, func(s stream, _ *rand.Rand) []record { return s.all }},
		{"five minutes later", 1, moveAll(5 * time.Minute)},
		{"a hundred days, 3 h 17 min later", 1, moveAll(100*24*time.Hour + 3*time.Hour + 17*time.Minute)},
	}
	for _, n := range []string{"first", "second", "third"} {
		all = append(all, perturbation{"half of the alerts, " + n + " draw", 1, thinned(2)})
	}
	all = append(all, perturbation{"a fifth of the alerts", 1, thinned(5)}, perturbation{"a tenth of the alerts", 1, thinned(10)})
	for _, n := range []string{"first", "second", "third"} {
		all = append(all, perturbation{"half of the hosts, " + n + " draw", 1, some(record.host, 1, 2)})
	}
	all = append(all, perturbation{"a third of the hosts", 1, some(record.host, 1, 3)})
	for _, n := range []string{"first", "second", "third"} {
		all = append(all, perturbation{"four fifths of the rules, " + n + " draw", 1, some(record.rule, 4, 5)})
	}
	for _, n := range []string{"first", "second"} {
		all = append(all, perturbation{"three fifths of the rules, " + n + " draw", 1, some(record.rule, 3, 5)})
	}
	for _, d := range []time.Duration{4 * time.Minute, 8 * time.Minute, 15 * time.Minute, time.Hour} {
		all = append(all, perturbation{fmt.Sprintf("without its first %g min", d.Minutes()), 1, without(d)})
	}
	for _, h := range []int{6, 12, 24, 48} {
		all = append(all, perturbation{fmt.Sprintf("%d h of history", h), 1, history(time.Duration(h) * time.Hour)})
	}
	return append(all,
		perturbation{"the first half of its time", 1, halfOf(true)},
		perturbation{"the second half of its time", 1, halfOf(false)},
		perturbation{"each alert twice", 1, doubled},
		perturbation{"hosts renamed", 1, each(func(r record) record { return r.elsewhere("there") })},
		perturbation{"rules renamed, their words kept", 1, each(func(r record) record { return r.named(func(s string) string { return "Sensor 7: " + s + " (rev 3)" }) })},
		perturbation{"rules renamed, without words", 1, each(func(r record) record {
			return r.named(func(s string) string { return "R-" + strconv.Itoa(int(hashOf(s))) })
		})},
		perturbation{"all of minor severity", 1, each(func(r record) record { return r.grave(3) })},
		perturbation{"all of middling severity", 1, each(func(r record) record { return r.grave(2) })},
		perturbation{"all grave", 1, each(func(r record) record { return r.grave(1) })},
		perturbation{"amid as many other hosts' ordinary alerts", 1, amid},
		perturbation{"two networks, the other 3 h later", 2, twoNetworks(3 * time.Hour)},
		perturbation{"two networks, the other 26 h later", 2, twoNetworks(26 * time.Hour)},
	)
}

func each(f func(record) record) func(stream, *rand.Rand) []record {
	return func(s stream, _ *rand.Rand) []record {
		var out []record
		for _, r := range s.all {
			out = append(out, f(r))
		}
		return out
	}
}

func moveAll(by time.Duration) func(stream, *rand.Rand) []record {
	return each(func(r record) record { return r.later(by) })
}

// kept are the records that a condition holds for.
func kept(s stream, keep func(record) bool) []record {
	return slices.DeleteFunc(slices.Clone(s.all), func(r record) bool { return !keep(r) })
}

func thinned(n int) func(stream, *rand.Rand) []record {
	return func(s stream, rng *rand.Rand) []record { return kept(s, func(record) bool { return rng.IntN(n) == 0 }) }
}

// some keeps a share of the hosts, or of the rules; nil where there are too few.
func some(of func(record) string, part, whole int) func(stream, *rand.Rand) []record {
	return func(s stream, rng *rand.Rand) []record {
		var names []string
		for _, r := range s.all {
			names = append(names, of(r))
		}
		slices.Sort(names)
		if names = slices.Compact(names); len(names) < 2*whole {
			return nil
		}
		rng.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		in := map[string]bool{}
		for _, n := range names[:len(names)*part/whole] {
			in[n] = true
		}
		return kept(s, func(r record) bool { return in[of(r)] })
	}
}

// span is when a stream begins, when its attack does, and when it ends.
func (s stream) span() (first, attack, last time.Time) {
	for _, r := range s.all {
		if attack.IsZero() && s.attack(r) {
			attack = r.at
		}
	}
	return s.all[0].at, attack, s.all[len(s.all)-1].at
}

// learned reports whether there is history before the attack.
func (s stream) learned() bool {
	first, attack, _ := s.span()
	return attack.Sub(first) >= time.Hour
}

func without(d time.Duration) func(stream, *rand.Rand) []record {
	return func(s stream, _ *rand.Rand) []record {
		first, _, _ := s.span()
		if s.learned() || len(s.all) < 1000 {
			return nil
		}
		return kept(s, func(r record) bool { return r.at.Sub(first) >= d })
	}
}

func history(d time.Duration) func(stream, *rand.Rand) []record {
	return func(s stream, _ *rand.Rand) []record {
		_, attack, _ := s.span()
		if !s.learned() {
			return nil
		}
		return kept(s, func(r record) bool { return attack.Sub(r.at) <= d })
	}
}

func halfOf(early bool) func(stream, *rand.Rand) []record {
	return func(s stream, _ *rand.Rand) []record {
		first, _, last := s.span()
		return kept(s, func(r record) bool { return (r.at.Sub(first) < last.Sub(first)/2) == early })
	}
}

// doubled has each alert twice, as if two sensors saw it.
func doubled(s stream, _ *rand.Rand) []record {
	var out []record
	for _, r := range s.all {
		out = append(out, r, r.again("2").later(700*time.Millisecond))
	}
	return ordered(out)
}

func ordered(all []record) []record {
	slices.SortStableFunc(all, func(a, b record) int { return a.at.Compare(b.at) })
	return all
}

// amid puts the campaign among the ordinary alerts of as many other hosts.
func amid(s stream, _ *rand.Rand) []record {
	if !s.learned() {
		return nil
	}
	out := slices.Clone(s.all)
	for _, r := range s.all {
		if !s.attack(r) && slices.Contains([]string{"false_positive", "", "-"}, r.truth[0]) {
			r = r.elsewhere("other").later(7 * time.Hour)
			r.truth = s.quiet()
			out = append(out, r)
		}
	}
	return ordered(out)
}

// twoNetworks has the campaign twice: the same attack in another network, later.
func twoNetworks(by time.Duration) func(stream, *rand.Rand) []record {
	return func(s stream, _ *rand.Rand) []record {
		if len(s.all) < 1000 {
			return nil
		}
		out := slices.Clone(s.all)
		for _, r := range s.all {
			out = append(out, r.elsewhere("other").later(by))
		}
		return ordered(out)
	}
}

// A trial is what became of one perturbed stream.
type trial struct {
	row
	wants, got int
	judged     bool
	after      float64 // seconds
}

// perturb plays every perturbation of every campaign, and tells how often there was the one incident that there should be.
func (o *options) perturb(ctx context.Context, campaigns []campaign, out io.Writer) error {
	for _, c := range campaigns {
		s, err := read(ctx, c)
		if err != nil {
			return err
		}
		var all []trial
		for i, p := range perturbed() {
			records := p.make(s, rand.New(rand.NewPCG(o.seed, uint64(i)))) //nolint:gosec // a draw that can be repeated
			if len(records) == 0 || !strings.Contains(p.name, o.only) {
				continue
			}
			t, err := o.try(ctx, stream{s.head, s.file, records}, p, i)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", c.name, p.name, err)
			}
			all = append(all, t)
		}
		if err := printTrials(out, c.name, all); err != nil {
			return err
		}
	}
	return nil
}

func (o *options) try(ctx context.Context, s stream, p perturbation, nth int) (trial, error) {
	t := trial{wants: p.wants, row: row{name: p.name, alerts: strconv.Itoa(len(s.all))}}
	if s.attacks() == 0 {
		t.wants = 0
	}
	defer os.RemoveAll(filepath.Join(o.scratch, strconv.Itoa(nth)))
	c, err := s.write(ctx, filepath.Join(o.scratch, strconv.Itoa(nth)))
	if err != nil {
		return t, err
	}
	found, err := o.replay(ctx, c, o.folders())
	if err != nil {
		return t, err
	}
	for _, f := range found {
		if f.Level == "incident" {
			t.got++
		}
	}
	if t.judged = t.wants > 0; !t.judged {
		return t, nil
	}
	r, err := o.judge(ctx, c, found, "")
	t.row = r
	t.name = p.name
	t.after, _ = strconv.ParseFloat(r.delay, 64)
	return t, err
}

// printTrials prints a table in Markdown, and below it what it adds up to.
func printTrials(out io.Writer, name string, all []trial) error {
	fmt.Fprintf(out, "| %s | alerts | wanted | incidents | strictly true | before the attack | delay | stages | reachable | best incident | noise, alerts | noise, pairs |\n", name)
	fmt.Fprintln(out, "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
	var right, none, more, early, quiet int
	var delays []float64
	for _, t := range all {
		switch {
		case t.wants == 0:
			quiet++
			fmt.Fprintf(out, "| %s | %s | 0 | %d | | | | | | | | |\n", t.name, t.alerts, t.got)
			continue
		case t.got == t.wants:
			right++
		case t.got == 0:
			none++
		default:
			more++
		}
		if t.early != "0" {
			early++
		}
		delay := "-"
		if t.strict != "0" {
			delays = append(delays, t.after)
			delay = t.delay + " s"
		}
		fmt.Fprintf(out, "| %s | %s | %d | %d | %s | %s | %s | %s | %s | %s | %s | %s |\n",
			t.name, t.alerts, t.wants, t.got, t.strict, t.early, delay, t.stages, t.reachable, t.best, t.noise, t.noisePairs)
	}
	slices.Sort(delays)
	middle := "-"
	if n := len(delays); n > 0 {
		middle = fmt.Sprintf("%g s, at most %g s", delays[n/2], delays[n-1])
	}
	_, err := fmt.Fprintf(out, "\n%s: of %d streams with an attack %d gave as many incidents as wanted, %d another number, %d none; %d opened before the attack; delay %s in the middle.\n\n",
		cmp.Or(name, "?"), len(all)-quiet, right, more, none, early, middle)
	return err
}
