package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A record is one alert of a campaign with its truth.
type record struct {
	at     time.Time
	fields map[string]any
	truth  []string // the columns of its label, without the line
}

// A stream is a campaign in memory: its alerts, what its labels' columns are called, and how its file is.
type stream struct {
	head, file string
	all        []record
}

// read reads a campaign with its labels.
func read(ctx context.Context, c campaign) (stream, error) {
	s := stream{file: filepath.Base(c.file)}
	labels, err := unpacked(ctx, filepath.Join(c.dir, "labels.csv.zst"))
	if err != nil {
		return s, err
	}
	truths := strings.Split(strings.TrimSpace(string(labels)), "\n")
	s.head = truths[0]
	text, err := unpacked(ctx, c.file)
	if err != nil {
		return s, err
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var r record
		if err := json.Unmarshal(lines.Bytes(), &r.fields); err != nil {
			return s, fmt.Errorf("read %s: %w", c.name, err)
		}
		if r.at, err = when(r.fields); err != nil {
			return s, fmt.Errorf("read %s: %w", c.name, err)
		}
		if len(s.all)+1 >= len(truths) {
			return s, fmt.Errorf("read %s: fewer labels than alerts", c.name)
		}
		r.truth = strings.Split(truths[len(s.all)+1], ",")[1:]
		s.all = append(s.all, r)
	}
	return s, lines.Err()
}

func unpacked(ctx context.Context, name string) ([]byte, error) {
	text, err := exec.CommandContext(ctx, "zstd", "-dcq", name).Output()
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", name, err)
	}
	return text, nil
}

// write makes a folder that holds the stream as a campaign.
func (s stream) write(ctx context.Context, dir string) (campaign, error) {
	c := campaign{name: filepath.Base(dir), dir: dir, file: filepath.Join(dir, s.file)}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, err
	}
	var alerts, labels bytes.Buffer
	labels.WriteString(s.head + "\n")
	enc := json.NewEncoder(&alerts)
	for i, r := range s.all {
		if err := enc.Encode(r.fields); err != nil {
			return c, err
		}
		fmt.Fprintf(&labels, "%d,%s\n", i, strings.Join(r.truth, ","))
	}
	return c, errors.Join(packed(ctx, c.file, &alerts), packed(ctx, filepath.Join(dir, "labels.csv.zst"), &labels))
}

func packed(ctx context.Context, name string, text *bytes.Buffer) error {
	cmd := exec.CommandContext(ctx, "zstd", "-qf", "-1", "-o", name)
	cmd.Stdin = text
	if problems, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("pack %s: %w: %s", name, err, problems)
	}
	return nil
}

// attacks are the alerts that the scorer takes for a start of an attack: labelled themselves, not by their time.
func (s stream) attacks() (n int) {
	for _, r := range s.all {
		if s.attack(r) {
			n++
		}
	}
	return n
}

func (s stream) attack(r record) bool {
	if len(r.truth) > 1 && strings.Contains(s.head, "event_label") {
		return !slices.Contains([]string{"-", "dnsteal", "false_positive"}, r.truth[1])
	}
	return !slices.Contains([]string{"false_positive", "", "-", "NON_MALICIOUS"}, r.truth[0])
}

// quiet is the label of an alert that is of no attack.
func (s stream) quiet() []string {
	out := make([]string, strings.Count(s.head, ","))
	for i := range out {
		out[i] = "-"
	}
	out[0] = "false_positive"
	return out
}

// timed are the ways in which records write their times.
var timed = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"}

func when(fields map[string]any) (time.Time, error) {
	for _, name := range []string{"@timestamp", "timestamp"} {
		text, _ := fields[name].(string)
		for _, layout := range timed {
			if at, err := time.Parse(layout, text); err == nil {
				return at, nil
			}
		}
	}
	return time.Time{}, errors.New("a record without a time")
}

// later is the record at another time.
func (r record) later(by time.Duration) record {
	r = r.copied()
	r.at = r.at.Add(by)
	for _, name := range []string{"@timestamp", "timestamp"} {
		if _, ok := r.fields[name]; ok {
			r.fields[name] = r.at.UTC().Format("2006-01-02T15:04:05.000000Z07:00")
		}
	}
	return r
}

// copied is the record with fields of its own.
func (r record) copied() record {
	r.fields, _ = copyOf(r.fields).(map[string]any)
	return r
}

func copyOf(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, x := range v {
			out[k] = copyOf(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = copyOf(x)
		}
		return out
	}
	return v
}

// part is a mapping below a field; nil, which reads as empty, where there is none.
func (r record) part(name string) map[string]any {
	m, _ := r.fields[name].(map[string]any)
	return m
}

// host is what tells the record's host; rule is what fired.
func (r record) host() string {
	for _, m := range []map[string]any{r.part("host"), r.part("agent")} {
		if s, _ := m["name"].(string); s != "" {
			return s
		}
	}
	s, _ := r.fields["dest_ip"].(string)
	return s
}

func (r record) rule() string {
	for _, s := range []any{r.part("rule")["name"], r.part("rule")["description"], r.part("alert")["signature"]} {
		if s, _ := s.(string); s != "" {
			return s
		}
	}
	return ""
}

// named is the record with another name of its rule.
func (r record) named(by func(string) string) record {
	r = r.copied()
	for _, at := range []struct{ part, name string }{{"rule", "name"}, {"rule", "description"}, {"alert", "signature"}} {
		if s, ok := r.part(at.part)[at.name].(string); ok {
			r.part(at.part)[at.name] = by(s)
		}
	}
	return r
}

// elsewhere is the record of another network: other names of hosts, other addresses, another id.
func (r record) elsewhere(network string) record {
	r = r.copied()
	for _, part := range []string{"host", "agent"} {
		if s, ok := r.part(part)["name"].(string); ok {
			r.part(part)["name"] = network + "-" + s
		}
	}
	for _, at := range []struct {
		in   map[string]any
		name string
	}{{r.fields, "src_ip"}, {r.fields, "dest_ip"}, {r.part("data"), "srcip"}, {r.part("data"), "dstip"}, {r.part("host"), "ip"}} {
		switch v := at.in[at.name].(type) {
		case string:
			at.in[at.name] = moveAddress(network, v)
		case []any:
			for i, x := range v {
				v[i] = moveAddress(network, fmt.Sprint(x))
			}
		}
	}
	return r.again(network)
}

// again is the record as another one: its id, where it has one, is another.
func (r record) again(mark string) record {
	r = r.copied()
	if id, ok := r.part("event")["id"]; ok {
		r.part("event")["id"] = fmt.Sprint(id, "-", mark)
	}
	if id, ok := r.fields["id"]; ok {
		r.fields["id"] = fmt.Sprint(id, ".", mark)
	}
	return r
}

// moveAddress is an address of another network of ten million, one for each.
func moveAddress(network, address string) string {
	host, port, _ := strings.Cut(address, ":")
	at, err := netip.ParseAddr(host)
	if err != nil || !at.Is4() {
		return fmt.Sprintf("fd00:%x::%x", hashOf(network)&0xffff, hashOf(address)&0xffff)
	}
	b := at.As4()
	b[0], b[1] = 10, b[1]^byte(hashOf(network))
	moved := netip.AddrFrom4(b).String()
	if port != "" {
		moved += ":" + port
	}
	return moved
}

func hashOf(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

// grave is the record with what its source says of severity set: 1 is the gravest, 3 the least.
func (r record) grave(level int) record {
	r = r.copied()
	if m := r.part("alert"); m["severity"] != nil {
		m["severity"] = level
	}
	if m := r.part("rule"); m["level"] != nil {
		m["level"] = 16 - 5*level
	}
	if m := r.part("event"); m != nil {
		m["risk_score_norm"] = 120 - 30*level
	}
	return r
}
