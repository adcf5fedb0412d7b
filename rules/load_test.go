package rules

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

const header = `title: t
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
`

const spraying = `id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Password spraying
version: 1.2.0
status: stable
level: high
confidence: 0.8
tags: [attack.credential-access, attack.t1110.003]
category: intrusion-attempts/brute-force
requires: [source.ip, user.name, event.outcome]
let:
  failure: event.category == "authentication" and event.outcome == "failure"
when: failure
except: cidr(source.ip, "198.51.100.0/24")
correlate: {kind: distinct, group_by: [source.ip], span: 10m, field: user.name, at_least: 10}
suppress: 1h
entities: [{field: source.ip, role: attacker}, {field: user.name, role: victim}]
incident: {group_by: [source.ip, user.name], window: 24h}
tests:
  - name: ten users fail
    alerts:
      - {at: 0s, times: 10, every: 5s, set: {event.category: authentication, event.outcome: failure, source.ip: 203.0.113.7, user.name: "u${i}"}}
    expect: [{group: {source.ip: 203.0.113.7}, count: 10, incident: true, priority: P2}]
`

func source(files map[string]string) []Source {
	m := fstest.MapFS{}
	for name, data := range files {
		m[name] = &fstest.MapFile{Data: []byte(data)}
	}
	return []Source{{FS: m}}
}

func mustLoad(t testing.TB, files map[string]string) *Set {
	t.Helper()
	set, err := Load(source(files), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func TestLoadAndMatch(t *testing.T) {
	set := mustLoad(t, map[string]string{"identity/spray.yml": spraying})
	r := set.Rule("0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10")
	want := Correlate{
		Kind: Distinct, GroupBy: []string{"source.ip"}, Span: 10 * time.Minute, Quiet: time.Hour, MaxOpen: 24 * time.Hour,
		AtLeast: 10, Field: "user.name", OnMissing: Drop,
	}
	if diff := cmp.Diff(want, r.Correlate); diff != "" {
		t.Errorf("correlate (-want +got):\n%s", diff)
	}
	if got, want := r.Shape(), "distinct(source.ip) span=10m0s value=user.name steps=0"; got != want {
		t.Errorf("shape %q, want %q", got, want)
	}
	alerts := r.Tests[0].Alerts(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	m := set.Matcher()
	for i := range alerts {
		got := m.Match(&alerts[i])
		if len(got) != 1 || got[0].Rule != r.ID || got[0].Set != set.Hash || len(got[0].Entities) != 2 || len(got[0].Readings) != 2 {
			t.Fatalf("alert %d: %+v", i, got)
		}
		if diff := cmp.Diff([]tocsin.Value{tocsin.StringValue("203.0.113.7")}, got[0].Key); diff != "" {
			t.Errorf("key (-want +got):\n%s", diff)
		}
	}
}
