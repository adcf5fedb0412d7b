package app_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
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
correlate: {kind: spike, group_by: [host.name], span: 10m, baseline: 1h, ratio: 2, at_least: 8}
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

// kindRules writes the rules of kinds into a folder of their own. Unheard says that the silence also waits for a sensor
// that never says anything.
func kindRules(t *testing.T, unheard bool) string {
	t.Helper()
	folder, text := t.TempDir(), kinds
	if !unheard {
		text = strings.Replace(kinds, ", ids3]", "]", 1)
	}
	if err := os.WriteFile(filepath.Join(folder, "kinds.yml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}
