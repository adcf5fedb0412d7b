package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"tocsin"
	"tocsin/classify"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/rules"
	"tocsin/sinks/memory"
)

const burst = `
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Three failures
version: 1.0.0
status: stable
level: high
category: intrusion-attempts/brute-force
when: event.action == "logon-failed"
correlate: {kind: count, group_by: [source.ip], span: 60s, at_least: 3}
`

func set(t *testing.T) *rules.Set {
	t.Helper()
	s, err := rules.Load([]rules.Source{{Name: "test", FS: fstest.MapFS{"burst.yml": {Data: []byte(burst)}}}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// failure is one failed logon of a source, so many seconds after the start.
func failure(ip string, second int) []byte {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(second) * time.Second)
	return fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","action":"logon-failed"},"source":{"ip":%q}}`, at.Format(time.RFC3339), ip)
}

// A world is a journal and a store in memory, and what can go wrong with them.
type world struct {
	*memory.Store
	mu      sync.Mutex
	rows    []pipeline.Row
	applied int64
	wake    chan struct{}
	fail    func(n int) error // of the n-th transaction, from 1: its answer
	undo    int               // the transaction that is rolled back…
	undone  func()            // …which is told here
	tries   int
}

func newWorld() *world { return &world{Store: memory.New(), wake: make(chan struct{}, 1)} }

func (w *world) append(lines ...[]byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range lines {
		offset := int64(len(w.rows) + 1)
		w.rows = append(w.rows, pipeline.Row{Offset: offset, Record: &ingest.Record{
			Source: "http", Tenant: "default", Received: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Value: line, Ref: tocsin.Ref{Topic: "journal", Offset: offset},
		}})
	}
	w.poke()
}

func (w *world) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *world) Read(_ context.Context, after int64, limit int) ([]pipeline.Row, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.rows[min(int(after), len(w.rows)):]
	return rest[:min(limit, len(rest))], nil
}

func (w *world) AppendQuiet(_ context.Context, q pipeline.Quiet) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rows = append(w.rows, pipeline.Row{Offset: int64(len(w.rows) + 1), Quiet: &q})
	w.poke()
	return nil
}

var errAway = errors.New("the store is away")

func (w *world) InTx(_ context.Context, f func(pipeline.Outputs) error) error {
	w.mu.Lock()
	w.tries++
	n := w.tries
	w.mu.Unlock()
	if n == w.undo {
		err := f(tx{newWorld()}) // it writes elsewhere, which is as good as rolled back
		w.undone()
		return errors.Join(err, errAway)
	}
	if err := f(tx{w}); err != nil {
		return err
	}
	if w.fail != nil {
		return w.fail(n) // after the work: the reply was lost
	}
	return nil
}

type tx struct{ *world }

func (t tx) SetApplied(_ context.Context, offset int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.applied = offset
	return nil
}

func (w *world) done() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.applied
}

// daemon is an embedded pipeline over the world.
func (w *world) daemon(t *testing.T, health *pipeline.Health) *pipeline.Embedded {
	t.Helper()
	dec, err := decode.New(decode.Options{Limits: decode.DefaultLimits()})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	p := &pipeline.Embedded{
		Journal: w, Store: w, Decoder: dec,
		Policies: []pipeline.Policy{{Source: "http", Disorder: 2 * time.Minute, Lateness: 2 * time.Hour, IdleAfter: 30 * time.Second, Keep: pipeline.KeepAll}},
		Registrar: func(s register.Store) pipeline.Registrar {
			o := pipeline.RegisterOptions(classify.Default())
			o.Store = s
			return pipeline.Assessor{Classifier: classify.New(classify.Default(), nil), Register: register.New(o)}
		},
		Config: correlate.Config{Lateness: 2 * time.Hour}, SnapshotEvery: time.Minute, Now: time.Now, Wake: w.wake,
		Retry: &pipeline.Retry{Health: health, Log: log, Now: time.Now}, Log: log, Health: health,
	}
	if err := p.Start(t.Context(), set(t)); err != nil {
		t.Fatal(err)
	}
	return p
}
