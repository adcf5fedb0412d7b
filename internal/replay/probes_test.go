package replay_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/classify"
	"tocsin/ingest/decode"
	"tocsin/internal/replay"
	"tocsin/rules"
)

// A probe is a rule's correlation and alerts to put to it, each "TIME ACTION KEY [USER]" of the first of March 2026, in the order
// of arrival, and the events that must settle: "KEY FIRST..LAST COUNT", or "withdrawn" before it.
type probe struct {
	correlate string // of kind, span and so on; group_by is the host
	alerts    string
	want      string
}

const failed = `when: event.action == "fail"` + "\ncorrelate: "

// probes are what goes wrong with time, one by one.
var probes = map[string]probe{
	"late over-count": { // the late one lies in a window of its own
		failed + `{kind: count, group_by: [host.name], span: 60s, at_least: 3}`,
		"10:00:00 fail a\n10:00:10 fail a\n10:05:00 fail a\n10:02:00 fail a\n10:05:01 fail a",
		"",
	},
	"late completes": {
		failed + `{kind: count, group_by: [host.name], span: 60s, at_least: 3}`,
		"10:00:00 fail a\n10:00:59 fail a\n10:20:00 fail b\n10:00:30 fail a",
		"a 10:00:00..10:00:59 3",
	},
	"edge of the span": {
		failed + `{kind: count, group_by: [host.name], span: 60s, at_least: 2}`,
		"10:00:00 fail a\n10:01:00 fail a\n10:10:00 fail b\n10:10:59.999999999 fail b",
		"b 10:10:00..10:10:59.999999999 2",
	},
	"sub-second order": {
		"correlate: {kind: sequence, group_by: [host.name], span: 10s, steps: [{when: 'event.action == \"fail\"'}, {when: 'event.action == \"ok\"'}]}",
		"10:00:00.000000002 fail a\n10:00:00.000000001 ok a\n10:05:00.000000001 fail b\n10:05:00.000000002 ok b",
		"b 10:05:00.000000001..10:05:00.000000002 2",
	},
	"whole-second ties": {
		"correlate: {kind: sequence, group_by: [host.name], span: 10s, steps: [{when: 'event.action == \"fail\"'}, {when: 'event.action == \"ok\"'}]}",
		"10:00:00 ok a\n10:00:00 fail a",
		"a 10:00:00..10:00:00 2",
	},
	"out of order steps": {
		"correlate: {kind: sequence, group_by: [host.name], span: 10m, steps: [{when: 'event.action == \"fail\"', at_least: 2}, {when: 'event.action == \"ok\"'}]}",
		"10:05:00 ok a\n10:01:00 fail a\n10:02:00 fail a\n10:00:30 ok b\n10:01:00 fail b\n10:02:00 fail b",
		"a 10:01:00..10:05:00 3",
	},
	"gaps of two hours": {
		failed + `{kind: count, group_by: [host.name], span: 3h, at_least: 3}`,
		"10:00:00 fail a\n12:00:00 fail a\n12:59:59 fail a\n16:00:00 fail a",
		"a 10:00:00..12:59:59 3",
	},
	"one burst": {
		failed + `{kind: count, group_by: [host.name], span: 60s, at_least: 3}`,
		"10:00:00 fail a\n10:00:20 fail a\n10:00:40 fail a\n10:01:30 fail a\n10:02:20 fail a\n10:03:20 fail a",
		"a 10:00:00..10:02:20 5",
	},
	"values seen again": {
		failed + `{kind: distinct, group_by: [host.name], span: 60s, field: user.name, at_least: 3}`,
		"10:00:00 fail a u1\n10:00:30 fail a u2\n10:00:50 fail a u1\n10:01:20 fail a u3\n10:10:00 fail b u1\n10:10:30 fail b u2\n10:11:01 fail b u3",
		"a 10:00:30..10:01:20 3",
	},
	"any order of a set": {
		"correlate: {kind: set, group_by: [host.name], span: 60s, of: ['event.action == \"fail\"', 'event.action == \"ok\"']}",
		"10:00:59 ok a\n10:00:00 fail a\n10:10:00 ok b\n10:11:00 fail b",
		"a 10:00:00..10:00:59 2",
	},
	"a bucket fills after the fact": {
		failed + `{kind: leaky, group_by: [host.name], capacity: 2, leakspeed: 10s}`,
		"10:00:00 fail a\n10:00:20 fail a\n10:00:21 fail a\n10:00:19 fail a",
		"a 10:00:19..10:00:21 3",
	},
	"a bucket of values": {
		failed + `{kind: leaky, group_by: [host.name], capacity: 2, leakspeed: 10s, distinct: user.name}`,
		"10:00:00 fail a u1\n10:00:01 fail a u2\n10:00:02 fail a u2\n10:00:03 fail a u3\n10:10:00 fail b u1\n10:10:01 fail b u1\n10:10:02 fail b u1",
		"a 10:00:00..10:00:03 4",
	},
	"absence": {
		"correlate: {kind: absence, group_by: [host.name], after: 'event.action == \"fail\"', without: 'event.action == \"ok\"', within: 60s}",
		"10:00:00 fail a\n10:00:00 fail b\n10:20:00 fail c\n10:01:00 ok b\n10:40:00 ok d",
		"a 10:00:00..10:00:00 1\nc 10:20:00..10:20:00 1",
	},
	"answered, and not": {
		"correlate: {kind: absence, group_by: [host.name], after: 'event.action == \"down\"', without: 'event.action == \"up\"', within: 60s}",
		"10:00:00 down a\n10:01:00 up a\n10:05:00 down a\n10:06:00.000000001 up a\n10:10:00 down b\n10:10:30 up b\n10:20:00 down c\n10:20:00 up c\n10:30:00 other d\n11:00:00 down d",
		"a 10:05:00..10:05:00 1",
	},
	"nothing between": {
		"correlate: {kind: sequence, group_by: [host.name], span: 10m, until: 'event.action == \"stop\"', steps: [{when: 'event.action == \"fail\"'}, {absent: 'event.action == \"reset\"'}, {when: 'event.action == \"ok\"'}]}",
		"10:00:00 fail a\n10:00:10 ok a\n10:00:00 fail b\n10:00:05 reset b\n10:00:10 ok b\n10:00:00 fail c\n10:00:05 stop c\n10:00:10 ok c\n10:20:00 fail a\n10:20:05 reset a\n10:20:06 fail a\n10:20:10 ok a\n11:00:00 other d",
		"a 10:00:00..10:00:10 2\na 10:20:00..10:20:10 3",
	},
	"nothing after": {
		"correlate: {kind: sequence, group_by: [host.name], span: 10m, steps: [{when: 'event.action == \"fail\"'}, {when: 'event.action == \"ok\"'}, {absent: 'event.action == \"reset\"', within: 60s}]}",
		"10:00:00 fail a\n10:00:10 ok a\n10:01:10 reset a\n10:00:00 fail b\n10:00:10 ok b\n10:01:10.5 reset b\n11:00:00 other d",
		"b 10:00:00..10:00:10 2",
	},
	"silences": {
		"when: event.action == \"beat\"\ncorrelate: {kind: silence, group_by: [host.name], span: 15m}",
		"10:00:00 beat a\n10:15:00 beat a\n10:30:01 beat a\n10:40:00 beat a\n10:50:00 other d",
		"a 10:15:00..10:30:00 0",
	},
}

func probeOptions(t *testing.T, correlate string) replay.Options {
	t.Helper()
	dec, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := "id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10\ntitle: probe\nversion: 1.0.0\nstatus: test\nlevel: low\ncategory: intrusion-attempts/brute-force\n" + correlate + "\n"
	set, err := rules.LoadFiles([]rules.File{{Name: "probe.yml", Path: "probe.yml", Data: []byte(text)}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return replay.Options{Decoder: dec, Set: set, Scales: classify.Default(), Disorder: 2 * time.Minute, Lateness: 12 * time.Hour}
}

// probeLines are a probe's alerts as ECS documents.
func probeLines(t *testing.T, alerts string) [][]byte {
	t.Helper()
	var lines [][]byte
	for line := range strings.Lines(alerts) {
		words := strings.Fields(line)
		user := ""
		if len(words) > 3 {
			user = fmt.Sprintf(`,"user":{"name":%q}`, words[3])
		}
		lines = append(lines, fmt.Appendf(nil, `{"@timestamp":"2026-03-01T%sZ","event":{"kind":"event","action":%q,"id":"%d"},"host":{"name":%q}%s}`, words[0], words[1], len(lines), words[2], user))
	}
	return lines
}

// probed are the settled events of a probe.
func probed(t *testing.T, o replay.Options, names []string) string {
	t.Helper()
	lines, _ := settled(t, o, names)
	var out []string
	for _, line := range lines {
		if strings.HasPrefix(line, "incident") {
			continue
		}
		words := strings.Fields(line)
		host := strings.Trim(strings.TrimPrefix(words[2], `{"host.name":`), `"}`)
		first, last, _ := strings.Cut(strings.NewReplacer("2026-03-01 ", "", " +0000 UTC", "").Replace(strings.Join(words[3:len(words)-2], " ")), "..")
		said := fmt.Sprintf("%s %s..%s %s", host, first, last, words[len(words)-2])
		if words[0] == "withdrawn" || words[0] == "merged" {
			continue // it was said too early, and taken back
		}
		out = append(out, said)
	}
	return strings.Join(out, "\n")
}

// TestProbes puts each probe as it arrives, then in other orders, and dealt over 1, 4 and 16 files: what settles is the
// same.
func TestProbes(t *testing.T) {
	for name, p := range probes {
		t.Run(name, func(t *testing.T) {
			o, lines := probeOptions(t, p.correlate), probeLines(t, p.alerts)
			if diff := cmp.Diff(p.want, probed(t, o, files(t, 1, lines, func(int) int { return 0 }))); diff != "" {
				t.Fatalf("settled (-want +got):\n%s", diff)
			}
			r := rand.New(rand.NewPCG(7, uint64(len(name))))
			for range 3 {
				shuffled := slices.Clone(lines)
				r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
				for _, n := range []int{1, 4, 16} {
					got := probed(t, o, files(t, n, shuffled, func(int) int { return r.IntN(n) }))
					if diff := cmp.Diff(p.want, got); diff != "" {
						t.Fatalf("over %d files in another order (-want +got):\n%s\n%s", n, diff, slices.Concat(shuffled...))
					}
				}
			}
		})
	}
}

// TestProbeRedelivery delivers records twice that bear an id of their own: they are no more alerts.
func TestProbeRedelivery(t *testing.T) {
	p := probes["one burst"]
	o := probeOptions(t, p.correlate)
	var lines [][]byte
	for i, line := range probeLines(t, p.alerts) {
		lines = append(lines, fmt.Appendf(nil, `{"kibana.alert.uuid":"%d",%s`, i, line[1:]))
	}
	again := append(slices.Clone(lines), lines...)
	if diff := cmp.Diff(p.want, probed(t, o, files(t, 2, again, func(i int) int { return i % 2 }))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProbeFuture puts a record of next year between two others: it counts as what came before it, and moves nothing.
func TestProbeFuture(t *testing.T) {
	o := probeOptions(t, failed+`{kind: count, group_by: [host.name], span: 60s, at_least: 3}`)
	lines := probeLines(t, "10:00:00 fail a\n10:00:05 fail a\n10:00:10 fail a\n10:30:00 fail b\n10:30:01 fail b\n10:30:02 fail b")
	lines[1] = []byte(strings.Replace(string(lines[1]), "2026-03-01", "2027-03-01", 1))
	want := "a 10:00:00..10:00:10 3\nb 10:30:00..10:30:02 3"
	if diff := cmp.Diff(want, probed(t, o, files(t, 1, lines, func(int) int { return 0 }))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestProbeChain counts the events of one rule by another, in any order of arrival: two users of one host, each with two
// failures.
func TestProbeChain(t *testing.T) {
	o := probeOptions(t, strings.ReplaceAll(failed, "correlate", "entities: [{field: host.name, role: victim}]\ncorrelate")+`{kind: count, group_by: [user.name, host.name], span: 60s, at_least: 2}
---
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11
title: two of them
version: 1.0.0
status: test
level: high
category: intrusion-attempts/brute-force
when: tocsin.rule.id == "0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10"
correlate: {kind: count, group_by: [host.name], span: 10m, at_least: 2}`)
	lines := probeLines(t, "10:00:00 fail a u1\n10:00:01 fail a u1\n10:05:00 fail a u2\n10:05:01 fail a u2\n10:20:00 fail a u3\n10:20:01 fail a u3")
	want := `open 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11 {"host.name":"a"} 10:00:01..10:05:01 2`
	r := rand.New(rand.NewPCG(5, 6))
	for range 5 {
		events, _ := settled(t, o, files(t, 4, lines, func(int) int { return r.IntN(4) }))
		var chained strings.Builder
		for _, e := range events {
			if words := strings.Fields(e); words[1] == "0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11" && words[0] != "merged" && words[0] != "withdrawn" {
				words[0] = "open"
				chained.WriteString(strings.NewReplacer("2026-03-01 ", "", " +0000 UTC", "").Replace(strings.Join(words[:len(words)-1], " ")))
			}
		}
		if diff := cmp.Diff(want, chained.String()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
}

// TestCampaignInAnyOrder plays the demonstration's campaign of a morning with each record up to hours late, over 1, 4 and 16
// files, all within lateness: the same events settle, but for those of what is rare, which are the same within the disorder only.
func TestCampaignInAnyOrder(t *testing.T) {
	const rare = "b432be77-31e4-455e-8e72-a878d022674d"
	o := options(t)
	o.Lateness = 24 * time.Hour
	lines := scenario()
	events := func(names []string) (out []string) {
		all, _ := settled(t, o, names)
		for _, line := range all {
			if words := strings.Fields(line); words[0] != "incident" && words[0] != "merged" && words[1] != rare && words[0] != "withdrawn" {
				out = append(out, line)
			}
		}
		return out
	}
	want := events(files(t, 1, lines, func(int) int { return 0 }))
	r := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 4, 16} {
		if diff := cmp.Diff(want, events(files(t, n, late(r, lines), func(int) int { return r.IntN(n) }))); diff != "" {
			t.Errorf("over %d files (-in order +late):\n%s", n, diff)
		}
	}
}

// late puts lines that are in order of time out of it: each comes as if it had been on its way for up to a third of them.
func late(r *rand.Rand, lines [][]byte) [][]byte {
	type sent struct {
		line []byte
		at   int
	}
	all := make([]sent, len(lines))
	for i, line := range lines {
		all[i] = sent{line, i + r.IntN(len(lines)/3)}
	}
	slices.SortStableFunc(all, func(a, b sent) int { return a.at - b.at })
	out := make([][]byte, len(all))
	for i := range all {
		out[i] = all[i].line
	}
	return out
}

// TestProbeFlood floods a rule with keys while one key is an alert from firing.
func TestProbeFlood(t *testing.T) {
	o := probeOptions(t, failed+`{kind: count, group_by: [host.name], span: 2h, at_least: 3, limits: {keys: 10000}}`)
	var b strings.Builder
	b.WriteString("10:00:00 fail victim\n10:00:01 fail victim\n")
	for i := range 120_000 {
		fmt.Fprintf(&b, "10:%02d:%02d fail k%d\n", 1+i/60/60%50, i/60%60, i)
	}
	b.WriteString("11:00:00 fail victim\n")
	got := probed(t, o, files(t, 1, probeLines(t, b.String()), func(int) int { return 0 }))
	if diff := cmp.Diff("victim 10:00:00..11:00:00 3", got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
