package memory

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.WholeReader = (*Store)(nil)

// Spans is one span of everything; see [sinks.WholeReader].
func (s *Store) Spans(ctx context.Context) ([]tocsin.LogRange, error) {
	return []tocsin.LogRange{{}}, ctx.Err()
}

// Held hands out a span's logs; see [sinks.WholeReader]. Nothing is kept beside an incident's document.
func (s *Store) Held(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error {
	for _, log := range s.logsIn(span) {
		h := tocsin.Held{Log: log}
		s.mu.Lock()
		docs, state := slices.Clone(s.logs[log]), s.incidents[log].doc
		s.mu.Unlock()
		for n, doc := range docs {
			var e tocsin.LogEntry
			if err := json.Unmarshal(doc, &e); err != nil {
				return fmt.Errorf("log of %s, entry %d: %w", log, n+1, err)
			}
			h.Entries = append(h.Entries, e)
		}
		h.State = slices.Clone(state)
		if err := each(h); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// logsIn lists the span's logs of which anything is there.
func (s *Store) logsIn(span tocsin.LogRange) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := map[string]bool{}
	for log := range s.logs {
		all[log] = span.Holds(log)
	}
	for id := range s.incidents {
		all[id] = span.Holds(id)
	}
	maps.DeleteFunc(all, func(_ string, within bool) bool { return !within })
	return slices.Sorted(maps.Keys(all))
}

// HeldExhibits hands out copies; see [sinks.WholeReader].
func (s *Store) HeldExhibits(ctx context.Context, span tocsin.LogRange, each func(tocsin.Exhibit, error) error) error {
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.proofs.exhibits))
	s.mu.Unlock()
	for _, x := range all {
		if !span.Holds(x.Incident) {
			continue
		}
		x.Original = slices.Clone(x.Original)
		if err := each(x, nil); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// HeldStretches are those from a leaf on; see [sinks.WholeReader].
func (s *Store) HeldStretches(ctx context.Context, from int64, limit int) (all []tocsin.Stretch, odd, err error) {
	all, err = s.Stretches(ctx, from, limit)
	return all, nil, err
}
