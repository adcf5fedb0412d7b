package pipeline_test

import (
	"testing"
	"testing/fstest"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/ingest/decode"
	"tocsin/rules"
)

const rests = burst + `---
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a11
title: It rests on the other
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
when: tocsin.rule.id == "0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10"
correlate: {kind: match, group_by: [source.ip]}
`

// An emission of recorded history says that it is one, also the very first of a rule that rests on another: the registrar
// would take it for a live one, ahead of all that came before it.
func TestFirstChainedEventIsRecorded(t *testing.T) {
	set, err := rules.Load([]rules.Source{{Name: "test", FS: fstest.MapFS{"r.yml": {Data: []byte(rests)}}}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dec, err := decode.New(decode.Options{Limits: decode.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	e := correlate.NewOrdered(correlate.Config{}, set)
	w := newWorld()
	for second := range 3 {
		w.append(failure("203.0.113.7", second))
	}
	for _, row := range w.rows {
		a, rejection := dec.Decode(*row.Record)
		if rejection != nil {
			t.Fatal(rejection.Detail)
		}
		for _, m := range set.Matcher().Match(&a) {
			m.Recorded = true
			e.Step(m)
		}
	}
	part := tocsin.SourcePartition{Source: "http"}
	events := e.Mark(tocsin.Marker{SourcePartition: part, Recorded: true, Greatest: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Listed: []tocsin.SourcePartition{part}})
	rules := map[string]bool{}
	for _, ev := range events {
		rules[ev.Rule.ID] = true
		if !ev.Recorded {
			t.Errorf("%s, %s: not recorded", ev.Rule.Title, ev.Milestone)
		}
	}
	if len(rules) != 2 {
		t.Errorf("%d rules fired", len(rules))
	}
}
