package correlate

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A Blindness is a reason why a rule cannot see what it is for: it goes on, and its silence proves nothing.
type Blindness struct {
	Reason string    `json:"reason"`           // absent: a source stopped sending a field that the rule requires; other words are the kinds' own
	Source string    `json:"source,omitempty"` // that stopped
	Field  string    `json:"field,omitempty"`
	Since  time.Time `json:"since,omitzero"` // event time at which the source last sent the field
}

// String says it in words.
func (b Blindness) String() string {
	switch b.Reason {
	case blindAbsent:
		return b.Source + " has not sent " + b.Field + " since " + b.Since.UTC().Format(time.RFC3339)
	case blindFull:
		return "it is full and learns nothing new"
	default:
		return b.Reason
	}
}

// The reasons of blindness, which are labels of a metric: a closed list.
const (
	blindAbsent = "absent"
	blindFull   = "full" // a limit keeps the rule from learning
)

// A blinder is a kind that can become blind by itself. It must not change the track.
type blinder interface {
	blind(tk *track) []Blindness
}

// When a source has stopped sending a field: it was seen before, is missing for a day of the source's event time and
// for four times the longest gap that there was between two alerts with it, and for a hundred alerts of the source.
const (
	absentFor    = int64(24 * time.Hour)
	absentGaps   = 4
	absentAlerts = 100
)

// A sight is when a source last sent a field that some rule requires.
type sight struct {
	last  int64 // event time, as the source's markers tell it
	gap   int64 // the longest between two markers that tell of it
	since int64 // alerts of the source since then
}

// sights are the watched fields of one source, and how far it is.
type sights struct {
	greatest int64
	fields   map[string]*sight
}

// watch takes in what a marker says of the fields that rules require.
func (e *Engine) watch(m *tocsin.Marker) {
	if m.Accepted == 0 && len(m.Seen) == 0 {
		return
	}
	s := e.sights[m.Source]
	if s == nil {
		s = &sights{greatest: unset, fields: make(map[string]*sight)}
		e.sights[m.Source] = s
	}
	s.greatest = max(s.greatest, nanos(m.Greatest))
	for _, f := range s.fields {
		f.since += m.Accepted
	}
	for _, name := range m.Seen {
		f := s.fields[name]
		if f == nil {
			s.fields[name] = &sight{last: s.greatest}
			continue
		}
		f.gap = max(f.gap, s.greatest-f.last)
		f.last, f.since = s.greatest, 0
	}
}

// absent reports whether the source, which is as far as greatest, has stopped sending the field.
func (f *sight) absent(greatest int64) bool {
	return f.since >= absentAlerts && greatest-f.last > max(absentFor, min(f.gap, longest/absentGaps)*absentGaps)
}

// blindness is what keeps a rule from seeing, nil for nothing.
func (e *Engine) blindness(tk *track) []Blindness {
	var all []Blindness
	if len(tk.plan.requires) > 0 {
		for _, source := range slices.Sorted(maps.Keys(e.sights)) {
			s := e.sights[source]
			for _, name := range tk.plan.requires {
				if f := s.fields[name]; f != nil && f.absent(s.greatest) {
					all = append(all, Blindness{Reason: blindAbsent, Source: source, Field: name, Since: instant(f.last)})
				}
			}
		}
	}
	if k, ok := tk.kind.(blinder); ok {
		all = append(all, k.blind(tk)...)
	}
	return all
}

// isBlind is blindness without its reasons, for every event that opens.
func (e *Engine) isBlind(tk *track) bool {
	for _, name := range tk.plan.requires {
		for _, s := range e.sights { // an or: the order does not matter
			if f := s.fields[name]; f != nil && f.absent(s.greatest) {
				return true
			}
		}
	}
	k, ok := tk.kind.(blinder)
	return ok && len(k.blind(tk)) > 0
}

// degraded are the reasons for which events of a rule that open now are not surely whole.
func (e *Engine) degraded(tk *track) []string {
	var reasons []string
	for _, all := range [2][]doubt{tk.doubts, e.suspicions} {
		for _, d := range all {
			if e.watermark <= d.until && !slices.Contains(reasons, d.reason) {
				reasons = append(reasons, d.reason)
			}
		}
	}
	slices.Sort(reasons)
	return reasons
}

// layoutSights is their part of a snapshot. One that was written before there were any ends before it.
func (e *Engine) layoutSights(c *coder) {
	if c.reading && len(c.buf) == 0 {
		return
	}
	sources := slices.Sorted(maps.Keys(e.sights))
	list(c, &sources, 3, func(source *string) {
		c.text(source)
		s := e.sights[*source]
		if c.reading {
			s = &sights{fields: make(map[string]*sight)}
			e.sights[*source] = s
		}
		c.num(&s.greatest)
		names := slices.SortedFunc(maps.Keys(s.fields), strings.Compare)
		list(c, &names, 4, func(name *string) {
			c.text(name)
			f := s.fields[*name]
			if c.reading {
				f = &sight{}
				s.fields[*name] = f
			}
			c.num(&f.last)
			c.num(&f.gap)
			c.num(&f.since)
		})
	})
}
