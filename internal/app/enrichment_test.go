package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/internal/config"
)

const listedRule = `id: 11111111-2222-4333-8444-0000000000aa
title: An address of the list
version: 1.0.0
status: stable
level: high
confidence: 0.5
description: Two alerts of an address that the list has.
author: test
category: intrusion-attempts/brute-force
when: tocsin.lists == "feed"
correlate: {kind: count, group_by: [source.ip], span: 1h, at_least: 2}
`

// A list that changes under a running daemon: rules see the new one without a restart, one with faults leaves the old one
// in force and says so, and each version is written down.
func TestListReload(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(t.TempDir(), "feed.txt")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("192.0.2.1\n")
	b.cfg.Enrich.Lists = []config.List{{Name: "feed", File: file, Format: "auto", IOC: true}}
	b.write("one.yml", listedRule)
	b.open()
	at := time.Now().Add(-time.Minute).UTC()
	n := 0
	events := func(addr string) int { // sends an alert, and counts the events there are
		n++
		record := fmt.Sprintf(`{"@timestamp":%q,"ecs":{"version":"8.17"},"source":{"ip":%q},"event":{"sequence":%d}}`, at.Add(time.Duration(n)*time.Millisecond).Format(time.RFC3339Nano), addr, n)
		if got := b.send([]byte(record)); got.Code != 202 {
			t.Fatalf("%+v", got)
		}
		return len(b.found())
	}
	await(t, time.Minute, "an event by the first list", func() (bool, string) { return events("192.0.2.1") > 0, fmt.Sprint(n) })

	write("nonsense here\n")
	await(t, time.Minute, "the fault in the health", func() (bool, string) {
		status, parts := b.health()
		return slices.Contains(parts, "lists"), status
	})

	write("192.0.2.2\n")
	before := len(b.found())
	await(t, time.Minute, "an event by the second list", func() (bool, string) { return events("192.0.2.2") > before, fmt.Sprint(n) })
	if status, parts := b.health(); slices.Contains(parts, "lists") {
		t.Errorf("health says %s for %v", status, parts)
	}
	text, err := os.ReadFile(filepath.Join(b.cfg.DataDir, "enrichment.ndjson"))
	if err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("versions that were put in force: %v\n%s", err, text)
	}
}
