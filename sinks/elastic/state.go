package elastic

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"tocsin"
	"tocsin/sinks"
)

// chunkBytes is how much of a compressed state one document holds.
const chunkBytes = 1 << 20

// StoreSnapshot writes the state's chunks, then the manifest with its own as external version, then deletes the
// chunks of snapshots before it; see [sinks.StateStore]. Whoever reads meanwhile finds one of the two whole.
func (s *Store) StoreSnapshot(ctx context.Context, snap tocsin.Snapshot) error {
	manifest, packed, err := sinks.Pack(snap)
	if err != nil {
		return err
	}
	version := snap.Version()
	manifest.Chunks = (len(packed) + chunkBytes - 1) / chunkBytes
	for n := range manifest.Chunks {
		part := packed[n*chunkBytes : min((n+1)*chunkBytes, len(packed))]
		doc := fmt.Appendf(nil, `{"tocsin":{"kind":"chunk","partition":%d,"offset":%d},"doc":{"data":%q}}`, snap.Partition, version, base64.StdEncoding.EncodeToString(part))
		if _, err := s.put(ctx, action{op: "index", index: s.index(kindState), id: chunkID(&manifest, n), doc: doc}); err != nil {
			return err
		}
	}
	doc, err := json.Marshal(object{"tocsin": object{"kind": "manifest", "partition": snap.Partition, "offset": version}, "doc": manifest})
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	ledger, err := s.put(ctx, action{op: "index", index: s.index(kindState), id: manifestID(snap.Partition), version: &version, gte: true, doc: doc})
	if err != nil {
		return err
	}
	if ledger[0].verdict() == conflict { // a later snapshot is there: ours never was
		return s.deleteChunks(ctx, &manifest)
	}
	return s.sweep(ctx, snap.Partition, version)
}

func manifestID(partition int32) string { return fmt.Sprintf("manifest-%d", partition) }

// chunkID names a chunk by content, so that a repeated write meets the first one.
func chunkID(m *sinks.Manifest, n int) string {
	return tocsin.Hash("chunk", strconv.Itoa(int(m.Partition)), strconv.FormatInt(m.Offset, 10), m.SHA256, strconv.Itoa(n))
}

func (s *Store) deleteChunks(ctx context.Context, m *sinks.Manifest) error {
	var actions []action
	for n := range m.Chunks {
		actions = append(actions, action{op: "delete", index: s.index(kindState), id: chunkID(m, n)})
	}
	_, err := s.put(ctx, actions...)
	return err
}

// sweep deletes the partition's chunks of lower versions, those too that a crash left behind. What the search does not
// show yet goes with the next snapshot.
func (s *Store) sweep(ctx context.Context, partition int32, version int64) error {
	reply, err := s.search(ctx, s.index(kindState), object{"size": 1000, "_source": false, "query": object{"bool": object{"filter": []object{
		{"term": object{"tocsin.kind": object{"value": "chunk"}}},
		{"term": object{"tocsin.partition": object{"value": partition}}},
		{"range": object{"tocsin.offset": object{"lt": version}}},
	}}}})
	if err != nil {
		return err
	}
	var actions []action
	for _, hit := range reply.Hits.Hits {
		actions = append(actions, action{op: "delete", index: hit.Index, id: hit.ID})
	}
	_, err = s.put(ctx, actions...)
	return err
}

// rereads bounds how often a snapshot is read again because a newer one took its chunks away in between.
const rereads = 5

// LatestSnapshot returns the partition's snapshot; see [sinks.StateStore].
func (s *Store) LatestSnapshot(ctx context.Context, partition int32) (tocsin.Snapshot, error) {
	var last sinks.Manifest
	for range rereads {
		var m sinks.Manifest
		if _, err := s.one(ctx, name{s.index(kindState), manifestID(partition)}, &m); err != nil {
			return tocsin.Snapshot{}, fmt.Errorf("snapshot of partition %d: %w", partition, err)
		}
		if m == last {
			break
		}
		packed, err := s.pieces(ctx, &m, func(n int) string { return chunkID(&m, n) })
		if err == nil {
			return sinks.Unpack(m, packed)
		}
		if !errors.Is(err, sinks.ErrDamaged) {
			return tocsin.Snapshot{}, err
		}
		last = m
	}
	return tocsin.Snapshot{}, fmt.Errorf("snapshot of partition %d at offset %d lacks chunks: %w", partition, last.Offset, sinks.ErrDamaged)
}

// pieces reads what was compressed, one document at a time. The error wraps [sinks.ErrDamaged] where one is missing.
func (s *Store) pieces(ctx context.Context, m *sinks.Manifest, id func(n int) string) ([]byte, error) {
	if m.Chunks < 0 || int64(m.Chunks) > sinks.MaxSnapshot/chunkBytes+2 {
		return nil, fmt.Errorf("%d chunks: %w", m.Chunks, sinks.ErrDamaged)
	}
	var packed []byte
	for n := range m.Chunks {
		var chunk struct {
			Data []byte `json:"data"`
		}
		_, err := s.one(ctx, name{s.index(kindState), id(n)}, &chunk)
		if errors.Is(err, tocsin.ErrNotFound) {
			return nil, fmt.Errorf("chunk %d: %w", n, sinks.ErrDamaged)
		}
		if err != nil {
			return nil, err
		}
		packed = append(packed, chunk.Data...)
	}
	return packed, nil
}
