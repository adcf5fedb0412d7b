package main

import (
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/demo"
)

// An input is what every lane and every ceiling gets: the same lines.
type input struct {
	lines [][]byte
	bytes int64
	last  time.Time
	what  string
}

func (in input) megabytes() float64 { return float64(in.bytes) / 1e6 }

// scenarios writes n records: the demonstration's scenario again and again, each with a seed and a time of its own, the
// last one ending an hour ago.
func scenarios(n int, attacked bool) input {
	const each = 4000 // about, with the attack
	in := input{what: "the demonstration's scenario repeated with shifted times"}
	if !attacked {
		in.what += ", without its attack"
	}
	end := time.Now().Add(-time.Hour)
	in.last = end
	for before := n / (each / 2); before >= 0 && len(in.lines) < n; before-- {
		for _, r := range demo.Scenario(uint64(before)+1, end.Add(-time.Duration(before)*demo.Span)) { //nolint:gosec // not negative
			if len(in.lines) == n || !attacked && r.Stage != "" {
				continue
			}
			in.lines = append(in.lines, r.Line)
			in.bytes += int64(len(r.Line))
		}
	}
	return in
}

// A reader is the ceiling of reading: the daemon's own decoder, which is the fastest at hand, without digests and ids
// and into one piece of memory; nothing could be stored of what it makes. It is for one goroutine.
type reader struct {
	decoder *decode.Decoder
	buffer  decode.Buffer
	read    int64
}

func newReader() (*reader, error) {
	d, err := decode.New(decode.Options{Bare: true})
	return &reader{decoder: d}, err
}

func (r *reader) take(line []byte) {
	r.decoder.DecodeInto(&r.buffer, ingest.Record{Source: "bench", Ref: tocsin.Ref{File: "bench", Line: r.read}, Value: line})
	r.read++
}
