// Package sinks is where the pipeline's results are stored: the contracts that every store keeps, and what wraps them
// (retry). Its folders hold one store each; sinktest holds the suite that all of them pass.
//
// All writes are repeatable: ids are derived, so what could not be acknowledged is written again (invariant 3).
package sinks

import (
	"context"
	"errors"

	"tocsin"
)

// ErrPermanent marks an error that no retry cures and that is the operator's to mend: a missing index, a revoked
// right. The sink halts with an alarm; nothing is dead-lettered for it (delivery.md 3.1, 5).
var ErrPermanent = errors.New("not to be cured by a retry")

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

// A StateStore keeps snapshots of the engine, the newest per partition. Store never replaces one of a higher offset;
// Latest returns [tocsin.ErrNotFound] where there is none, and an error for one that is damaged.
type StateStore interface {
	StoreSnapshot(ctx context.Context, s tocsin.Snapshot) error
	LatestSnapshot(ctx context.Context, partition int32) (tocsin.Snapshot, error)
}
