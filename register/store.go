package register

import (
	"context"

	"tocsin"
)

// A Log keeps the incidents' logs, append-only. Append returns [tocsin.ErrConflict] when the entry's position is
// taken by another entry; the caller reloads, checks its guards again and retries.
type Log interface {
	Append(ctx context.Context, e tocsin.LogEntry) error
	// Entries returns the incident's log from sequence number from on, in order; empty for an unknown incident. It
	// reads what was appended, never a stale index.
	Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error)
}

// A Projection keeps the current state of incidents. PutIncident of an older revision than the stored one changes
// nothing and is no error. Incident returns [tocsin.ErrNotFound]. Incidents may lag behind by a second.
type Projection interface {
	PutIncident(ctx context.Context, i tocsin.Incident) error
	Incident(ctx context.Context, id string) (tocsin.Incident, error)
	Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error)
}

// Verdicts keep the assessments, one per event. PutVerdict stores v when the stored version is v.Version-1 (0: none
// yet) and returns [tocsin.ErrConflict] otherwise; Verdict returns [tocsin.ErrNotFound].
type Verdicts interface {
	PutVerdict(ctx context.Context, v tocsin.Verdict) error
	Verdict(ctx context.Context, event string) (tocsin.Verdict, error)
	// PendingVerdicts lists the verdicts in a state, newest detected first; tenant "" selects all.
	PendingVerdicts(ctx context.Context, tenant string, limit int, cursor string) (tocsin.Page[tocsin.Verdict], error)
}

// Slots keep which open incident an entity's events join. PutSlot stores s when the stored version is s.Version-1 (0:
// none yet) and returns [tocsin.ErrConflict] otherwise.
type Slots interface {
	PutSlot(ctx context.Context, s tocsin.Slot) error
	Slot(ctx context.Context, id string) (tocsin.Slot, error)
}

// A Counter hands out numbers: each one once, gaps allowed.
type Counter interface {
	Next(ctx context.Context, name string) (int64, error)
}

// Evidence reads what the register refers to.
type Evidence interface {
	Event(ctx context.Context, id string) (tocsin.Event, error)
	Events(ctx context.Context, ids []string) ([]tocsin.Event, error) // in the order asked; unknown ones left out
	Alert(ctx context.Context, id string) (tocsin.Alert, error)       // with Raw; Fields as stored
}

// Store is all that the register needs of a store. Every store of package sinks satisfies it.
type Store interface {
	Log
	Projection
	Verdicts
	Slots
	Counter
	Evidence
}
