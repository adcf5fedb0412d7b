package elastic

import (
	"context"
	"encoding/json"
	"errors"

	"tocsin"
)

// Partitions notes how many partitions a log has, once for its life, and returns what was noted first, by whichever daemon.
// Saved engines hold the keys of one partition each, so that a log of another number is not theirs.
func (s *Store) Partitions(ctx context.Context, topic string, n int) (int, error) {
	type noted struct {
		Version    int64  `json:"version"`
		Topic      string `json:"topic"`
		Partitions int    `json:"partitions"`
	}
	at := name{s.index(kindState), "partitions-" + tocsin.Hash(topic)}
	doc, err := json.Marshal(object{"tocsin": object{"kind": "partitions"}, "doc": noted{1, topic, n}})
	if err != nil {
		return 0, err
	}
	for {
		var first noted
		switch _, err := s.one(ctx, at, &first); {
		case err == nil:
			return first.Partitions, nil
		case !errors.Is(err, tocsin.ErrNotFound):
			return 0, err
		}
		if err := s.succeed(ctx, at, 1, doc); err != nil && !errors.Is(err, tocsin.ErrConflict) {
			return 0, err
		}
	}
}
