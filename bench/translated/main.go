// Command translated runs the test cases of other detection engines through the stages of this one, with the rules that
// say the same in this language, and prints for each case what was raised:
//
//	go run ./bench/translated -cases crowdsec_scenarios.jsonl > out.jsonl
//	go run ./bench/translated -mechanical -cases others.jsonl > out.jsonl
//	go run ./bench/translated -cases xp_rules.jsonl -rules internal/replay/testdata/translated/xp > out.jsonl
//
// A case is a line of JSON: its id, raw records in "lines" (texts) or "events" (objects), and the names of the scenarios
// that it installs as the keys of "scenarios", or of its one rule in "rule". The rule of a scenario is the file of its
// name in the folder of rules, with a dot for each slash. A line of the output has the case's id and its alerts: the
// scenario, and one line for each value of the event's group and entities as the source.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

// defaultRules is where the translations lie, from the top of the repository.
const defaultRules = "internal/replay/testdata/translated/crowdsec"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "translated:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

// run does what the flags say. Cases without a rule are named on notes and have no alerts.
func run(ctx context.Context, args []string, out, notes io.Writer) error {
	flags := flag.NewFlagSet("translated", flag.ContinueOnError)
	cases := flags.String("cases", "", "`file` of cases, one JSON object a line")
	rules := flags.String("rules", defaultRules, "`folder` of the translations")
	byWords := flags.Bool("mechanical", false, "make a rule of a scenario that has none, by the words of its definition")
	received := flags.String("received", time.Now().UTC().Format(time.RFC3339), "`time` that gives records without a year their year")
	if err := flags.Parse(args); err != nil {
		return err
	}
	at, err := time.Parse(time.RFC3339, *received)
	if err != nil {
		return fmt.Errorf("-received %q: %w", *received, err)
	}
	if *cases == "" {
		return errors.New("-cases names no file")
	}
	all, err := readCases(*cases)
	if err != nil {
		return err
	}
	p, err := newPlayer(*rules, at)
	if err != nil {
		return err
	}
	p.mechanical = *byWords
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	for _, c := range all {
		r, err := p.play(ctx, c)
		if err != nil {
			return fmt.Errorf("case %s: %w", c.ID, err)
		}
		for _, name := range r.untranslated {
			fmt.Fprintf(notes, "%s: no rule says %s\n", c.ID, name)
		}
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
