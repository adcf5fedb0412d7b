package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.ProgressStore = (*Store)(nil)

func progressID(of tocsin.SourcePartition) string {
	return "progress-" + tocsin.Hash(of.Source, strconv.Itoa(int(of.Partition)))
}

// StoreProgress writes how far inputs were read, with the owner's epoch as external version; see [sinks.ProgressStore].
func (s *Store) StoreProgress(ctx context.Context, all []tocsin.InputProgress) error {
	actions := make([]action, len(all))
	for i := range all {
		doc, err := json.Marshal(object{"tocsin": object{"kind": "progress"}, "doc": all[i]})
		if err != nil {
			return fmt.Errorf("progress of %s: %w", all[i].Source, err)
		}
		actions[i] = action{op: "index", index: s.index(kindState), id: progressID(all[i].SourcePartition), version: &all[i].Epoch, gte: true, doc: doc}
	}
	_, err := s.put(ctx, actions...)
	return err
}

// Progress returns how far inputs were read, in real time; see [sinks.ProgressStore].
func (s *Store) Progress(ctx context.Context, of []tocsin.SourcePartition) ([]tocsin.InputProgress, error) {
	names := make([]name, len(of))
	for i := range of {
		names[i] = name{s.index(kindState), progressID(of[i])}
	}
	docs, err := s.mget(ctx, names)
	if err != nil {
		return nil, err
	}
	var all []tocsin.InputProgress
	for i := range docs {
		if !docs[i].found {
			continue
		}
		var p tocsin.InputProgress
		if err := docs[i].decode(&p); err != nil {
			return nil, fmt.Errorf("progress of %s: %w", of[i].Source, err)
		}
		all = append(all, p)
	}
	return all, nil
}
