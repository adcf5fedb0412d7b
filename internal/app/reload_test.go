package app_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/api"
	"tocsin/internal/pipeline"
	"tocsin/sinks/sqlite"
)

const pingRule = `id: 11111111-2222-4333-8444-%012d
title: Ping %[1]d
version: 1.0.0
status: stable
level: %[2]s
confidence: 0.5
description: Two pings of one address.
author: test
category: intrusion-attempts/brute-force
when: message == "ping"
correlate: {kind: count, group_by: [source.ip], span: %[3]s, at_least: 2}
`

// A bench is an embedded daemon with a rule folder of its own.
type bench struct {
	*house
	rules string
}

func newBench(t *testing.T) *bench {
	b := &bench{house: newHouse(t), rules: t.TempDir()}
	b.cfg.Rules.Folders, b.cfg.Rules.Shipped = []string{b.rules}, false
	b.cfg.Intake.IdleAfter = time.Hour // data alone moves the watermark
	return b
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.rules, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// inForce waits until the rules are as wanted and returns what the API says of them.
func (b *bench) inForce(what string, want func(api.Rules) bool) api.Rules {
	b.t.Helper()
	var have api.Rules
	await(b.t, 30*time.Second, what, func() (bool, string) {
		have = api.Rules{}
		get(b.t, b.url+"/api/v1/rules", &have)
		return want(have), fmt.Sprintf("%+v", have)
	})
	return have
}

func (b *bench) health() (status string, parts []string) {
	b.t.Helper()
	var r pipeline.Report
	get(b.t, b.url+"/api/v1/health", &r)
	for _, t := range r.Troubles {
		parts = append(parts, t.Part)
	}
	return r.Status, parts
}

// A folder that changes under a running daemon: a sound change comes into force, one with faults leaves the old rules
// running and says so everywhere, and mending it heals.
func TestReload(t *testing.T) {
	b := newBench(t)
	b.write("one.yml", fmt.Sprintf(pingRule, 1, "low", "1h"))
	b.open()
	stale := func() float64 { return counters(t, b.url, "tocsin_rules_stale")[""] }
	first := b.inForce("one rule", func(r api.Rules) bool { return len(r.Rules) == 1 && !r.Stale })

	if err := os.Mkdir(filepath.Join(b.rules, "more"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.write("more/two.yml", fmt.Sprintf(pingRule, 2, "low", "1h"))
	second := b.inForce("a second rule, in a new folder", func(r api.Rules) bool { return len(r.Rules) == 2 })
	if second.Set == first.Set || stale() != 0 {
		t.Errorf("set %s after %s, stale %v", second.Set, first.Set, stale())
	}

	b.write("more/two.yml", strings.NewReplacer("level:", "lvel:", "message ==", "mesage ==", "span: 1h", "span: 1 hour").Replace(fmt.Sprintf(pingRule, 2, "low", "1h")))
	bad := b.inForce("faults", func(r api.Rules) bool { return r.Stale })
	if bad.Set != second.Set || len(bad.Rules) != 2 {
		t.Errorf("the old rules are not in force: %+v", bad)
	}
	for _, want := range []string{"two.yml:", "lvel", "level", "mesage", "1 hour", "^"} {
		if !strings.Contains(bad.Faults, want) {
			t.Errorf("the faults do not say %q:\n%s", want, bad.Faults)
		}
	}
	if n := strings.Count(bad.Faults, "^"); n < 3 {
		t.Errorf("%d carets for three faults:\n%s", n, bad.Faults)
	}
	if status, parts := b.health(); status != "degraded" || !slices.Contains(parts, "rules") || stale() != 1 {
		t.Errorf("health says %s for %v, stale is %v", status, parts, stale())
	}
	if got := b.send([]byte(good)); got.Code != 202 {
		t.Errorf("with stale rules: %+v", got)
	}

	b.write("more/two.yml", fmt.Sprintf(pingRule, 2, "high", "1h"))
	mended := b.inForce("mended", func(r api.Rules) bool { return !r.Stale && r.Set != second.Set })
	if status, parts := b.health(); status != "ok" || stale() != 0 || mended.Faults != "" {
		t.Errorf("health says %s for %v, stale is %v, faults %q", status, parts, stale(), mended.Faults)
	}
	if err := os.RemoveAll(filepath.Join(b.rules, "more")); err != nil {
		t.Fatal(err)
	}
	if last := b.inForce("one rule again", func(r api.Rules) bool { return len(r.Rules) == 1 }); last.Set != first.Set {
		t.Errorf("set %s, was %s", last.Set, first.Set)
	}
}

// What changes while the daemon starts is not missed.
func TestChangeDuringStart(t *testing.T) {
	b := newBench(t)
	b.write("one.yml", fmt.Sprintf(pingRule, 1, "low", "1h"))
	b.open(func() { b.write("two.yml", fmt.Sprintf(pingRule, 2, "low", "1h")) })
	b.inForce("a second rule", func(r api.Rules) bool { return len(r.Rules) == 2 })
}

// ping sends an alert of a time and waits until it is processed.
func (b *bench) ping(message string, at ...time.Time) {
	b.t.Helper()
	before := sum(counters(b.t, b.url, "tocsin_alerts_total"))
	for _, at := range at {
		if got := b.send(fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert"},"message":%q,"source":{"ip":"192.0.2.1"}}`, at.UTC().Format(time.RFC3339), message)); got.Code != 202 {
			b.t.Fatalf("%+v", got)
		}
	}
	await(b.t, time.Minute, "processed", func() (bool, string) {
		n := sum(counters(b.t, b.url, "tocsin_alerts_total"))
		return n == before+len(at), fmt.Sprintf("%d alerts of %d", n, before+len(at))
	})
}

// found are the events in the register, oldest first.
func (b *bench) found() []tocsin.Event {
	b.t.Helper()
	st := b.register()
	defer st.Close()
	return b.eventsOf(st)
}

// register opens the daemon's register beside it.
func (b *bench) register() *sqlite.Store {
	b.t.Helper()
	st, err := sqlite.Open(context.Background(), sqlite.Options{Path: filepath.Join(b.cfg.DataDir, "tocsin.db")})
	if err != nil {
		b.t.Fatal(err)
	}
	return st
}

// eventsOf are the events of a register, oldest first.
func (b *bench) eventsOf(st *sqlite.Store) []tocsin.Event {
	b.t.Helper()
	events, err := st.AllEvents(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	slices.SortFunc(events, func(x, y tocsin.Event) int { return x.First.Compare(y.First) })
	return events
}

// An event that is open while the rules are reloaded goes on where the shape of its rule's state is the same, and closes
// with the reason where it is another.
func TestReloadKeepsEvents(t *testing.T) {
	b := newBench(t)
	b.write("one.yml", fmt.Sprintf(pingRule, 1, "low", "1h"))
	b.open()
	first := b.inForce("one rule", func(r api.Rules) bool { return len(r.Rules) == 1 })
	start := time.Now().Add(-20 * time.Hour).Truncate(time.Second)
	after := func(d time.Duration) time.Time { return start.Add(d) }

	b.ping("ping", after(0), after(time.Minute))
	b.write("one.yml", fmt.Sprintf(pingRule, 1, "high", "1h"))
	tuned := b.inForce("another level", func(r api.Rules) bool { return r.Set != first.Set })
	b.ping("ping", after(2*time.Minute), after(3*time.Minute))
	b.ping("nothing", after(5*time.Hour))
	if got := b.found(); len(got) != 1 || got[0].Count != 4 || got[0].Activity != tocsin.Closed || len(got[0].Completeness.Degraded) > 0 {
		t.Errorf("over a reload that keeps the shape: %+v", got)
	}

	b.ping("ping", after(6*time.Hour), after(6*time.Hour+time.Minute))
	b.write("one.yml", fmt.Sprintf(pingRule, 1, "high", "30m"))
	b.inForce("another shape", func(r api.Rules) bool { return r.Set != tuned.Set })
	await(t, 30*time.Second, "closed", func() (bool, string) {
		got := b.found()
		return len(got) == 2 && got[1].Activity == tocsin.Closed, fmt.Sprintf("%+v", got)
	})
	if got := b.found()[1]; got.Count != 2 || !slices.Contains(got.Completeness.Degraded, "reload") {
		t.Errorf("closed by a reload: %+v", got)
	}
	b.ping("ping", after(6*time.Hour+2*time.Minute), after(6*time.Hour+3*time.Minute))
	if got := b.found(); len(got) != 3 || got[2].Count != 2 || got[2].Activity != tocsin.Open {
		t.Errorf("behind a reload that changes the shape: %+v", got)
	}
}
