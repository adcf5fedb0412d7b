package elastic

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"tocsin"
	"tocsin/sinks"
)

const (
	// kindCheckpoints is the kind of the index of what proves the register: stretches of its tree, and checkpoints.
	kindCheckpoints = "checkpoints"
	kindStretch     = "stretch"
	kindCheckpoint  = "checkpoint"
)

var (
	_ sinks.TreeStore       = (*Store)(nil)
	_ sinks.CheckpointStore = (*Store)(nil)
)

func stretchID(first int64) string    { return fmt.Sprintf("stretch:%016d", first) }
func checkpointID(size int64) string  { return fmt.Sprintf("checkpoint:%016d", size) }
func sequencedID(log string) string   { return "sequenced:" + log }
func (s *Store) stretch(n int64) name { return name{s.index(kindCheckpoints), stretchID(n)} }

// PutStretch creates a stretch, and then notes in the state index up to where its logs have leaves; see
// [sinks.TreeStore]. Written again, it writes the notes again: they may be missing where the daemon was killed.
func (s *Store) PutStretch(ctx context.Context, st tocsin.Stretch) error {
	if st.First > 0 {
		if last, err := s.Stretches(ctx, st.First-1, 1); err != nil {
			return err
		} else if len(last) == 0 || last[0].End() != st.First && last[0].First != st.First {
			return fmt.Errorf("stretch at %d follows none: %w", st.First, tocsin.ErrConflict)
		}
	}
	last := lastOf(&st)
	if err := s.createOnce(ctx, s.stretch(st.First), st.At, stretchFields(&st, last), st); err != nil {
		return err
	}
	var notes []action
	for log, seq := range last {
		doc, err := stored(st.At, "state", object{"id": sequencedID(log), "kind": "sequenced"}, tocsin.LogHead{Incident: log, Seq: seq})
		if err != nil {
			return err
		}
		notes = append(notes, action{op: "index", index: s.index(kindState), id: sequencedID(log), version: &seq, gte: true, doc: doc})
	}
	_, err := s.put(ctx, notes...)
	return err
}

// lastOf are the last entries of logs that have their leaf in a stretch.
func lastOf(st *tocsin.Stretch) map[string]int64 {
	last := map[string]int64{}
	for _, l := range st.Leaves {
		last[l.Incident] = max(last[l.Incident], l.Seq)
	}
	return last
}

// stretchFields are what a stretch is found by.
func stretchFields(st *tocsin.Stretch, last map[string]int64) object {
	return object{"id": stretchID(st.First), "kind": kindStretch, "seq": st.End() - 1, "count": len(st.Leaves), "incident": slices.Sorted(maps.Keys(last))}
}

// checkpointFields are what a checkpoint is found by.
func checkpointFields(c *tocsin.Checkpoint) object {
	return object{"id": checkpointID(c.Size), "kind": kindCheckpoint, "seq": c.Size}
}

// createOnce creates a document, or returns [tocsin.ErrConflict] where another stands; the same again is no error.
func (s *Store) createOnce(ctx context.Context, at name, when time.Time, fields object, v any) error {
	doc, err := stored(when, "event", fields, v)
	if err != nil {
		return fmt.Errorf("%s: %w", at.id, err)
	}
	ledger, err := s.put(ctx, action{op: "create", index: at.index, id: at.id, doc: doc})
	if err != nil || ledger[0].verdict() != conflict {
		return err
	}
	there, err := s.mget(ctx, []name{at})
	if err != nil {
		return err
	}
	inner, err := there[0].inner()
	if err != nil {
		return err
	}
	if ours, err := json.Marshal(v); err != nil || string(ours) != string(inner) {
		return errors.Join(fmt.Errorf("%s: %w", at.id, tocsin.ErrConflict), err)
	}
	return nil
}

// StretchesOf returns those that hold leaves of a log; see [sinks.TreeStore].
func (s *Store) StretchesOf(ctx context.Context, log string) ([]tocsin.Stretch, error) {
	var all []tocsin.Stretch
	for after := int64(-1); ; after = all[len(all)-1].End() - 1 {
		reply, err := s.search(ctx, s.index(kindCheckpoints), object{
			"size": stretchesAtOnce, "track_total_hits": false, "_source": []string{"doc"},
			"sort": []object{{"tocsin.seq": object{"order": "asc", "unmapped_type": "long"}}},
			"query": object{"bool": object{"filter": []object{
				{"term": object{"tocsin.kind": kindStretch}}, {"term": object{"tocsin.incident": log}}, {"range": object{"tocsin.seq": object{"gt": after}}},
			}}},
		})
		if err != nil {
			return nil, err
		}
		for _, hit := range reply.Hits.Hits {
			var st tocsin.Stretch
			if err := (&document{source: hit.Source}).decode(&st); err != nil {
				return nil, fmt.Errorf("document %.80q: %w", hit.ID, err)
			}
			all = append(all, st)
		}
		if len(reply.Hits.Hits) < stretchesAtOnce {
			return all, nil
		}
	}
}

// stretchesAtOnce bounds an answer: a stretch may have half a megabyte.
const stretchesAtOnce = 50

// A storedStretch is one with the text of its document.
type storedStretch struct {
	tocsin.Stretch
	source string
	odd    error // it says more than it should
}

func readStored(source string) (st storedStretch, err error) {
	st.source = source
	if st.Stretch, st.odd = sinks.WholeStretch(innerOf(source)); st.odd != nil {
		st.Stretch, err = sinks.ReadStretch(innerOf(source))
	}
	return st, err
}

// Stretches returns stretches; see [sinks.TreeStore]. What a search does not see yet is read by its id, from behind the
// last stretch that one saw. No answer depends on what two searches saw: Elasticsearch may refresh between them.
func (s *Store) Stretches(ctx context.Context, from int64, limit int) ([]tocsin.Stretch, error) {
	found, err := s.stretchesFrom(ctx, from, limit)
	if err != nil {
		return nil, err
	}
	var all []tocsin.Stretch
	for _, st := range found {
		all = append(all, st.Stretch)
	}
	return all, nil
}

func (s *Store) stretchesFrom(ctx context.Context, from int64, limit int) ([]storedStretch, error) {
	if from < 0 {
		last, err := s.searched(ctx, object{"gte": 0}, "desc", 1)
		if err == nil {
			last, err = s.newest(ctx, last, endOf(last), -1, math.MaxInt)
		}
		return last[max(len(last)-1, 0):], err
	}
	all, err := s.searched(ctx, object{"gte": from}, "asc", limit)
	if err != nil {
		return nil, err
	}
	next := endOf(all)
	if len(all) == 0 { // what holds the leaf, if anything, follows one that ends before it
		before, err := s.searched(ctx, object{"lt": from}, "desc", 1)
		if err != nil {
			return nil, err
		}
		next = endOf(before)
	}
	return s.newest(ctx, all, next, from, limit)
}

func endOf(all []storedStretch) int64 {
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].End()
}

// searched are those that a search sees, by the numbers of their last leaves.
func (s *Store) searched(ctx context.Context, seq object, order string, limit int) ([]storedStretch, error) {
	var all []storedStretch
	query := object{
		"size": min(max(limit, 1), 100), "track_total_hits": false,
		"sort":  []object{{"tocsin.seq": object{"order": order, "unmapped_type": "long"}}},
		"query": object{"bool": object{"filter": []object{{"term": object{"tocsin.kind": kindStretch}}, {"range": object{"tocsin.seq": seq}}}}},
	}
	_, err := s.page(ctx, s.index(kindCheckpoints), query, taking{each: func(hit *wholeHit) error {
		st, err := readStored(hit.source)
		if err != nil {
			return fmt.Errorf("document %.80q: %w", hit.id, err)
		}
		all = append(all, st)
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// newest adds the stretches that stand from a leaf on, each behind the other, up to limit in all, but none that ends
// before another leaf.
func (s *Store) newest(ctx context.Context, all []storedStretch, next, from int64, limit int) ([]storedStretch, error) {
	for len(all) < limit {
		doc, err := s.one(ctx, s.stretch(next), &tocsin.Stretch{})
		if errors.Is(err, tocsin.ErrNotFound) {
			break
		} else if err != nil {
			return nil, err
		}
		st, err := readStored(string(doc.source))
		if err != nil {
			return nil, fmt.Errorf("document %.80q: %w", stretchID(next), err)
		}
		if next = st.End(); next > from {
			all = append(all, st)
		}
	}
	return all, nil
}

// Unsequenced lists logs that have grown; see [sinks.TreeStore]: what an aggregation over the logs says they hold, less
// what the notes say has a leaf.
func (s *Store) Unsequenced(ctx context.Context, since time.Time, limit int) ([]tocsin.LogHead, error) {
	filters := []object{}
	if !since.IsZero() {
		filters = append(filters, object{"range": object{"tocsin.order.recorded": object{"gte": sinks.Nanos(since)}}})
	}
	var heads []tocsin.LogHead
	var after object
	for {
		held, next, err := s.logs(ctx, filters, after)
		if err != nil || len(held) == 0 {
			return heads, err
		}
		names := make([]name, len(held))
		for i, h := range held {
			names[i] = name{s.index(kindState), sequencedID(h.Incident)}
		}
		docs, err := s.mget(ctx, names)
		if err != nil {
			return nil, err
		}
		for i, h := range held {
			var known tocsin.LogHead
			if docs[i].found {
				if err := docs[i].decode(&known); err != nil {
					return nil, err
				}
			}
			if known.Seq >= h.Seq {
				continue
			}
			if heads = append(heads, tocsin.LogHead{Incident: h.Incident, Seq: known.Seq}); len(heads) == limit {
				return heads, nil
			}
		}
		if after = next; after == nil {
			return heads, nil
		}
	}
}

// logs is a page of the logs and the number of their last entry.
func (s *Store) logs(ctx context.Context, filters []object, after object) ([]tocsin.LogHead, object, error) {
	composite := object{"size": 1000, "sources": []object{{"log": object{"terms": object{"field": "tocsin.incident"}}}}}
	if after != nil {
		composite["after"] = after
	}
	reply, err := s.search(ctx, s.monthly(kindLog, "*"), object{
		"size": 0, "track_total_hits": false, "query": object{"bool": object{"filter": filters}},
		"aggs": object{"logs": object{"composite": composite, "aggs": object{"seq": object{"max": object{"field": "tocsin.seq"}}}}},
	})
	if err != nil {
		return nil, nil, err
	}
	var found struct {
		Logs struct {
			After   object `json:"after_key"`
			Buckets []struct {
				Key struct {
					Log string `json:"log"`
				} `json:"key"`
				Seq struct {
					Value float64 `json:"value"`
				} `json:"seq"`
			} `json:"buckets"`
		} `json:"logs"`
	}
	if len(reply.Aggregations) > 0 {
		if err := json.Unmarshal(reply.Aggregations, &found); err != nil {
			return nil, nil, fmt.Errorf("logs: %v: %w", err, errOdd)
		}
	}
	heads := make([]tocsin.LogHead, len(found.Logs.Buckets))
	for i, b := range found.Logs.Buckets {
		heads[i] = tocsin.LogHead{Incident: b.Key.Log, Seq: int64(b.Seq.Value)}
	}
	return heads, found.Logs.After, nil
}

// PutCheckpoint creates a checkpoint; see [sinks.CheckpointStore].
func (s *Store) PutCheckpoint(ctx context.Context, c tocsin.Checkpoint) error {
	return s.createOnce(ctx, name{s.index(kindCheckpoints), checkpointID(c.Size)}, c.At, checkpointFields(&c), c)
}

// Checkpoints returns checkpoints; see [sinks.CheckpointStore]. They are searched for, but for the one of exactly that size,
// which is read by its id.
func (s *Store) Checkpoints(ctx context.Context, from int64, limit int) ([]tocsin.Checkpoint, error) {
	order := "asc"
	if from < 0 {
		order, limit = "desc", 1
	}
	reply, err := s.search(ctx, s.index(kindCheckpoints), object{
		"size": min(max(limit, 1), 1000), "track_total_hits": false, "_source": []string{"doc"},
		"sort":  []object{{"tocsin.seq": object{"order": order, "unmapped_type": "long"}}},
		"query": object{"bool": object{"filter": []object{{"term": object{"tocsin.kind": kindCheckpoint}}, {"range": object{"tocsin.seq": object{"gte": max(from, 0)}}}}}},
	})
	if err != nil {
		return nil, err
	}
	var all []tocsin.Checkpoint
	for _, hit := range reply.Hits.Hits {
		var c tocsin.Checkpoint
		if err := (&document{source: hit.Source}).decode(&c); err != nil {
			return nil, fmt.Errorf("document %.80q: %w", hit.ID, err)
		}
		all = append(all, c)
	}
	if from <= 0 || len(all) > 0 && all[0].Size == from {
		return all, nil
	}
	var exact tocsin.Checkpoint
	if _, err := s.one(ctx, name{s.index(kindCheckpoints), checkpointID(from)}, &exact); errors.Is(err, tocsin.ErrNotFound) {
		return all, nil
	} else if err != nil {
		return nil, err
	}
	all = slices.Insert(all, 0, exact)
	return all[:min(len(all), max(limit, 1))], nil
}
