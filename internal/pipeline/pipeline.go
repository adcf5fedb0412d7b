// Package pipeline joins the stages: it reads records, detects matches, steps the engine, classifies events, writes
// what came of it, and acknowledges (invariant 1). Its parts are the same in every mode; the logs between them differ:
//
//	input -> [Detector] -> matches log -> [Correlator] -> events log -> [Registrar]
//
// [Embedded] runs the three over one journal; the Kafka drivers run each behind its own consumer group.
package pipeline

import (
	"context"
	"time"

	"tocsin"
	"tocsin/ingest"
)

// Keep says which alerts of a source are stored (delivery.md 3.3, 5).
type Keep string

// The ways to keep alerts.
const (
	KeepAll     Keep = "all"     // each one, before it is matched
	KeepMatched Keep = "matched" // those that a rule matched, before their matches go on
	KeepNone    Keep = "none"
)

// A Policy is how one source's alerts are treated.
type Policy struct {
	Source    string
	Disorder  time.Duration // the watermark stays this far behind the greatest accepted time
	Lateness  time.Duration // how long windows still accept
	IdleAfter time.Duration // quiet time after which a source is declared idle
	Recorded  bool          // history being replayed: no ticks
	Ordered   bool          // recorded matches are taken in the order of event time, whatever order they come in
	Keep      Keep
}

// A Decoder makes an alert of a record, or says why it cannot.
type Decoder interface {
	Decode(r ingest.Record) (tocsin.Alert, *tocsin.Rejection)
}

// A Renewer is a decoder that enriches alerts by lists that change. Renew takes over the newest ones and reports whether
// they differ. It is called between two batches, so that all of a batch sees the same.
type Renewer interface {
	Renew() (changed bool)
}

// A Reuser is a [Matcher] that can write the matches to come over those so far, once nobody asks for them any more.
type Reuser interface{ Reuse() }

// A Matcher tells which rules an alert satisfies. It is not safe for concurrent use; the list is good until its next call.
type Matcher interface {
	Match(a *tocsin.Alert) []tocsin.Match
}

// An Engine correlates matches to events, deterministically; see package correlate.
type Engine interface {
	Step(m tocsin.Match) []tocsin.Event
	Mark(m tocsin.Marker) []tocsin.Event
}

// A Registrar assesses events and writes them into the register, as if one after the other. Apply of the same event and
// revision again changes nothing, and completes what an error has cut short.
type Registrar interface {
	Apply(ctx context.Context, events []tocsin.Event) error
}
