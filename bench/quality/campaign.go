package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A campaign is one recorded attack with its truth.
type campaign struct{ name, dir, file string }

func compareNames(a, b string) int { return strings.Compare(a, b) }

// A finding is an event or an incident as the scorer reads it.
type finding struct {
	ID     string  `json:"id"`
	Level  string  `json:"level"`
	Lines  []int64 `json:"lines"`
	Opened string  `json:"opened,omitempty"`
	novel  bool
}

type findings []finding

// novelty are the events of kind novelty, each taken for an incident.
func (f findings) novelty() findings {
	var out findings
	for _, x := range f {
		if x.novel {
			x.Level = "incident"
			out = append(out, x)
		}
	}
	return out
}

// replayed is what is read of a line that replay prints.
type replayed struct {
	Kind     string   `json:"kind"`
	ID       string   `json:"id"`
	Opened   string   `json:"opened"`
	Events   []string `json:"events"`
	Novelty  *struct{}
	Evidence struct {
		Alerts []struct {
			Line int64 `json:"line"`
		} `json:"alerts"`
	} `json:"evidence"`
}

// replay plays a campaign by the shipped rules, or by those of a folder.
func (o *options) replay(ctx context.Context, c campaign, folders []string) (findings, error) {
	args := []string{"replay", "--evidence", "all"}
	for _, f := range folders {
		args = append(args, "--rules", f)
	}
	cmd := exec.CommandContext(ctx, o.binary, append(args, c.file)...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	text, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("replay %s: %w: %s", c.name, err, problems.String())
	}
	lines := map[string][]int64{}
	var all findings
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		var r replayed
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		f := finding{ID: r.ID, Level: r.Kind, Opened: r.Opened, novel: r.Novelty != nil}
		if r.Kind == "event" {
			for _, a := range r.Evidence.Alerts {
				f.Lines = append(f.Lines, a.Line)
			}
			lines[r.ID] = f.Lines
		}
		for _, id := range r.Events {
			f.Lines = append(f.Lines, lines[id]...)
		}
		slices.Sort(f.Lines)
		f.Lines = slices.Compact(f.Lines)
		all = append(all, f)
	}
}

// judge has the scorer judge what was found.
func (o *options) judge(ctx context.Context, c campaign, found findings, by string) (row, error) {
	name := filepath.Join(o.scratch, "out.jsonl")
	f, err := os.Create(name)
	if err != nil {
		return row{}, err
	}
	enc := json.NewEncoder(f)
	events := 0
	for _, x := range found {
		if x.Level == "event" {
			events++
		}
		if x.Lines == nil {
			x.Lines = []int64{}
		}
		if err := enc.Encode(x); err != nil {
			return row{}, errors.Join(err, f.Close())
		}
	}
	if err := f.Close(); err != nil {
		return row{}, err
	}
	text, err := exec.CommandContext(ctx, "python3", o.score, "quality", c.dir, name).CombinedOutput()
	if err != nil {
		return row{}, fmt.Errorf("score %s: %w: %s", c.name, err, text)
	}
	r, err := readScore(string(text))
	r.name, r.by, r.events = c.name, by, events
	return r, err
}

// naive is what the naive correlator makes of a campaign. Its incidents open with their first alert.
func (o *options) naive(ctx context.Context, c campaign) (row, error) {
	text, err := exec.CommandContext(ctx, "python3", o.baseline, c.dir).Output()
	if err != nil {
		return row{}, fmt.Errorf("baseline %s: %w", c.name, err)
	}
	times, err := o.times(ctx, c)
	if err != nil {
		return row{}, err
	}
	var found findings
	for line := range strings.Lines(string(text)) {
		var f finding
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			return row{}, err
		}
		if len(f.Lines) > 0 && f.Lines[0] < int64(len(times)) {
			f.Opened = times[f.Lines[0]]
		}
		found = append(found, f)
	}
	return o.judge(ctx, c, found, "baseline")
}

// times are the times of the alerts of a campaign, by line.
func (o *options) times(ctx context.Context, c campaign) ([]string, error) {
	text, err := exec.CommandContext(ctx, o.binary, "decode", c.file).Output()
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", c.name, err)
	}
	var all []string
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var a struct {
			At time.Time `json:"@timestamp"`
		}
		if err := json.Unmarshal(lines.Bytes(), &a); err != nil {
			return nil, err
		}
		all = append(all, a.At.Format(time.RFC3339Nano))
	}
	return all, lines.Err()
}

var scored = regexp.MustCompile(`alerts (\d+) -> incidents (\d+); strict true (\d+)/\d+; opened before the attack (\d+); delay (\S+) s
stages (\d+/\d+), of reachable (\d+/\d+); best incident (\d+/\d+), of reachable (\d+/\d+); missing (.*)
noise in true incidents: (\d+) of \d+ alerts \((\S+) %\); (\d+) of (\d+) distinct`)

func readScore(text string) (row, error) {
	m := scored.FindStringSubmatch(text)
	if m == nil {
		return row{}, fmt.Errorf("the scorer says something else: %s", text)
	}
	return row{
		alerts: m[1], incidents: m[2], strict: m[3], early: m[4], delay: m[5], stages: m[6], reachable: m[7], best: m[8], missing: m[10],
		noise: m[12] + " %", noisePairs: m[13] + "/" + m[14],
	}, nil
}
