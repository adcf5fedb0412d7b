package tocsin

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"
)

// The errors of asking how a key stands.
var (
	ErrKey       = errors.New("these are not the values of the rule's group key")
	ErrElsewhere = errors.New("another daemon has the engine of this key")
	ErrStarting  = errors.New("the engine is starting")
)

// A Standing is how one group key of one rule stands at a moment of event time: what it has, what it lacks and until
// when, or that it fired. It is the same for the same state, and names no clock: Now is the greatest event time that
// the engine was told of.
type Standing struct {
	Rule    string     `json:"rule"` // id
	Title   string     `json:"title"`
	Version string     `json:"version"`
	Kind    string     `json:"kind"`
	Tenant  string     `json:"tenant"`
	Group   Group      `json:"group"` // the key that was asked for, as the engine holds it where it does
	State   StandingOf `json:"state"`

	Unit  string    `json:"unit,omitempty"`   // what Have and Need count: alerts, values, conditions, steps
	Have  int       `json:"have"`             // in the window that ends at Now, or where that holds none, in the fullest one
	Need  int       `json:"need"`             // of them for an event; 0 where the kind counts nothing
	Until time.Time `json:"until,omitzero"`   // what is missing must be dated before it; zero where nothing is awaited
	Left  float64   `json:"left_s,omitempty"` // seconds from Now to Until; 0 or less: only a late alert can complete it
	// Forgotten is the watermark at which a late alert dated before Until comes too late.
	Forgotten time.Time      `json:"forgotten,omitzero"`
	Parts     []StandingPart `json:"parts"` // steps, conditions or values, in the order of the rule or by time
	Notes     []string       `json:"notes"` // what the kind has to add, in words
	// Novelty is how a scope of kind novelty stands; nil for other kinds.
	Novelty *NoveltyStanding `json:"novelty,omitempty"`
	// Awaits says that the watermark decides, not another alert: no event comes before it passes Until.
	Awaits bool `json:"awaits_watermark,omitempty"`

	Events []StandingEvent `json:"events"` // of the key, that are still remembered, by time
	Newest time.Time       `json:"newest,omitzero"`
	Near   []NearKey       `json:"near"` // other keys of the rule: like this one first, then nearest to firing

	Now       time.Time      `json:"now,omitzero"`       // greatest event time that the engine was told of
	Watermark time.Time      `json:"watermark,omitzero"` // zero while a listed partition was not heard of
	Holder    string         `json:"holder,omitempty"`   // whom the watermark waits for, as source/partition
	Waiting   []string       `json:"waiting,omitempty"`  // partitions not heard of, and idle ones
	Counts    StandingCounts `json:"counts"`             // of the whole rule: what may explain a missing event
}

// StandingOf says in one word how a key stands.
type StandingOf string

// How a key stands.
const (
	StandingUnknown  StandingOf = "unknown"  // the engine holds nothing of the key: no alert of it came, or it was forgotten
	StandingCounting StandingOf = "counting" // it has something and lacks something
	StandingFired    StandingOf = "fired"    // it has an event that is open
	StandingClosed   StandingOf = "closed"   // it has an event, and none is open
)

// A StandingPart is one step, condition or value of what a key has.
type StandingPart struct {
	Name  string    `json:"name"`
	Have  int       `json:"have"`
	Need  int       `json:"need"`
	Done  bool      `json:"done"`
	At    time.Time `json:"at,omitzero"`    // event time of the newest alert that counts for it
	Until time.Time `json:"until,omitzero"` // what is missing of it must be dated at or before it
}

// A StandingEvent is an event of the key.
type StandingEvent struct {
	ID       string    `json:"id"`
	Open     bool      `json:"open"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Count    int64     `json:"count"`
	Closes   time.Time `json:"closes,omitzero"` // watermark at which it closes if nothing more comes; zero once closed
	Degraded []string  `json:"degraded"`
}

// A NearKey is another group key of the rule.
type NearKey struct {
	Group   Group     `json:"group"`
	Alike   bool      `json:"alike"`   // its values look like those that were asked for
	Fired   bool      `json:"fired"`   // it has an event
	Missing int       `json:"missing"` // alerts or values that it lacked at its newest alert; 0 where it fired
	Newest  time.Time `json:"newest,omitzero"`
}

// StandingCounts are counts of the whole rule, which may explain an event that did not come.
type StandingCounts struct {
	Keys        int              `json:"keys"`       // group keys with state
	Matches     int64            `json:"matches"`    // that reached the engine
	Duplicates  int64            `json:"duplicates"` // of those: an alert that was there already, or a second reading
	Late        map[string]int64 `json:"late"`       // of those: beyond lateness and not evaluated, by source
	Suppressed  int64            `json:"suppressed"` // hidden by an exception
	Stale       int64            `json:"stale"`      // made by a version of another shape
	Evicted     int64            `json:"evicted"`    // keys that a limit made the rule forget
	Errors      int64            `json:"errors"`     // alerts on which its expression failed
	Quarantined bool             `json:"quarantined"`
	Absent      map[string]int64 `json:"absent_fields,omitempty"` // alerts that satisfied it and lacked a field, by field
}

// Plus adds the counts of another engine.
func (c StandingCounts) Plus(o StandingCounts) StandingCounts {
	c.Keys += o.Keys
	c.Matches += o.Matches
	c.Duplicates += o.Duplicates
	c.Suppressed += o.Suppressed
	c.Stale += o.Stale
	c.Evicted += o.Evicted
	late := make(map[string]int64, len(c.Late)+len(o.Late))
	for _, m := range []map[string]int64{c.Late, o.Late} {
		for source, n := range m {
			late[source] += n
		}
	}
	c.Late = late
	return c
}

// With adds what another engine of the same rules says of the key that s is about: its keys and its counts.
func (s Standing) With(o Standing) Standing {
	s.Counts = s.Counts.Plus(o.Counts)
	s.Near = slices.Concat(s.Near, o.Near)
	slices.SortStableFunc(s.Near, func(a, b NearKey) int {
		if a.Alike != b.Alike {
			if a.Alike {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Missing, b.Missing)
	})
	s.Near = s.Near[:min(len(s.Near), maxNear)]
	return s
}

// maxNear is how many other keys a standing names.
const maxNear = 5

// maxSpellings bounds the keys that one key of texts may stand for.
const maxSpellings = 1 << 12

// Spellings are the keys that a key of texts may stand for, itself first: a text spells a number, a boolean, null or a
// list too, and who asks cannot know what the record said.
func Spellings(key []Value) [][]Value {
	all := [][]Value{make([]Value, 0, len(key))}
	for _, v := range key {
		var longer [][]Value
		for _, k := range all {
			for _, one := range spellings(v) {
				longer = append(longer, append(slices.Clone(k), one))
			}
		}
		all = longer[:min(len(longer), maxSpellings)]
	}
	return all
}

// spellings are the values that a text may stand for, the text itself first.
func spellings(v Value) []Value {
	text, ok := v.Str()
	if !ok {
		return []Value{v}
	}
	out := []Value{v}
	if n, ok := NumberValue(text); ok {
		out = append(out, n)
	}
	switch text {
	case "true", "false":
		out = append(out, BoolValue(text == "true"))
	case "":
		out = append(out, NullValue())
	}
	if parts := strings.Split(text, ","); len(parts) > 1 && len(parts) <= 16 {
		out = append(out, StringsValue(parts...))
	}
	return out
}
