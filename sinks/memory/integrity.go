package memory

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// proofs are what a store keeps beside the register that it may be checked by.
type proofs struct {
	stretches   []tocsin.Stretch
	sequenced   map[string]int64 // by log: its last entry with a leaf
	checkpoints []tocsin.Checkpoint
	exhibits    map[string]tocsin.Exhibit // by incident and id
}

var (
	_ sinks.TreeStore       = (*Store)(nil)
	_ sinks.CheckpointStore = (*Store)(nil)
	_ sinks.EvidenceStore   = (*Store)(nil)
	_ sinks.Retention       = (*Store)(nil)
	_ sinks.LogEraser       = (*Store)(nil)
	_ sinks.Disposer        = (*Store)(nil)
	_ sinks.Entitlement     = (*Store)(nil)
)

// PutStretch creates a stretch; see [sinks.TreeStore].
func (s *Store) PutStretch(ctx context.Context, st tocsin.Stretch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := int64(0)
	for _, there := range s.proofs.stretches {
		if there.First == st.First && reflect.DeepEqual(there, st) {
			return nil
		}
		end = there.End()
	}
	if st.First != end || len(st.Leaves) == 0 {
		return fmt.Errorf("stretch at %d of a tree of %d leaves: %w", st.First, end, tocsin.ErrConflict)
	}
	st.Leaves, st.Hashes = slices.Clone(st.Leaves), slices.Clone(st.Hashes)
	s.proofs.stretches = append(s.proofs.stretches, st)
	if s.proofs.sequenced == nil {
		s.proofs.sequenced = map[string]int64{}
	}
	for _, l := range st.Leaves {
		s.proofs.sequenced[l.Incident] = max(s.proofs.sequenced[l.Incident], l.Seq)
	}
	return ctx.Err()
}

// Stretches returns stretches; see [sinks.TreeStore].
func (s *Store) Stretches(ctx context.Context, from int64, limit int) ([]tocsin.Stretch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.proofs.stretches
	start := slices.IndexFunc(all, func(st tocsin.Stretch) bool { return st.End() > from })
	if from < 0 {
		start, limit = len(all)-1, 1
	}
	if start < 0 {
		return nil, ctx.Err()
	}
	return slices.Clone(all[start:min(start+limit, len(all))]), ctx.Err()
}

// StretchesOf returns those that hold leaves of a log; see [sinks.TreeStore].
func (s *Store) StretchesOf(ctx context.Context, log string) ([]tocsin.Stretch, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []tocsin.Stretch
	for _, st := range s.proofs.stretches {
		if slices.ContainsFunc(st.Leaves, func(l tocsin.TreeLeaf) bool { return l.Incident == log }) {
			all = append(all, st)
		}
	}
	return all, ctx.Err()
}

// Unsequenced lists logs that have grown; see [sinks.TreeStore].
func (s *Store) Unsequenced(ctx context.Context, _ time.Time, limit int) ([]tocsin.LogHead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var heads []tocsin.LogHead
	for _, id := range slices.Sorted(maps.Keys(s.logs)) {
		if seq := s.proofs.sequenced[id]; int64(len(s.logs[id])) > seq && len(heads) < limit {
			heads = append(heads, tocsin.LogHead{Incident: id, Seq: seq})
		}
	}
	return heads, ctx.Err()
}

// PutCheckpoint creates a checkpoint; see [sinks.CheckpointStore].
func (s *Store) PutCheckpoint(ctx context.Context, c tocsin.Checkpoint) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, taken := slices.BinarySearchFunc(s.proofs.checkpoints, c.Size, func(c tocsin.Checkpoint, size int64) int { return cmp.Compare(c.Size, size) })
	if taken {
		if s.proofs.checkpoints[at].Note == c.Note {
			return nil
		}
		return fmt.Errorf("checkpoint of %d leaves: %w", c.Size, tocsin.ErrConflict)
	}
	s.proofs.checkpoints = slices.Insert(s.proofs.checkpoints, at, c)
	return ctx.Err()
}

// Checkpoints returns checkpoints; see [sinks.CheckpointStore].
func (s *Store) Checkpoints(ctx context.Context, from int64, limit int) ([]tocsin.Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.proofs.checkpoints
	if from < 0 {
		return slices.Clone(all[max(len(all)-1, 0):]), ctx.Err()
	}
	start := slices.IndexFunc(all, func(c tocsin.Checkpoint) bool { return c.Size >= from })
	if start < 0 {
		return nil, ctx.Err()
	}
	return slices.Clone(all[start:min(start+limit, len(all))]), ctx.Err()
}

// Originals returns alerts with their bytes; see [sinks.EvidenceStore].
func (s *Store) Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var alerts []tocsin.Alert
	for _, ref := range refs {
		if a, ok := s.alerts[ref.ID]; ok {
			alerts = append(alerts, a)
		}
	}
	return alerts, ctx.Err()
}

// PutExhibits creates copies; see [sinks.EvidenceStore].
func (s *Store) PutExhibits(ctx context.Context, all []tocsin.Exhibit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proofs.exhibits == nil {
		s.proofs.exhibits = map[string]tocsin.Exhibit{}
	}
	for _, x := range all {
		key := x.Incident + " " + x.ID
		if _, there := s.proofs.exhibits[key]; !there {
			x.Original = slices.Clone(x.Original)
			s.proofs.exhibits[key] = x
		}
	}
	return ctx.Err()
}

// Exhibits returns copies; see [sinks.EvidenceStore].
func (s *Store) Exhibits(ctx context.Context, incident string, ids []string, originals bool) ([]tocsin.Exhibit, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []tocsin.Exhibit
	for _, id := range ids {
		x, ok := s.proofs.exhibits[incident+" "+id]
		if !ok {
			continue
		}
		if x.Original = slices.Clone(x.Original); !originals {
			x.Original = nil
		}
		all = append(all, x)
	}
	return all, ctx.Err()
}

// AlertMonths counts alerts by month; see [sinks.Retention].
func (s *Store) AlertMonths(ctx context.Context) (map[string]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	months := map[string]int64{}
	for _, a := range s.alerts {
		months[sinks.Month(&a)]++
	}
	return months, ctx.Err()
}

// DropAlerts deletes a month's alerts; see [sinks.Retention].
func (s *Store) DropAlerts(ctx context.Context, month string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.alerts)
	maps.DeleteFunc(s.alerts, func(_ string, a tocsin.Alert) bool { return sinks.Month(&a) == month })
	return int64(before - len(s.alerts)), ctx.Err()
}

// Copies are the ids of all copies of an incident; see [sinks.Disposer].
func (s *Store) Copies(ctx context.Context, incident string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, x := range s.proofs.exhibits {
		if x.Incident == incident {
			ids = append(ids, x.ID)
		}
	}
	slices.Sort(ids)
	return ids, ctx.Err()
}

// DropOriginals deletes the bytes of copies; see [sinks.Disposer].
func (s *Store) DropOriginals(ctx context.Context, incident string, ids []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		key := incident + " " + id
		if x, there := s.proofs.exhibits[key]; there {
			x.Original = nil
			s.proofs.exhibits[key] = x
		}
	}
	return ctx.Err()
}

// ReplaceEntry replaces an entry; see [sinks.LogEraser].
func (s *Store) ReplaceEntry(ctx context.Context, e tocsin.LogEntry) error {
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if log := s.logs[e.Incident]; e.Seq < 1 || e.Seq > int64(len(log)) {
		return fmt.Errorf("log entry %s: %w", e.ID(), tocsin.ErrNotFound)
	}
	s.logs[e.Incident][e.Seq-1] = data
	return ctx.Err()
}

// Fold has nothing to clear: what was replaced is gone; see [sinks.LogEraser].
func (s *Store) Fold(ctx context.Context) error { return ctx.Err() }

// Entitled lets everybody; see [sinks.Entitlement].
func (s *Store) Entitled(ctx context.Context, _ string) error { return ctx.Err() }
