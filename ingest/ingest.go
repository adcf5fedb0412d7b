// Package ingest is where records come in: the contract of a source, and the batch that it hands over. Its folders
// hold one source each (kafka, http, syslog, file, elastic) and the decoders that make ECS alerts of records (decode).
package ingest

import (
	"context"
	"errors"
	"time"

	"tocsin"
)

// A Record is one raw record as its source delivered it, before decoding.
type Record struct {
	Source   string // the configured source's name
	Tenant   string
	Format   string // decoder to use; "" or "auto" recognises each record
	Ref      tocsin.Ref
	Received time.Time // ruling 2 of engine.md; zero where nothing says so
	Value    []byte    // the original bytes; nil where Fault says why there are none
	// Position names the record within its source where the source can name it again: a journal keeps one record of a
	// position. "" for none.
	Position string
	// Fault is set where the source could not deliver the record's bytes as they are: the reason for the dead-letter
	// place (too_big, bomb, codec). Size is then the size it claims, where known.
	Fault  string
	Detail string
	Size   int64
	// Origin is where a record stood that is sent to the intake again: what comes of it is what would have come of it there.
	Origin *tocsin.Ref
	// Beside is what came with the record and is no part of it: the alert gets it where the record does not say better.
	Beside []Beside
	// Enriched is what was known beside the record when it was first taken: its alert gets that, and not what is known now.
	// Nil: it was never taken before.
	Enriched []tocsin.Field
	// Claim is who the record says that it was written by; nobody has looked whether that is so.
	Claim Claim
}

// A Claim is a record's word on its writer, and what proves it.
type Claim struct{ Actor, At, Signature string }

// A Beside is one field that what carried a record says of it: log.source.address of a datagram, kafka.headers.
type Beside struct {
	Field string   `json:"field"`
	Texts []string `json:"texts"` // one, or a list of them
}

// A Batch is a run of records that is acknowledged as one.
type Batch struct {
	Records []Record
	// Ack says that all of the batch and what it led to is stored: the source may forget it. Batches are acknowledged
	// in the order they were read. It may be called again after an error.
	Ack func(context.Context) error
}

// ErrRevoked is what acknowledging says when the records now belong to another member: they will be read there again.
// It is no failure of the source, and the caller goes on.
var ErrRevoked = errors.New("revoked: another member reads it now")

// A Source delivers records in batches. Read blocks until there is something, returns io.EOF when there will never be
// more, and ctx's error when that ends. A batch is delivered again after a restart unless it was acknowledged.
type Source interface {
	Read(ctx context.Context) (Batch, error)
	Close() error
}
