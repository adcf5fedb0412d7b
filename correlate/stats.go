package correlate

import (
	"maps"
	"slices"
	"time"
)

// Stats is what an engine counted and holds. Counts run from the first start of the state: a snapshot carries them.
type Stats struct {
	Watermark time.Time // zero while a listed partition was not heard of
	Holder    string    // the partition that the watermark waits for, as source/partition: the first not heard of, else the one least far; "" when all are idle or ended
	Waiting   []string  // listed partitions that were not heard of, and idle ones
	Fenced    int64     // markers ignored because a newer owner had spoken
	Unknown   int64     // matches of rules that the set in force does not have
	Rules     []RuleStats
}

// RuleStats is what one rule counted and holds.
type RuleStats struct {
	Rule       string
	Keys       int   // group keys with state
	Bytes      int64 // of state, as the limit counts them
	OpenEvents int
	Matches    int64            // that came, whatever became of them
	Duplicates int64            // of those: an alert that was there already, or a second reading
	Late       map[string]int64 // of those: beyond lateness and not evaluated, by source
	Suppressed int64            // hidden by an exception; not among Matches
	Stale      int64            // made by a rule of another shape; not among Matches
	Evicted    int64            // keys that a limit made the rule forget
}

// Stats describes the engine; rules come sorted by id.
func (e *Engine) Stats() Stats {
	s := Stats{
		Watermark: e.Watermark(), Holder: e.holder, Waiting: slices.Clone(e.behind), Fenced: e.fenced, Unknown: e.unknown,
	}
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		tk := e.tracks[id]
		s.Rules = append(s.Rules, RuleStats{
			Rule: id, Keys: len(tk.states), Bytes: tk.bytes, OpenEvents: tk.open,
			Matches: tk.counts.matches, Duplicates: tk.counts.duplicates, Late: maps.Clone(tk.counts.late),
			Suppressed: tk.counts.suppressed, Stale: tk.counts.stale, Evicted: tk.counts.evicted,
		})
	}
	return s
}
