package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tocsin/classify"
	"tocsin/ingest/decode"
	"tocsin/internal/replay"
	"tocsin/rules"
)

// A testCase is one case of another engine's tests.
type testCase struct {
	ID        string                     `json:"id"`
	Rule      string                     `json:"rule"`
	Scenarios map[string]json.RawMessage `json:"scenarios"`
	Lines     []string                   `json:"lines"`
	Events    []json.RawMessage          `json:"events"`
	Alerts    []expected                 `json:"expected_alerts"`
	Expected  []fired                    `json:"expected"`
}

// An expected is an alert that a case of scenarios must raise, by one of its sources.
type expected struct {
	Scenario string   `json:"scenario"`
	Sources  []string `json:"sources"`
}

// A fired is how often a rule must fire.
type fired struct {
	Count int `json:"count"`
	Event struct {
		Name string `json:"correlation_name"`
	} `json:"event"`
}

// names are the scenarios that the case installs.
func (c *testCase) names() []string {
	if c.Rule != "" {
		return []string{c.Rule}
	}
	return slices.Sorted(maps.Keys(c.Scenarios))
}

// records are the case's raw records, one a line.
func (c *testCase) records() ([]byte, error) {
	var b bytes.Buffer
	for _, line := range c.Lines {
		b.WriteString(strings.ReplaceAll(line, "\n", " ") + "\n")
	}
	for _, e := range c.Events {
		if err := json.Compact(&b, e); err != nil {
			return nil, err
		}
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

func readCases(file string) ([]testCase, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []testCase
	dec := json.NewDecoder(bufio.NewReader(f))
	for {
		var c testCase
		switch err := dec.Decode(&c); err {
		case nil:
			all = append(all, c)
		case io.EOF:
			return all, nil
		default:
			return nil, fmt.Errorf("%s, case %d: %w", file, len(all)+1, err)
		}
	}
}

// A result is what became of a case.
type result struct {
	ID           string  `json:"id"`
	Alerts       []alert `json:"alerts"`
	untranslated []string
}

// An alert is one value of an event's group or entities.
type alert struct {
	Rule   string    `json:"rule"`
	Source string    `json:"source"`
	Event  string    `json:"event"`
	Count  int64     `json:"count"`
	First  time.Time `json:"first"`
	Last   time.Time `json:"last"`
}

// A player runs cases with the rules of a folder.
type player struct {
	folder   string
	decoder  *decode.Decoder
	scales   *classify.Scales
	assets   *classify.Assets
	received time.Time
	// mechanical makes rules of scenarios that have none, by their words.
	mechanical bool
}

func newPlayer(folder string, received time.Time) (*player, error) {
	d, err := decode.New(decode.Options{})
	if err != nil {
		return nil, err
	}
	return &player{folder: folder, decoder: d, scales: classify.Default(), assets: &classify.Assets{}, received: received}, nil
}

// set loads the rules of the named scenarios. An id's name is the scenario that its rule says.
func (p *player) set(c *testCase) (set *rules.Set, ids map[string]string, untranslated []string, err error) {
	ids = map[string]string{}
	var files []rules.File
	for _, name := range c.names() {
		file := strings.ReplaceAll(name, "/", ".") + ".yml"
		data, err := os.ReadFile(filepath.Join(p.folder, filepath.Base(file)))
		if os.IsNotExist(err) && p.mechanical && c.Scenarios[name] != nil {
			if data, _, err = mechanical(name, c.Scenarios[name]); err != nil {
				untranslated = append(untranslated, fmt.Sprintf("%s (%v)", name, err))
				continue
			}
		}
		if os.IsNotExist(err) {
			untranslated = append(untranslated, name)
			continue
		}
		if err != nil {
			return nil, nil, nil, err
		}
		one, err := rules.LoadFiles([]rules.File{{Name: file, Path: file, Data: data}}, rules.Options{})
		if err != nil && p.mechanical {
			untranslated = append(untranslated, fmt.Sprintf("%s (%v)", name, err))
			continue
		}
		if err != nil {
			return nil, nil, nil, err
		}
		for _, r := range one.Rules() {
			ids[r.ID] = name
		}
		files = append(files, rules.File{Name: file, Path: file, Data: data})
	}
	set, err = rules.LoadFiles(files, rules.Options{})
	return set, ids, untranslated, err
}

// ages is how late records may come: the cases hold what was collected over years, in no order.
const ages = 10 * 365 * 24 * time.Hour

// play runs one case.
func (p *player) play(ctx context.Context, c testCase) (result, error) {
	r := result{ID: c.ID, Alerts: []alert{}}
	set, ids, missing, err := p.set(&c)
	if r.untranslated = missing; err != nil || len(ids) == 0 {
		return r, err
	}
	records, err := c.records()
	if err != nil {
		return r, err
	}
	var out bytes.Buffer
	o := replay.Options{
		Decoder: p.decoder, Format: "auto", Received: p.received, Stdin: bytes.NewReader(records), Set: set,
		Scales: p.scales, Assets: p.assets, Disorder: ages, Lateness: ages, MaxRecord: 4 << 20,
	}
	if _, err := replay.Run(ctx, o, []string{"-"}, &out); err != nil {
		return r, err
	}
	for line := range bytes.Lines(out.Bytes()) {
		if err := r.add(line, ids); err != nil {
			return r, err
		}
	}
	return r, nil
}

// add takes one object of a replay in.
func (r *result) add(line []byte, ids map[string]string) error {
	var ev struct {
		Kind     string
		ID       string
		Activity string
		Rule     struct{ ID string }
		Group    map[string]any
		Entities []struct{ Value string }
		Count    int64
		First    time.Time
		Last     time.Time
	}
	if err := json.Unmarshal(line, &ev); err != nil {
		return err
	}
	if ev.Kind != "event" || ev.Activity == "merged" || ev.Activity == "withdrawn" {
		return nil
	}
	var sources []string
	for _, e := range ev.Entities {
		sources = append(sources, e.Value)
	}
	for _, field := range slices.Sorted(maps.Keys(ev.Group)) {
		if v := ev.Group[field]; v != nil {
			sources = append(sources, fmt.Sprint(v))
		}
	}
	slices.Sort(sources)
	for _, s := range slices.Compact(sources) {
		r.Alerts = append(r.Alerts, alert{Rule: ids[ev.Rule.ID], Source: s, Event: ev.ID, Count: ev.Count, First: ev.First, Last: ev.Last})
	}
	return nil
}
