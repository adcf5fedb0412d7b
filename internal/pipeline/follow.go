package pipeline

import (
	"context"
	"errors"

	"tocsin"
	"tocsin/rules"
)

// setOf is the rule set that a record of the matches log was made by, and its number.
func setOf(r *tocsin.LogRecord) (hash string, order int64) {
	switch {
	case r.Match != nil:
		return r.Match.Set, r.Match.Order
	case r.Marker != nil:
		return r.Marker.Set, r.Marker.Order
	}
	return "", 0
}

// follows reports whether a set comes into force with a record of it: where it is newer than the one in force, so that
// it is the log that says where a reload happens, and every owner of the partition finds it in the same place (engine.md,
// ruling 18).
func (s *shard) follows(hash string, order int64) bool { return hash != "" && order > s.order }

// setsOf finds the sets that records put in force. One that nobody has is nil: the one in force goes on.
func (c *KafkaCorrelate) setsOf(ctx context.Context, s *shard, records []tocsin.LogRecord) (map[string]*rules.Set, error) {
	var sets map[string]*rules.Set
	for i := range records {
		hash, order := setOf(&records[i])
		if _, ok := sets[hash]; ok || !s.follows(hash, order) {
			continue
		}
		set, err := c.setOf(ctx, hash)
		if err != nil {
			return nil, err
		}
		if sets == nil {
			sets = map[string]*rules.Set{}
		}
		sets[hash] = set
	}
	return sets, nil
}

// setOf finds a rule set by its hash, whatever it takes; nil where nobody has it.
func (c *KafkaCorrelate) setOf(ctx context.Context, hash string) (set *rules.Set, err error) {
	err = c.Retry.Do(ctx, "elasticsearch", func() (err error) {
		set, err = c.Sets.Of(ctx, hash)
		if errors.Is(err, tocsin.ErrNotFound) {
			c.Log.ErrorContext(ctx, "rule set is not known, matches of it are judged by the one in force", "set", hash)
			return nil
		}
		return err
	})
	return set, err
}
