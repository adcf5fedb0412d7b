package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/sinks/sqlite"
)

// kinds are rules of every kind that waits, learns or rests on other rules. The last digits of an id are its place in [kindNames].
const kinds = `
id: 6b1d0000-0000-4000-8000-000000000000
title: An agent stays away
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
correlate: {kind: absence, group_by: [host.name], after: event.action == "agent-stopped", without: event.action == "agent-started", within: 10m}
entities: [{field: host.name, role: victim}]
incident: {group_by: [host.name], window: 1m}
---
id: 6b1d0000-0000-4000-8000-000000000001
title: A sensor has fallen silent
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: event.action == "heartbeat"
correlate: {kind: silence, group_by: [observer.name], span: 15m, expect: [ids1, ids2, ids3]}
entities: [{field: observer.name, role: victim}]
incident: {group_by: [observer.name]}
---
id: 6b1d0000-0000-4000-8000-000000000002
title: Names fail, one succeeds, and nobody enters a second factor
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
correlate:
  kind: sequence
  group_by: [source.ip]
  span: 10m
  until: event.action == "address-blocked"
  steps:
    - {when: event.outcome == "failure", distinct: user.name, at_least: 3}
    - {absent: event.action == "challenge-passed"}
    - {when: event.outcome == "success", within: 5m}
    - {absent: event.action == "mfa-passed", within: 2m}
entities: [{field: source.ip, role: attacker}]
incident: {group_by: [source.ip]}
---
id: 6b1d0000-0000-4000-8000-000000000003
title: Many more denials than usual
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: event.action == "denied"
correlate: {kind: spike, group_by: [host.name], span: 10m, baseline: 2h, ratio: 3, at_least: 10}
entities: [{field: host.name, role: victim}]
incident: {group_by: [host.name]}
---
id: 6b1d0000-0000-4000-8000-000000000004
title: A program that is new to a host
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: event.action == "process-started"
correlate: {kind: first_seen, group_by: [host.name], values: [process.name], history: 7d, learn: 2h}
entities: [{field: host.name, role: victim}]
incident: {group_by: [host.name]}
---
id: 6b1d0000-0000-4000-8000-000000000005
title: Many names at once
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: event.outcome == "failure"
correlate: {kind: leaky, group_by: [source.ip], capacity: 2, leakspeed: 2m, distinct: user.name}
entities: [{field: source.ip, role: attacker}]
incident: {group_by: [source.ip]}
---
id: 6b1d0000-0000-4000-8000-000000000006
title: An account under attack
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: medium
tags: [attack.credential-access]
when: event.outcome == "failure"
correlate: {kind: count, group_by: [user.name], span: 2m, at_least: 2}
entities: [{field: source.ip, role: attacker}, {field: user.name, role: victim}]
incident: {group_by: [user.name]}
---
id: 6b1d0000-0000-4000-8000-000000000007
title: An address attacks accounts
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: medium
tags: [attack.credential-access]
when: tocsin.rule.id == "6b1d0000-0000-4000-8000-000000000006"
correlate: {kind: distinct, group_by: [source.ip], span: 1h, field: user.name, at_least: 2}
entities: [{field: source.ip, role: attacker}, {field: user.name, role: victim}]
incident: {group_by: [source.ip]}
---
id: 6b1d0000-0000-4000-8000-000000000008
title: Addresses attack together
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: tocsin.rule.id == "6b1d0000-0000-4000-8000-000000000007"
correlate: {kind: count, group_by: [], span: 2h, at_least: 2}
entities: [{field: source.ip, role: attacker}]
incident: {group_by: [source.ip]}
---
id: 6b1d0000-0000-4000-8000-000000000009
title: An account that several events speak of
version: 1.0.0
status: stable
category: intrusion-attempts/brute-force
level: high
when: tocsin.rule.id == "6b1d0000-0000-4000-8000-000000000006"
correlate: {kind: risk, group_by: [user.name], span: 6h, score: rule.risk, at_least: 50, decay: 3h}
entities: [{field: user.name, role: victim}]
incident: {group_by: [user.name]}
`

// kindNames are the rules of kinds, in order.
func kindNames() []string {
	return []string{"absence", "silence", "sequence", "spike", "first_seen", "leaky", "rank0", "rank1", "rank2", "risk"}
}

func kindID(name string) string {
	return fmt.Sprintf("6b1d0000-0000-4000-8000-%012d", slices.Index(kindNames(), name))
}

// kindRecords are alerts of some hours that give each of the rules something to find, drawn from a seed.
func kindRecords(seed uint64, from time.Time, lasting time.Duration) [][]byte {
	rng := rand.New(rand.NewPCG(seed, 5))
	var lines [][]byte
	add := func(at time.Time, action string, fields ...string) {
		doc := map[string]any{"@timestamp": at.Format(time.RFC3339Nano), "event": map[string]any{"kind": "alert", "action": action}, "message": fmt.Sprint(len(lines))}
		for pair := range slices.Chunk(fields, 2) {
			group, name, _ := strings.Cut(pair[0], ".")
			inner, ok := doc[group].(map[string]any)
			if !ok {
				inner = map[string]any{}
				doc[group] = inner
			}
			inner[name] = pair[1]
		}
		line, err := json.Marshal(doc)
		if err != nil {
			panic(err)
		}
		lines = append(lines, line)
	}
	some := func(name string, n int) string { return fmt.Sprint(name, rng.IntN(n)) }
	host := func() string { return some("host", 6) }
	for n := range 6 { // all that is read begins at one time: what learns and what waits begins with it
		add(from, "process-started", "host.name", fmt.Sprint("host", n), "process.name", "init")
	}
	at, quiet, burst := from, 0, ""
	for at.Before(from.Add(lasting)) {
		at = at.Add(time.Duration(1+rng.IntN(14000)) * time.Millisecond)
		if rng.IntN(150) == 0 {
			quiet = rng.IntN(3)
		}
		if rng.IntN(200) == 0 {
			burst = map[bool]string{true: host(), false: ""}[rng.IntN(4) == 0]
		}
		address := fmt.Sprintf("203.0.113.%d", rng.IntN(5))
		switch rng.IntN(12) {
		case 0, 1:
			if n := rng.IntN(2); n != quiet {
				add(at, "heartbeat", "observer.name", fmt.Sprint("ids", n+1))
			}
		case 2:
			add(at, "agent-stopped", "host.name", host())
		case 3, 4:
			add(at, "agent-started", "host.name", host())
		case 5, 6, 7:
			add(at, "logon", "event.outcome", "failure", "user.name", some("user", 8), "source.ip", address)
		case 8:
			add(at, "logon", "event.outcome", "success", "user.name", some("user", 8), "source.ip", address)
		case 9:
			action := []string{"mfa-passed", "address-blocked", "challenge-passed"}[rng.IntN(3)]
			add(at, action, "source.ip", address)
		case 10:
			add(at, "process-started", "host.name", host(), "process.name", some("program", 1+rng.IntN(60)))
		default:
			where := burst
			if where == "" || rng.IntN(6) == 0 {
				where = host()
			}
			for range 1 + rng.IntN(3) {
				at = at.Add(time.Millisecond)
				add(at, "denied", "host.name", where)
			}
		}
	}
	return lines
}

// kindRules writes the rules of kinds into a folder of their own.
func kindRules(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "kinds.yml"), []byte(kinds), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// everyKind fails unless every rule of kinds has an event.
func everyKind(t *testing.T, events []string) {
	t.Helper()
	for n, name := range kindNames() {
		found := 0
		for _, e := range events {
			if strings.HasPrefix(e, kindID(name)) {
				found++
			}
		}
		t.Logf("%s: %d events", name, found)
		if found == 0 {
			t.Errorf("rule %d, %s, finds nothing: the test shows nothing of it", n, name)
		}
	}
}

// Rules of every kind, chained ones too, give the same events and incidents through Kafka and Elasticsearch, over four
// partitions, as in a replay.
func TestKindsInKafkaAsReplayed(t *testing.T) {
	for seed := range uint64(1) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			s.cfg.Rules.Folders, s.cfg.Rules.Shipped = []string{kindRules(t)}, false
			records := kindRecords(seed, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), 4*time.Hour)
			events, incidents := expected(t, records, s.cfg.Rules.Folders...)
			everyKind(t, events)
			s.produce(records)
			stop := s.run()
			defer stop()
			s.await(len(records), events, incidents, 4*time.Minute)
		})
	}
}

// Rules of every kind give the same events and incidents in embedded mode as in a replay, and a restart in the middle
// changes nothing.
func TestKindsEmbeddedAsReplayed(t *testing.T) {
	from := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Second)
	records := kindRecords(7, from, 8*time.Hour)
	records = append(records, fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","action":"none"}}`, time.Now().UTC().Format(time.RFC3339))) // closes all
	h := newHouse(t)
	h.cfg.Rules.Folders, h.cfg.Rules.Shipped = []string{kindRules(t)}, false
	h.cfg.Intake.IdleAfter = time.Hour // data alone moves the watermark
	events, _ := expected(t, records, h.cfg.Rules.Folders...)
	everyKind(t, events)
	for at := 0; at < len(records); {
		_, stop := h.open()
		to := min(at+len(records)/4+1, len(records))
		for chunk := range slices.Chunk(records[at:to], 500) {
			if got := h.send(bytes.Join(chunk, []byte("\n")), "Content-Type", "text/plain"); got.Code != 202 || got.Accepted != len(chunk) {
				t.Fatalf("%+v", got)
			}
		}
		at = to
		h.settled(at, 0)
		stop()
	}
	if diff := cmp.Diff(events, h.events()); diff != "" {
		t.Errorf("events (-replay +daemon):\n%s", diff)
	}
}

// Alerts that come late, but within lateness, end with the events of a replay, and what they take back is visible where
// people look: an event that was promoted and then withdrawn rejects its incident, with the reason, in log and page.
func TestKindsEmbeddedLate(t *testing.T) {
	from := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Second)
	records := kindRecords(11, from, 8*time.Hour)
	h := newHouse(t)
	h.cfg.Rules.Folders, h.cfg.Rules.Shipped = []string{kindRules(t)}, false
	h.cfg.Intake.IdleAfter, h.cfg.Intake.Lateness = time.Hour, 2*time.Hour // data alone moves the watermark
	closing := fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","action":"none"}}`, time.Now().UTC().Format(time.RFC3339))
	events, _ := expected(t, append(slices.Clone(records), closing), h.cfg.Rules.Folders...)
	everyKind(t, events)
	a, stop := h.open()
	defer stop()
	for _, chunk := range [][][]byte{records[:6], disordered(records[6:], 120), {closing}} {
		if got := h.send(bytes.Join(chunk, []byte("\n")), "Content-Type", "text/plain"); got.Code != 202 || got.Accepted != len(chunk) {
			t.Fatalf("%+v", got)
		}
	}
	h.settled(len(records)+1, 0)
	if diff := cmp.Diff(events, h.events()); diff != "" {
		t.Errorf("events (-replay +daemon):\n%s", diff)
	}
	h.shown(a.URL())
}

// disordered moves every seventh line by so many places back.
func disordered(lines [][]byte, by int) [][]byte {
	out := slices.Clone(lines)
	for i := 0; i+by < len(out); i += 7 {
		line := out[i]
		copy(out[i:], out[i+1:i+by+1])
		out[i+by] = line
	}
	return out
}

// shown looks at events that were withdrawn or merged, and at silences, as the API and the page show them.
func (h *house) shown(url string) {
	h.t.Helper()
	ctx := h.t.Context()
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(h.cfg.DataDir, "tocsin.db")})
	if err != nil {
		h.t.Fatal(err)
	}
	defer st.Close()
	all, err := st.AllEvents(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range all {
		v, err := st.Verdict(ctx, e.ID)
		if err != nil {
			h.t.Fatalf("event %s: %v", e.ID, err)
		}
		want := ""
		switch {
		case e.Activity == tocsin.Withdrawn:
			want = "Withdrawn: a late alert"
			if v.Incident != "" {
				seen[string("withdrawn, its incident is "+h.incidentOf(url, v.Incident, e))]++
			} else if v.Assessment.Reason != "withdrawn" {
				h.t.Errorf("event %s was withdrawn; its verdict says %+v", e.ID, v.Assessment)
			}
		case e.Activity == tocsin.Merged:
			want = "Merged into"
		case e.Count == 0:
			want = "No alert of observer.name"
		default:
			continue
		}
		kind := string(e.Activity)
		if e.Count == 0 {
			kind = "silence " + kind
		}
		if seen[kind]++; seen[kind] > 5 {
			continue
		}
		var got tocsin.Event
		get(h.t, url+"/api/v1/events/"+e.ID, &got)
		if got.Activity != e.Activity || got.Count != e.Count {
			h.t.Errorf("the API says of event %s: %s, %d alerts", e.ID, got.Activity, got.Count)
		}
		if text := h.page(url + "/events/" + e.ID); !strings.Contains(text, want) {
			h.t.Errorf("the page of event %s, %s, lacks %q", e.ID, kind, want)
		}
	}
	h.t.Logf("%v", seen)
	for _, kind := range []string{"merged", "withdrawn", "silence closed", "withdrawn, its incident is rejected"} {
		if seen[kind] == 0 {
			h.t.Errorf("no event was %s: the test shows nothing of it", kind)
		}
	}
}

// incidentOf is the status of a withdrawn event's incident, whose page must say why.
func (h *house) incidentOf(url, id string, e tocsin.Event) string {
	h.t.Helper()
	var i tocsin.Incident
	get(h.t, url+"/api/v1/incidents/"+id, &i)
	if text := h.page(url + "/incidents/" + id); !strings.Contains(text, "(withdrawn)") {
		h.t.Errorf("the page of incident %s, %s, does not say that event %s was withdrawn", id, i.Status, e.ID)
	}
	return string(i.Status)
}

func (h *house) page(url string) string {
	h.t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(text)
}
