package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// A madeStream is made by hand, to show what a feature is for that the campaigns do not need.
type madeStream struct {
	name  string
	wants int // incidents
	make  func(w *quietNetwork)
}

// quietNetwork writes alerts: three days in which sixteen hosts say the same every ten minutes, and then what a stream adds.
type quietNetwork struct {
	lines []madeAlert
	busy  time.Time // when the quiet days are over
}

type madeAlert struct {
	at         time.Time
	rule, host string
}

const quietDays = 3

func newQuietNetwork() *quietNetwork {
	begin := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	w := &quietNetwork{busy: begin.Add(quietDays * 24 * time.Hour)}
	for at := begin; at.Before(w.busy.Add(36 * time.Hour)); at = at.Add(10 * time.Minute) {
		for host := range 16 {
			w.lines = append(w.lines, madeAlert{at.Add(time.Duration(host) * time.Second), "Update of the catalogue", "web" + strconv.Itoa(host)})
		}
	}
	return w
}

// fire has rules of a kind fire on hosts once each, evenly over a time, all hosts of one rule before the next rule.
func (w *quietNetwork) fire(after, over time.Duration, kind string, rules, hosts int) {
	for i := range rules * hosts {
		at := w.busy.Add(after + over*time.Duration(i)/time.Duration(rules*hosts) + 30*time.Second)
		w.lines = append(w.lines, madeAlert{at, fmt.Sprintf("%s %d", kind, i/hosts), "web" + strconv.Itoa(i%hosts)})
	}
}

// madeStreams are in the order of the table. A tactic's word is in no name: all of it is rarity.
var madeStreams = []madeStream{
	{"five new rules on four hosts within five minutes", 1, func(w *quietNetwork) { w.fire(0, 5*time.Minute, "finding", 5, 4) }},
	{"the same, and five other rules there six hours later", 1, func(w *quietNetwork) {
		w.fire(0, 5*time.Minute, "finding", 5, 4)
		w.fire(6*time.Hour, 5*time.Minute, "later finding", 5, 4)
	}},
	{"the same, and two other rules there six hours later", 1, func(w *quietNetwork) {
		w.fire(0, 5*time.Minute, "finding", 5, 4)
		w.fire(6*time.Hour, 5*time.Minute, "later finding", 2, 4)
	}},
	{"a patch day: five new rules on five hosts, over an hour", 0, func(w *quietNetwork) { w.fire(0, time.Hour, "change", 5, 5) }},
	{"the same within ten minutes", 0, func(w *quietNetwork) { w.fire(0, 10*time.Minute, "change", 5, 5) }},
	{"a sensor's new set: two new rules on sixteen hosts within ten minutes", 0, func(w *quietNetwork) { w.fire(0, 10*time.Minute, "signature", 2, 16) }},
	{"a slow attacker: three new rules an hour on one host, twelve hours", 1, func(w *quietNetwork) { w.fire(0, 12*time.Hour, "finding", 36, 1) }},
	{"a slow attacker: ten new rules an hour on one host, twelve hours", 1, func(w *quietNetwork) { w.fire(0, 12*time.Hour, "finding", 120, 1) }},
	{"a slow attacker: twenty new rules an hour on one host, twelve hours", 1, func(w *quietNetwork) { w.fire(0, 12*time.Hour, "finding", 240, 1) }},
}

// made prints how many incidents novelty alone, and without a feature that the campaigns do not need, makes of each stream.
func (o *options) made(ctx context.Context, out io.Writer) error {
	var chosen []variant
	header, rule := "| stream | alerts | wanted |", "|---|---:|---:|"
	for _, v := range variants {
		if v.name == "as shipped" || v.name == "no chain" || v.name == "no decay" || v.name == "fewer pairs and rules" {
			chosen, header, rule = append(chosen, v), header+" "+v.name+" |", rule+"---:|"
		}
	}
	fmt.Fprintf(out, "%s\n%s\n", header, rule)
	for _, s := range madeStreams {
		w := newQuietNetwork()
		s.make(w)
		name := filepath.Join(o.scratch, "made.ndjson")
		if err := w.write(name); err != nil {
			return err
		}
		fmt.Fprintf(out, "| %s | %d | %d |", s.name, len(w.lines), s.wants)
		for _, v := range chosen {
			folder, err := o.write(v)
			if err != nil {
				return err
			}
			found, err := o.replay(ctx, campaign{name: s.name, file: name}, []string{folder})
			if err != nil {
				return err
			}
			fmt.Fprintf(out, " %s |", found.incidents())
		}
		fmt.Fprintln(out)
	}
	return nil
}

// incidents tells how many there are, and how many alerts they hold.
func (f findings) incidents() string {
	n, alerts := 0, 0
	for _, one := range f {
		if one.Level == "incident" {
			n, alerts = n+1, alerts+len(one.Lines)
		}
	}
	if n == 0 {
		return "0"
	}
	return fmt.Sprintf("%d of %d alerts", n, alerts)
}

// write writes the alerts in the order of their times.
func (w *quietNetwork) write(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	out := bufio.NewWriter(f)
	slices.SortStableFunc(w.lines, func(a, b madeAlert) int { return a.at.Compare(b.at) })
	for _, a := range w.lines {
		fmt.Fprintf(out, `{"@timestamp":%q,"event":{"kind":"alert"},"rule":{"name":%q},"host":{"name":%q}}`+"\n", a.at.Format(time.RFC3339Nano), a.rule, a.host)
	}
	return out.Flush()
}
