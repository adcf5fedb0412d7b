package main

import (
	"encoding/json"
	"fmt"
	"time"

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

// decode is the ceiling of reading: each JSON line becomes a map, every other line is left as it is.
func decode(lines [][]byte) error {
	for _, line := range lines {
		if len(line) == 0 || line[0] != '{' {
			continue
		}
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			return fmt.Errorf("a line of the scenario: %w", err)
		}
	}
	return nil
}
