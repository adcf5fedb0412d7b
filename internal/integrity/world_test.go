package integrity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks"
	"tocsin/sinks/memory"
	"tocsin/sinks/sqlite"
)

var t0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

var ann = tocsin.Actor{Kind: "person", ID: "ann", Role: "coordinator"}

// A full store is what the daemon has.
type full interface {
	register.Store
	register.Exhibits
	register.Eraser
	register.Disposer
	Store
	Verifiable
	sinks.AlertStore
	sinks.EventStore
}

// A world is a register over a store, what seals it, and the second place.
type world struct {
	t        testing.TB
	store    full
	register *register.Register
	sealer   *Sealer
	signing  Signing
	anchor   FileAnchor
	now      time.Time
	settle   func() // lets searches see what was written
}

func newWorld(t testing.TB, store full) *world {
	t.Helper()
	w := &world{t: t, store: store, now: t0, settle: func() {}, anchor: FileAnchor(filepath.Join(t.TempDir(), "checkpoints.txt"))}
	w.register = register.New(register.Options{Store: store, Exhibits: store, Tool: "tocsin test", Now: func() time.Time { return w.now }})
	var err error
	if w.signing, err = OpenSigning(filepath.Join(t.TempDir(), "key"), "tocsin", true); err != nil {
		t.Fatal(err)
	}
	w.sealer = w.another()
	return w
}

// another is a sealer of another daemon, or of this one after a restart.
func (w *world) another() *Sealer {
	return &Sealer{
		Store: w.store, Origin: "tocsin", Signers: w.signing.Signers, Anchors: []Anchor{w.anchor}, Now: func() time.Time { return w.now },
		Log: slog.New(slog.DiscardHandler),
	}
}

func newSQLite(t testing.TB) (*sqlite.Store, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "register.db")
	s, err := sqlite.Open(context.Background(), sqlite.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, file
}

func newMemory() *memory.Store { return memory.New() }

// incident founds an incident of an event with three alerts.
func (w *world) incident(n int) tocsin.Incident {
	w.t.Helper()
	ctx := w.t.Context()
	e := tocsin.Event{
		ID: fmt.Sprintf("202611-%032x", n), Tenant: "default", Activity: tocsin.Open, Milestone: tocsin.MilestoneOpened, Revision: 1,
		Rule:  tocsin.RuleRef{ID: "r", Title: "Password spray", Level: "high", Incident: tocsin.IncidentGrouping{GroupBy: []string{"source.ip"}, Window: time.Hour}},
		Group: tocsin.Group{{Field: "source.ip", Value: tocsin.StringValue(fmt.Sprintf("10.0.%d.%d", n/250, n%250))}},
		First: w.now, Last: w.now, Opened: w.now, Detected: w.now, Count: 3,
	}
	for k := range 3 {
		raw := fmt.Appendf(nil, `{"message":"failed login %d of %d"}`, k, n)
		a := tocsin.Alert{
			Tenant: "default", Source: "siem", Format: "ecs", Ref: tocsin.Ref{Topic: "alerts", Partition: 1, Offset: int64(10*n + k)},
			Time: w.now, Received: w.now, SHA256: sha256.Sum256(raw), Raw: raw,
		}
		a.ID = tocsin.AlertID(a.Tenant, a.Ref, a.Digest())
		if _, err := w.store.StoreAlerts(ctx, []tocsin.Alert{a}); err != nil {
			w.t.Fatal(err)
		}
		e.Evidence.Alerts = append(e.Evidence.Alerts, tocsin.AlertRef{ID: a.ID, Source: a.Source, Ref: a.Ref, Time: a.Time, Received: a.Received, Digest: a.SHA256})
	}
	if err := w.store.StoreEvents(ctx, []tocsin.Event{e}); err != nil {
		w.t.Fatal(err)
	}
	out, err := w.register.Apply(ctx, e, tocsin.Assessment{
		State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P2", Category: "intrusion-attempts/brute-force", Urgency: "active",
		Impact: tocsin.Impact{Functional: "low"}, Class: "II", Severity: "less_serious", Platform: "linux", Why: []string{"because"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	i := out.Incident
	for k, act := range []tocsin.Action{tocsin.ActDeclare, tocsin.ActAcknowledge, tocsin.ActComment, tocsin.ActContain} {
		w.now = w.now.Add(time.Minute)
		i, err = w.register.Do(ctx, register.Command{ID: fmt.Sprintf("c%d-%d", n, k), Incident: i.ID, Action: act, By: ann, Text: "looked"})
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return i
}

func (w *world) seal() {
	w.t.Helper()
	w.now = w.now.Add(5 * time.Minute)
	w.settle()
	if err := w.sealer.Seal(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// trust is what an auditor has.
func (w *world) trust() Trust {
	w.t.Helper()
	text, err := tail(string(w.anchor))
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := ParseKeys(strings.Join(w.signing.Public, "\n"))
	if err != nil {
		w.t.Fatal(err)
	}
	return Trust{Keys: keys, Published: SplitCheckpoints(string(text))}
}

// export is one incident as a file. What the custody notes of it may be given.
func (w *world) export(i tocsin.Incident, notes ...any) Export {
	w.t.Helper()
	ctx := w.t.Context()
	e := Export{Exported: Exported{At: w.now, By: ann, Version: "test"}}
	notes = append(notes, Noted{Originals: true, Version: "test"})
	if err := w.register.Handle(ctx, register.Handling{Log: register.CustodyID(i.ID), Tenant: i.Tenant, Action: tocsin.ActExport, By: ann, Data: notes[0]}); err != nil {
		w.t.Fatal(err)
	}
	var err error
	if e.Incident, err = w.register.Incident(ctx, i.ID); err != nil {
		w.t.Fatal(err)
	}
	if e.Log, err = w.store.Entries(ctx, i.ID, 1); err != nil {
		w.t.Fatal(err)
	}
	if e.Custody, err = w.store.Entries(ctx, register.CustodyID(i.ID), 1); err != nil {
		w.t.Fatal(err)
	}
	ids, err := register.ExhibitIDs(e.Log)
	if err != nil {
		w.t.Fatal(err)
	}
	if e.Evidence, err = w.store.Exhibits(ctx, i.ID, ids, true); err != nil {
		w.t.Fatal(err)
	}
	if e.Proof, err = Prove(ctx, w.store, w.signing.Public, e.Log, e.Custody); err != nil {
		w.t.Fatal(err)
	}
	return e
}

// scene fills a register over a few checkpoints; read gives its documents as they are then.
func scene(w *world, read func() documents) (old documents) {
	i := w.incident(1)
	w.incident(2)
	w.seal()
	old = read()
	w.incident(3)
	if err := w.register.Handle(w.t.Context(), register.Handling{Log: register.CustodyID(i.ID), Tenant: i.Tenant, Action: tocsin.ActAccess, By: ann, Reason: "looked"}); err != nil {
		w.t.Fatal(err)
	}
	w.seal()
	w.incident(4)
	gone := w.end(w.incident(5))
	q := register.Disposing{Incident: gone.ID, Before: w.now.Add(time.Second), By: ann, Reason: "policy 3"}
	if d, err := w.register.Dispose(w.t.Context(), w.store, q); err != nil || len(d.Exhibits) != 3 {
		w.t.Fatalf("disposed of: %+v (%v)", d, err)
	}
	w.seal()
	return old
}
