package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"

	"tocsin"
	"tocsin/bench/internal/frame"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/cputime"
	"tocsin/rules"
)

// ownChild is the first argument of a process that is our side: rules, events, profile. It prints line and rule of each match
// where the fourth is "list", else the time that it took behind some counts.
const ownChild = "-own"

func own(args []string, out io.Writer) error {
	if len(args) != 4 {
		return errors.New("for the command itself only")
	}
	set, err := rules.Load([]rules.Source{{Name: "bench", FS: os.DirFS(args[0])}}, rules.Options{})
	if set == nil {
		return err
	}
	decoder, err := decode.New(decode.Options{Bare: true})
	if err != nil {
		return err
	}
	file, err := os.Open(args[1])
	if err != nil {
		return err
	}
	defer file.Close()
	if args[2] != "" {
		profile, err := os.Create(args[2])
		if err != nil {
			return err
		}
		defer profile.Close()
		if err := pprof.StartCPUProfile(profile); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	begun := cputime.Process()
	if err := match(set, decoder, file, args[3] == "list", out); err != nil || args[3] == "list" {
		return err
	}
	_, err = fmt.Fprintf(out, frame.CPULine, cputime.Process()-begun)
	return err
}

// match decodes and matches line by line, as a worker of the daemon does.
func match(set *rules.Set, decoder *decode.Decoder, in io.Reader, list bool, out io.Writer) error {
	w := bufio.NewWriter(out)
	matcher := set.Matcher()
	var buffer decode.Buffer
	lines, matches, rejected := 0, 0, 0
	each := func(a *tocsin.Alert) {
		for _, m := range matcher.Match(a) {
			matches++
			if list {
				fmt.Fprintf(w, "%d %s\n", lines, m.Rule)
			}
		}
	}
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 1<<20), 16<<20)
	for ; s.Scan(); lines++ {
		a, rejection := decoder.DecodeInto(&buffer, ingest.Record{Source: "bench", Ref: tocsin.Ref{File: "bench", Line: int64(lines)}, Value: s.Bytes()})
		if rejection != nil {
			rejected++
			continue
		}
		each(a)
	}
	if !list {
		fmt.Fprintf(w, "rules %d\nevents %d\nmatches %d\nrejected %d\n", len(set.Rules()), lines, matches, rejected)
	}
	if err := s.Err(); err != nil {
		return err
	}
	return w.Flush()
}
