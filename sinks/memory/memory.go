// Package memory is a store that keeps everything in memory and nothing beyond the process: for tests, replays and
// as the reference that the other stores are compared with.
package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"tocsin"
	"tocsin/sinks"
)

// A Store keeps every contract of package sinks and of the register. The zero value is not ready: use [New]. It is
// safe for concurrent use; what it hands out is a copy.
type Store struct {
	mu         sync.Mutex
	alerts     map[string]tocsin.Alert
	events     map[string]versioned
	rejections map[string]tocsin.Rejection
	disposed   map[string][]tocsin.Disposition // by letter
	snapshots  map[int32]snapshot
	logs       map[string][][]byte
	incidents  map[string]versioned
	measured   []string // incidents, as they were written
	verdicts   map[string]versioned
	slots      map[string]versioned
	counters   map[string]int64
	notices    map[string]versioned
	told       map[string]int64 // entries of an incident's log
	proofs     proofs
	audit      map[string]tocsin.AuditEntry
	informants map[string]tocsin.Informant
	secrets    map[string]map[string][]byte // by kind and name
	backlog    map[string]tocsin.Backlog
}

// versioned is a document as JSON: what is read is a copy, made as the stores on disk make it.
type versioned struct {
	version int64
	doc     []byte
}

type snapshot struct {
	manifest sinks.Manifest
	packed   []byte
	version  int64
}

var (
	_ sinks.AlertStore      = (*Store)(nil)
	_ sinks.EventStore      = (*Store)(nil)
	_ sinks.DeadLetterStore = (*Store)(nil)
	_ sinks.DeadLetters     = (*Store)(nil)
	_ sinks.StateStore      = (*Store)(nil)
	_ sinks.AuditLog        = (*Store)(nil)
)

// New returns an empty store.
func New() *Store {
	return &Store{
		alerts:     map[string]tocsin.Alert{},
		events:     map[string]versioned{},
		rejections: map[string]tocsin.Rejection{}, disposed: map[string][]tocsin.Disposition{},
		snapshots: map[int32]snapshot{},
		notices:   map[string]versioned{}, told: map[string]int64{},
		logs:       map[string][][]byte{},
		incidents:  map[string]versioned{},
		verdicts:   map[string]versioned{},
		slots:      map[string]versioned{},
		counters:   map[string]int64{},
		audit:      map[string]tocsin.AuditEntry{},
		backlog:    map[string]tocsin.Backlog{},
		informants: map[string]tocsin.Informant{},
	}
}

// StoreAlerts creates each alert; see [sinks.AlertStore]. It keeps Raw and Fields as they are, without a copy.
func (s *Store) StoreAlerts(ctx context.Context, alerts []tocsin.Alert) ([]tocsin.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	receipts := make([]tocsin.Receipt, len(alerts))
	for i, a := range alerts {
		verdict := s.create(a)
		if verdict == tocsin.Resent {
			again := sinks.Resend(a)
			s.create(again)
			receipts[i].Other = again.ID
		}
		receipts[i].Verdict = verdict
	}
	return receipts, ctx.Err()
}

func (s *Store) create(a tocsin.Alert) tocsin.ReceiptVerdict {
	stored, taken := s.alerts[a.ID]
	if !taken {
		s.alerts[a.ID] = a
		return tocsin.Stored
	}
	return sinks.Judge(&a, stored.Ref, stored.SHA256)
}

// StoreEvents keeps each event unless a later revision is there; see [sinks.EventStore].
func (s *Store) StoreEvents(ctx context.Context, events []tocsin.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range events {
		if err := supersede(s.events, events[i].ID, events[i].Revision, &events[i]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// supersede stores doc unless its version or a later one is there.
func supersede(docs map[string]versioned, id string, version int64, doc any) error {
	if old, ok := docs[id]; ok && old.version >= version {
		return nil
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("document %s: %w", id, err)
	}
	docs[id] = versioned{version, data}
	return nil
}

// read decodes the document id into a T; the error wraps [tocsin.ErrNotFound].
func read[T any](docs map[string]versioned, id string) (T, error) {
	var doc T
	stored, ok := docs[id]
	if !ok {
		return doc, fmt.Errorf("%.80q: %w", id, tocsin.ErrNotFound)
	}
	return doc, json.Unmarshal(stored.doc, &doc)
}

// StoreRejections keeps each rejection once; see [sinks.DeadLetterStore].
func (s *Store) StoreRejections(ctx context.Context, rejections []tocsin.Rejection) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rejections {
		if _, ok := s.rejections[r.ID]; !ok {
			r.Raw = slices.Clone(r.Raw)
			s.rejections[r.ID] = r
		}
	}
	return ctx.Err()
}

// Rejection returns one dead letter; see [sinks.DeadLetters].
func (s *Store) Rejection(_ context.Context, id string) (tocsin.Rejection, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.rejections[id]
	if !ok {
		return r, fmt.Errorf("dead letter %.80q: %w", id, tocsin.ErrNotFound)
	}
	r.Raw = slices.Clone(r.Raw)
	return r, nil
}

// Rejections lists dead letters; see [sinks.DeadLetters].
func (s *Store) Rejections(_ context.Context, q sinks.RejectionQuery) (tocsin.Page[tocsin.Rejection], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []item[tocsin.Rejection]
	for _, r := range s.rejections {
		if wanted(q.Tenant, r.Tenant) && wanted(q.Source, r.Source) && wanted(q.Reason, r.Reason) && !r.Received.Before(q.Since) {
			r.Raw = slices.Clone(r.Raw[:min(len(r.Raw), sinks.Beginning)])
			all = append(all, item[tocsin.Rejection]{sinks.Key{At: sinks.Nanos(r.Received), ID: r.ID}, r})
		}
	}
	return page("rejections", all, q.Limit, q.Cursor)
}

// wanted reports whether a filter lets a value through; an empty filter does so with all.
func wanted(filter, value string) bool { return filter == "" || filter == value }

// StoreSnapshot keeps the snapshot unless a later one is there; see [sinks.StateStore].
func (s *Store) StoreSnapshot(ctx context.Context, snap tocsin.Snapshot) error {
	manifest, packed, err := sinks.Pack(snap)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.snapshots[snap.Partition]; !ok || old.version <= snap.Version() {
		s.snapshots[snap.Partition] = snapshot{manifest, packed, snap.Version()}
	}
	return ctx.Err()
}

// LatestSnapshot returns the partition's snapshot; see [sinks.StateStore].
func (s *Store) LatestSnapshot(_ context.Context, partition int32) (tocsin.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	snap, ok := s.snapshots[partition]
	if !ok {
		return tocsin.Snapshot{}, fmt.Errorf("snapshot of partition %d: %w", partition, tocsin.ErrNotFound)
	}
	return sinks.Unpack(snap.manifest, snap.packed)
}
