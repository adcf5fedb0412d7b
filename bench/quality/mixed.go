package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"
)

// shifts are how much later than the recorded one each copy of the network lives.
var shifts = []time.Duration{0, 7 * time.Hour, 13 * time.Hour, 26 * time.Hour, 29 * time.Hour, 50 * time.Hour, 62 * time.Hour, 100 * time.Hour}

// mixed plays eight copies of each network whose hosts have names and addresses, mixed in one stream without a key that tells
// them apart: the names are the same, the addresses and the times differ.
func (o *options) mixed(ctx context.Context, campaigns []campaign, out io.Writer) error {
	for _, c := range campaigns {
		stream, copies, err := o.mix8(ctx, c)
		if err != nil {
			return err
		}
		if stream == "" {
			continue
		}
		found, err := o.replay(ctx, campaign{name: c.name, file: stream}, o.folders())
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s: %d alerts of %d networks\n", c.name, len(copies), len(shifts))
		for _, f := range found.novelty() {
			of := make([]int, len(shifts))
			for _, line := range f.Lines {
				of[copies[line]]++
			}
			fmt.Fprintf(out, "  opened %s, alerts of each network %v\n", f.Opened, of)
		}
	}
	return nil
}

// mix8 writes the mixed stream and tells which copy each line is of; "" where the hosts have no addresses.
func (o *options) mix8(ctx context.Context, c campaign) (name string, copies []int, err error) {
	text, err := exec.CommandContext(ctx, "zstd", "-dcq", c.file).Output()
	if err != nil {
		return "", nil, err
	}
	type line struct {
		at   time.Time
		copy int
		text []byte
	}
	var all []line
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		for n, shift := range shifts {
			doc, at, ok := moved(lines.Bytes(), n, shift)
			if !ok {
				return "", nil, nil
			}
			all = append(all, line{at, n, doc})
		}
	}
	if err := lines.Err(); err != nil {
		return "", nil, err
	}
	slices.SortStableFunc(all, func(a, b line) int { return a.at.Compare(b.at) })
	var out bytes.Buffer
	for _, l := range all {
		copies = append(copies, l.copy)
		out.Write(append(l.text, '\n'))
	}
	name = filepath.Join(o.scratch, "mixed.ndjson")
	return name, copies, os.WriteFile(name, out.Bytes(), 0o600)
}

// moved is a record of another network at another time.
func moved(record []byte, n int, shift time.Duration) (doc []byte, at time.Time, ok bool) {
	var fields map[string]any
	if err := json.Unmarshal(record, &fields); err != nil {
		return nil, at, false
	}
	host, _ := fields["host"].(map[string]any)
	stamp, _ := fields["@timestamp"].(string)
	at, err := time.Parse(time.RFC3339Nano, stamp)
	if _, named := host["name"]; !named || err != nil {
		return nil, at, false
	}
	at = at.Add(shift)
	fields["@timestamp"] = at.Format(time.RFC3339Nano)
	host["ip"] = []string{fmt.Sprintf("fd00:%x::%x", n+1, hashOf(fmt.Sprint(host["name"]))&0xffff)}
	if event, ok := fields["event"].(map[string]any); ok {
		event["id"] = fmt.Sprintf("%v-%d", event["id"], n)
	}
	doc, err = json.Marshal(fields)
	return doc, at, err == nil
}
