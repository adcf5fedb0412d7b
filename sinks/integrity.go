package sinks

import (
	"context"
	"time"

	"tocsin"
)

// A TreeStore keeps the register's tree of hashes, in stretches that are created whole and never changed.
type TreeStore interface {
	// PutStretch creates a stretch at its place: [tocsin.ErrConflict] where another one stands or before it is a gap. The
	// same again changes nothing.
	PutStretch(ctx context.Context, s tocsin.Stretch) error
	// Stretches returns at most limit stretches, in order, from the one that holds the leaf on; from -1 is the last one
	// alone. What was created a moment ago is there.
	Stretches(ctx context.Context, from int64, limit int) ([]tocsin.Stretch, error)
	// StretchesOf returns the stretches that hold leaves of a log, in order. It may lag behind by a second.
	StretchesOf(ctx context.Context, log string) ([]tocsin.Stretch, error)
	// Unsequenced lists logs with entries that have no leaf, and up to which entry they have. Since may leave out logs in
	// which nothing was recorded since then; the zero time leaves out none. It may lag behind by a second.
	Unsequenced(ctx context.Context, since time.Time, limit int) ([]tocsin.LogHead, error)
}

// A CheckpointStore keeps what was signed of the tree, by size; each is created once, and what stands there stays.
type CheckpointStore interface {
	// PutCheckpoint returns [tocsin.ErrConflict] where another checkpoint of that size stands.
	PutCheckpoint(ctx context.Context, c tocsin.Checkpoint) error
	// Checkpoints returns at most limit checkpoints of at least that size, in order; from -1 is the last one alone. It may
	// lag behind by a second, but for one of exactly that size: that is there at once.
	Checkpoints(ctx context.Context, from int64, limit int) ([]tocsin.Checkpoint, error)
}

// An EvidenceStore keeps copies of alerts; see register.Exhibits. They are created once and never changed.
type EvidenceStore interface {
	Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error)
	PutExhibits(ctx context.Context, all []tocsin.Exhibit) error
	Exhibits(ctx context.Context, incident string, ids []string, originals bool) ([]tocsin.Exhibit, error)
}

// A Disposer deletes the originals of copies, whose manifests stay; see register.Disposer. In Elasticsearch it needs rights
// that the daemon does not have, as [Retention] and [LogEraser] do.
type Disposer interface {
	// Copies are the ids of all copies of an incident that are there, in order. It may lag behind by a second.
	Copies(ctx context.Context, incident string) ([]string, error)
	// DropOriginals deletes the original bytes of copies of an incident. Those that are not there, and those whose bytes are
	// gone, are left as they are: it may be stopped at any time and repeated.
	DropOriginals(ctx context.Context, incident string, ids []string) error
}

// A Retention drops the alerts of whole months, and a LogEraser replaces an entry by the one that has less in it.
type Retention interface {
	// AlertMonths are the months that hold alerts, e.g. 2026.11, and how many.
	AlertMonths(ctx context.Context) (map[string]int64, error)
	// DropAlerts deletes all alerts of a month and returns how many. It may be stopped at any time and repeated.
	DropAlerts(ctx context.Context, month string) (int64, error)
}

// A LogEraser replaces a log entry that is there; see register.Eraser.
type LogEraser interface {
	ReplaceEntry(ctx context.Context, e tocsin.LogEntry) error
	// Fold clears what the store itself still has of what was replaced, where it can do so at once.
	Fold(ctx context.Context) error
}

// The roles of those who do what the daemon may not.
const (
	RoleRetention = "retention" // drops alerts
	RoleEraser    = "eraser"    // replaces entries and deletes originals
)

// An Entitlement tells whether whoever a store is opened as may do the work of a role. It is asked before a log says that
// the work is done: such an entry cannot be taken back.
type Entitlement interface {
	// Entitled names what is missing. A store that does not tell refuses nobody here.
	Entitled(ctx context.Context, role string) error
}

// MaxLeaves is how many leaves one stretch holds at most: some 250 bytes each in JSON.
const MaxLeaves = 2048
