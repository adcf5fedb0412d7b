package correlate

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Stats is what an engine counted and holds. Counts run from the first start of the state: a snapshot carries them.
type Stats struct {
	Watermark time.Time   `json:"watermark,omitzero"` // zero while a listed partition was not heard of
	Holder    string      `json:"holder"`             // the partition that the watermark waits for, as source/partition: the first not heard of, else the one least far; "" when all are idle or ended
	Waiting   []string    `json:"waiting"`            // listed partitions that were not heard of, and idle ones
	Fenced    int64       `json:"fenced"`             // markers ignored because a newer one was heard before
	Unknown   int64       `json:"unknown"`            // matches of rules that the set in force does not have
	Rules     []RuleStats `json:"rules"`
}

// RuleStats is what one rule counted and holds.
type RuleStats struct {
	Rule       string           `json:"rule"`
	Keys       int              `json:"keys"`  // group keys with state
	Bytes      int64            `json:"bytes"` // of state, as the limit counts them
	OpenEvents int              `json:"open_events"`
	Matches    int64            `json:"matches"`           // that came, whatever became of them
	Duplicates int64            `json:"duplicates"`        // of those: an alert that was there already, or a second reading
	Late       map[string]int64 `json:"late"`              // of those: beyond lateness and not evaluated, by source
	Suppressed int64            `json:"suppressed"`        // hidden by an exception; not among Matches
	Stale      int64            `json:"stale"`             // made by a rule of another shape; not among Matches
	Evicted    int64            `json:"evicted"`           // keys that a limit made the rule forget
	Values     int              `json:"values,omitempty"`  // kind first_seen: values that are remembered; novelty: pairs of a rule and a host
	Refused    int64            `json:"refused,omitempty"` // kinds first_seen and novelty: alerts of values or pairs that a limit kept out
	Degraded   []string         `json:"degraded"`          // why events that open now are not surely whole, e.g. evicted, flood, reload; [] for no reason
	Blind      []Blindness      `json:"blind"`             // what keeps the rule from seeing; [] for nothing
}

// Stats describes the engine; rules come sorted by id.
func (e *Engine) Stats() Stats {
	s := Stats{
		Watermark: e.Reached(), Holder: e.holder, Waiting: slices.Clone(e.behind), Fenced: e.fenced, Unknown: e.unknown,
	}
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		tk := e.tracks[id]
		s.Rules = append(s.Rules, RuleStats{
			Rule: id, Keys: tk.states.len(), Bytes: tk.bytes + tk.seenBytes(), Values: tk.seenValues(), Refused: tk.seenLost(), OpenEvents: tk.open,
			Matches: tk.counts.matches, Duplicates: tk.counts.duplicates, Late: maps.Clone(tk.counts.late),
			Suppressed: tk.counts.suppressed, Stale: tk.counts.stale, Evicted: tk.counts.evicted,
			Degraded: append([]string{}, e.degraded(tk)...), Blind: append([]Blindness{}, e.blindness(tk)...),
		})
		tk.novel.count(&s.Rules[len(s.Rules)-1])
	}
	if e.next != nil {
		s.Rules = append(s.Rules, e.next.Stats().Rules...)
		slices.SortFunc(s.Rules, func(a, b RuleStats) int { return strings.Compare(a.Rule, b.Rule) })
	}
	return s
}

// Plus adds the counts of the same rule in another engine.
func (r RuleStats) Plus(o RuleStats) RuleStats {
	r.Keys += o.Keys
	r.Bytes += o.Bytes
	r.OpenEvents += o.OpenEvents
	r.Matches += o.Matches
	r.Duplicates += o.Duplicates
	r.Suppressed += o.Suppressed
	r.Stale += o.Stale
	r.Evicted += o.Evicted
	r.Values += o.Values
	r.Refused += o.Refused
	for _, reason := range o.Degraded {
		if !slices.Contains(r.Degraded, reason) {
			r.Degraded = append(slices.Clone(r.Degraded), reason)
		}
	}
	for _, b := range o.Blind {
		if !slices.ContainsFunc(r.Blind, func(a Blindness) bool { return a.Reason == b.Reason && a.Source == b.Source && a.Field == b.Field }) {
			r.Blind = append(slices.Clone(r.Blind), b)
		}
	}
	late := maps.Clone(r.Late)
	if late == nil {
		late = make(map[string]int64, len(o.Late))
	}
	for source, n := range o.Late {
		late[source] += n
	}
	r.Late = late
	return r
}
