// Package sinks is where the pipeline's results are stored: the contracts that every store keeps, and what wraps them
// (retry). Its folders hold one store each; sinktest holds the suite that all of them pass.
//
// All writes are repeatable: ids are derived, so what could not be acknowledged is written again (invariant 3).
package sinks

import (
	"context"
	"errors"
	"time"

	"tocsin"
)

// ErrPermanent marks an error that no retry cures and that is the operator's to mend: a missing index, a revoked
// right. The sink halts with an alarm; nothing is dead-lettered for it (delivery.md 3.1, 5).
var ErrPermanent = errors.New("waits until somebody mends it")

// The other answers of a store that callers act on.
var (
	// ErrFull says that the store has reached its size cap or the disk its end. Nothing was written and nothing was
	// lost: the intake refuses new records until there is room.
	ErrFull = errors.New("store is full")
	// ErrTooBig marks a document that is over a limit of the store.
	ErrTooBig = errors.New("too big")
	// ErrDamaged marks a stored document that does not read back as it was written.
	ErrDamaged = errors.New("damaged")
	// ErrQuery marks a query that no store answers: an unknown sort order, a cursor of another listing.
	ErrQuery = tocsin.ErrQuery
)

// An AlertStore keeps alerts. StoreAlerts creates each one and tells what became of it, in the order given; a refused
// one has the verdict [tocsin.Refused]. An error means that nothing is known: the batch is written again.
type AlertStore interface {
	StoreAlerts(ctx context.Context, alerts []tocsin.Alert) ([]tocsin.Receipt, error)
}

// An EventStore keeps events, each under its id with Revision as its version: an older or equal revision changes
// nothing and is no error.
type EventStore interface {
	StoreEvents(ctx context.Context, events []tocsin.Event) error
}

// A DeadLetterStore keeps rejected records. The same record rejected again changes nothing.
type DeadLetterStore interface {
	StoreRejections(ctx context.Context, rejections []tocsin.Rejection) error
}

// DeadLetters reads what a [DeadLetterStore] keeps: Rejection returns [tocsin.ErrNotFound], Rejections lists the newest
// received first, each with the [Beginning] of its bytes alone, and may lag behind by a second. All stores have it.
type DeadLetters interface {
	Rejection(ctx context.Context, id string) (tocsin.Rejection, error)
	Rejections(ctx context.Context, q RejectionQuery) (tocsin.Page[tocsin.Rejection], error)
}

// Beginning is how many bytes of a dead letter's record, which may have megabytes, a listing has; a multiple of three.
const Beginning = 999

// A RejectionQuery selects dead letters; zero fields select nothing away.
type RejectionQuery struct {
	Tenant string
	Source string
	Reason string
	Since  time.Time // of received, inclusive
	Limit  int       // 1 to 500; 0: 50
	Cursor string    // of the page before
}

// Dispositions keep what people did with dead letters. Dispose returns [tocsin.ErrConflict] where the letter's number is
// taken by another one, and the same disposition again changes nothing. Dispositions tells those of some letters, in
// order; what was written a moment ago is there. All stores have it.
type Dispositions interface {
	Dispose(ctx context.Context, d tocsin.Disposition) error
	Dispositions(ctx context.Context, letters []string) (map[string][]tocsin.Disposition, error)
}

// A VerdictLister lists verdicts, newest detected first; it may lag behind by a second. All stores have it.
type VerdictLister interface {
	Verdicts(ctx context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error)
}

// Outcomes tell how incidents and events turned out, the newest first, and may lag behind by a second; see
// register.Assessed. All stores have it.
type Outcomes interface {
	Outcomes(ctx context.Context, tenant string, most int) ([]tocsin.Outcome, error)
	Findings(ctx context.Context, tenant string, since time.Time, most int) ([]tocsin.Finding, error)
}

// An AlertLister gives the stored alerts back, with their original bytes where these are kept, in an order that is the
// same each time: that of their storing, or where a store does not keep it that of their event times. A page holds at
// most limit, 1 to 500; next is "" behind the last one. All stores have it.
type AlertLister interface {
	Alerts(ctx context.Context, since time.Time, limit int, cursor string) (alerts []tocsin.Alert, next string, err error)
}

// A ProgressStore keeps how far inputs were read, the word of the latest owner for each partition. StoreProgress of an
// earlier owner changes nothing and is no error; Progress leaves out the partitions that nothing is known of.
type ProgressStore interface {
	StoreProgress(ctx context.Context, all []tocsin.InputProgress) error
	Progress(ctx context.Context, of []tocsin.SourcePartition) ([]tocsin.InputProgress, error)
}

// A StateStore keeps snapshots of the engine, the newest per partition. Store never replaces one of a higher
// [tocsin.Snapshot.Version]; Latest returns [tocsin.ErrNotFound] where there is none, and an error for one that is damaged.
type StateStore interface {
	StoreSnapshot(ctx context.Context, s tocsin.Snapshot) error
	LatestSnapshot(ctx context.Context, partition int32) (tocsin.Snapshot, error)
}
