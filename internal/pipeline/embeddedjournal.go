package pipeline

import (
	"context"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/register"
	"tocsin/sinks"
)

// A Row is one record of the journal, the one-partition log of embedded mode. Exactly one of Record and Quiet is set.
type Row struct {
	Offset int64
	Record *ingest.Record
	Quiet  *Quiet
}

// A Quiet is a row that says that sources are idle and, where all are, what time it has become: a record like any
// other, so that a replay of the journal sees it too (engine.md, ruling 4). Or it says what people made of events, or which
// scales judge from there on.
type Quiet struct {
	Idle     []string         `json:"idle,omitempty"`  // names of the sources
	Ended    []string         `json:"ended,omitempty"` // recorded sources that have come to their end
	Tick     time.Time        `json:"tick,omitzero"`
	Feedback *tocsin.Feedback `json:"feedback,omitempty"`
	Scales   string           `json:"scales,omitempty"` // by hash
}

// A Journal is read in the order of its offsets. Read returns at most limit rows after an offset, none where there
// are none yet. AppendQuiet is durable when it returns.
type Journal interface {
	Read(ctx context.Context, after int64, limit int) ([]Row, error)
	AppendQuiet(ctx context.Context, q Quiet) error
}

// Outputs is everything that a batch of rows leads to, within one transaction.
type Outputs interface {
	sinks.AlertStore
	sinks.EventStore
	sinks.DeadLetterStore
	sinks.StateStore
	register.Store
	SetApplied(ctx context.Context, offset int64) error
}

// A Transactor runs f in a transaction: all that f writes becomes durable, or nothing.
type Transactor interface {
	InTx(ctx context.Context, f func(Outputs) error) error
}
