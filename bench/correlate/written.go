package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"text/tabwriter"
	"time"

	"tocsin"
	"tocsin/bench/internal/frame"
	"tocsin/bench/internal/logon"
	"tocsin/bench/internal/rsigma"
	"tocsin/ingest"
	"tocsin/ingest/decode"
)

// rsigma takes no objects: it reads records of JSON from a file. Beside it tocsin does the same, as a worker of the daemon does,
// digest and id included; what a run over one record takes is subtracted from both. rsigma keeps whole seconds, and its window
// holds both its ends, so that it may find a user a little earlier or later: the output says how often both name the same second.

// writtenChild is the first argument of a process that correlates records of JSON: lane, file, first firings.
const writtenChild = "-written"

// written runs both on one lane in turn, so often as asked, and prints the best run of each.
func written(ctx context.Context, o options, lane string, out io.Writer) error {
	binary, version, err := rsigma.Find(ctx, o.peers)
	if err != nil {
		fmt.Fprintf(out, "rsigma is LEFT OUT: %v\n", err)
		return nil
	}
	at := func(name string) string { return filepath.Join(o.scratch, name) }
	if err := errors.Join(logon.WriteJSON(at("all.ndjson"), o.events, o.keys), logon.WriteJSON(at("one.ndjson"), 1, o.keys),
		os.WriteFile(at("sigma.yml"), []byte(logon.Sigma(lane)), 0o644)); err != nil { //nolint:gosec // not secret
		return err
	}
	theirs := func(mode string) func(events string) []string {
		return func(events string) []string {
			return []string{
				binary, "engine", "eval", "-q", "-r", at("sigma.yml"), "-e", "@" + at(events), "-o", at(mode), "--input-format", "json",
				"--correlation-event-mode", mode, "--max-state-entries", strconv.Itoa(10 * o.keys * 20),
			}
		}
	}
	ours := func(events string) []string { return []string{o.self, writtenChild, lane, at(events), at("ours")} }
	var cost [3]frame.Net
	for range o.rounds {
		for i, command := range []func(string) []string{ours, theirs("refs"), theirs("none")} {
			if err := cost[i].Run(ctx, command("all.ndjson"), command("one.ndjson")); err != nil {
				return err
			}
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for i, name := range []string{"tocsin, JSON to event", "rsigma " + version + ", naming the alerts", "rsigma " + version} {
		work := cost[i].Work()
		fmt.Fprintf(w, "%s\t%.0f\t%.1fx\t\n", name, float64(work)/float64(o.events), work.Seconds()/cost[0].Work().Seconds())
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return agreement(at("ours"), at("refs"), out)
}

// agreement says of how many users both fired first in the same second.
func agreement(ours, theirs string, out io.Writer) error {
	own, err := readFirings(ours)
	if err != nil {
		return err
	}
	other, err := readReferences(theirs)
	if err != nil {
		return err
	}
	same, both := 0, 0
	for user, f := range own {
		if at, ok := other[user]; ok {
			if both++; f.at/1000 == at {
				same++
			}
		}
	}
	fmt.Fprintf(out, "%d users fired, %d with rsigma, %d with both, %d of these in the same second\n", len(own), len(other), both, same)
	return nil
}

// readReferences is when each user first fired, in seconds, by what rsigma writes: the last of the alerts that it names.
func readReferences(file string) (map[string]int64, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	first := map[string]int64{}
	for d := json.NewDecoder(bufio.NewReader(f)); ; {
		var r struct {
			Group [][2]string `json:"group_key"`
			Refs  []struct {
				At int64 `json:"timestamp"`
			} `json:"event_refs"`
		}
		if err := d.Decode(&r); errors.Is(err, io.EOF) {
			return first, nil
		} else if err != nil {
			return nil, err
		}
		if len(r.Group) == 0 || len(r.Refs) == 0 {
			continue
		}
		if _, known := first[r.Group[0][1]]; !known {
			first[r.Group[0][1]] = r.Refs[len(r.Refs)-1].At
		}
	}
}

// ownWritten is the process that [writtenChild] names.
func ownWritten(args []string) error {
	if len(args) != 3 {
		return errors.New("for the command itself only")
	}
	debug.SetGCPercent(collectAt)
	s := &side{lane: args[0], mode: "whole", span: time.Minute, first: map[string]firing{}}
	if err := s.load(); err != nil {
		return err
	}
	decoder, err := decode.New(decode.Options{})
	if err != nil {
		return err
	}
	f, err := os.Open(args[1])
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for i := 0; lines.Scan(); i++ {
		a, rejection := decoder.Decode(ingest.Record{Source: "bench", Ref: tocsin.Ref{Topic: "alerts", Offset: int64(i)}, Value: lines.Bytes()})
		if rejection != nil {
			return fmt.Errorf("record %d: %s", i, rejection.Reason)
		}
		s.next(i, &a)
	}
	s.takeAll()
	return errors.Join(lines.Err(), s.save(args[2]))
}
