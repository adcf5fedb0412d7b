package elastic

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// HeldStretches are those from a leaf on, each held against the fields that it is found by; see [sinks.WholeReader].
func (s *Store) HeldStretches(ctx context.Context, from int64, limit int) (all []tocsin.Stretch, odd, err error) {
	found, err := s.stretchesFrom(ctx, from, limit)
	if err != nil {
		return nil, nil, err
	}
	for n := range found {
		st := &found[n]
		all = append(all, st.Stretch)
		wrong := st.odd
		if wrong == nil {
			wrong = oddFields(st.source, st.At, stretchFields(&st.Stretch, lastOf(&st.Stretch)))
		}
		if odd == nil && wrong != nil {
			odd = fmt.Errorf("stretch of the tree at leaf %d: %w", st.First, wrong)
		}
	}
	return all, odd, nil
}

// oddFields tells of a field around what a document holds that is not as it would be written now.
func oddFields(source string, at time.Time, fields object) error {
	now, err := stored(at, "event", fields, nil)
	if err != nil {
		return err
	}
	if inner := innerOf(source); inner != "" { // it may have half a megabyte, and is looked at elsewhere
		source = strings.Replace(source, inner, "null", 1)
	}
	if odd := sinks.Unlike(source, now); odd != "" {
		return fmt.Errorf("its field %s, by which it is found, is not what it says", odd)
	}
	return nil
}

// oddProofs tells of the first document beside the stretches that is no checkpoint, or one that says more than it should or
// is found by something else than what it says.
func (s *Store) oddProofs(ctx context.Context) (odd, err error) {
	query := object{
		"size": 500, "track_total_hits": false, "sort": []object{{"tocsin.id": object{"order": "asc", "unmapped_type": "keyword"}}},
		"query": object{"bool": object{"must_not": []object{{"term": object{"tocsin.kind": kindStretch}}}}},
	}
	for {
		n, err := s.page(ctx, s.index(kindCheckpoints), query, taking{each: func(hit *wholeHit) (err error) {
			if odd == nil {
				odd, err = s.oddCheckpoint(hit)
			}
			return err
		}})
		if err != nil || odd != nil || n < 500 {
			return odd, err
		}
	}
}

func (s *Store) oddCheckpoint(hit *wholeHit) (odd, err error) {
	var c tocsin.Checkpoint
	odd = json.Unmarshal(hit.inner(), &c)
	if odd == nil {
		odd = hit.at(s.index(kindCheckpoints), checkpointID(c.Size))
	}
	if odd == nil {
		now, err := stored(c.At, "event", checkpointFields(&c), c)
		if err != nil {
			return nil, err
		}
		if at := sinks.Unlike(hit.source, now); at != "" {
			odd = fmt.Errorf("its field %s is none of those that are read, or not what it says", at)
		}
	}
	if odd != nil {
		odd = fmt.Errorf("stored checkpoint %.80q: %w", hit.id, odd)
	}
	return odd, nil
}
