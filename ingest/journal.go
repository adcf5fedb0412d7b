package ingest

import (
	"context"
	"errors"
	"time"
)

// A Journal makes records durable. When Append returns nil all of them are, or were before; else none need be. A
// record with a Position that the journal has for its Source is a duplicate and is kept once. A record with a Fault is
// kept for the dead-letter place.
type Journal interface {
	Append(ctx context.Context, records []Record) (Result, error)
}

// A Result says how many records are new, and how many the journal had.
type Result struct{ Accepted, Duplicate int }

// The answers of a [Journal] that say why nothing was taken. Any other error is [ErrUnavailable].
var (
	ErrBacklog     = errors.New("backlog is full")         // more is waiting to be processed than the cap allows
	ErrFull        = errors.New("store is full")           //
	ErrUnavailable = errors.New("store cannot be reached") //
)

// A Cursor is how far one part of a source has been read, in the source's own words: a file of those that it follows.
type Cursor struct {
	Source string
	Name   string // of the part, among those of the source
	Value  []byte // nil forgets it
}

// A ResumableJournal also keeps cursors. What AppendAt is given becomes durable as one, records and cursor: after a
// crash both are there or neither. Where records and cursors have no common store the records come first, each with an
// Origin, so that what is read again is the same alert. Cursors returns a source's, by name.
type ResumableJournal interface {
	Journal
	AppendAt(ctx context.Context, records []Record, at Cursor) (Result, error)
	Cursors(ctx context.Context, source string) (map[string][]byte, error)
}

// Patience is how a source waits for a journal that does not take its records: it reads no more meanwhile, so that
// whoever sends has to wait too.
type Patience struct {
	Refused func(error) // told of every refusal; nil: nobody
}

// The pauses between two tries: the first, and the longest.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// Deliver repeats take until the journal has taken what it is given, or ctx ends; the error is then ctx's.
func (p Patience) Deliver(ctx context.Context, take func(context.Context) (Result, error)) (Result, error) {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		done, err := take(ctx)
		if err == nil {
			return done, nil
		}
		if ctx.Err() != nil {
			return Result{}, ctx.Err()
		}
		if p.Refused != nil {
			p.Refused(err)
		}
		select {
		case <-ctx.Done():
			return Result{}, ctx.Err()
		case <-time.After(pause):
		}
	}
}
