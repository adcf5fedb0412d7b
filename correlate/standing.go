package correlate

import (
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A Standing is how one group key of one rule stands at a moment of event time: what it has, what it lacks and until
// when, or that it fired. It is the same for the same state, and names no clock: Now is the greatest event time that
// the engine was told of.
type Standing struct {
	Rule    string       `json:"rule"` // id
	Title   string       `json:"title"`
	Version string       `json:"version"`
	Kind    string       `json:"kind"`
	Tenant  string       `json:"tenant"`
	Group   tocsin.Group `json:"group"` // the key that was asked for, as the engine holds it where it does
	State   StandingOf   `json:"state"`

	Unit  string    `json:"unit,omitempty"`   // what Have and Need count: alerts, values, conditions, steps
	Have  int       `json:"have"`             // in the window that ends at Now, or where that holds none, in the fullest one
	Need  int       `json:"need"`             // of them for an event; 0 where the kind counts nothing
	Until time.Time `json:"until,omitzero"`   // what is missing must be dated before it; zero where nothing is awaited
	Left  float64   `json:"left_s,omitempty"` // seconds from Now to Until; 0 or less: only a late alert can complete it
	// Forgotten is the watermark at which a late alert dated before Until comes too late.
	Forgotten time.Time `json:"forgotten,omitzero"`
	Parts     []Part    `json:"parts"` // steps, conditions or values, in the order of the rule or by time
	Notes     []string  `json:"notes"` // what the kind has to add, in words
	// Awaits says that the watermark decides, not another alert: no event comes before it passes Until.
	Awaits bool `json:"awaits_watermark,omitempty"`

	Events []StandingEvent `json:"events"` // of the key, that are still remembered, by time
	Newest time.Time       `json:"newest,omitzero"`
	Near   []NearKey       `json:"near"` // other keys of the rule: like this one first, then nearest to firing

	Now       time.Time `json:"now,omitzero"`       // greatest event time that the engine was told of
	Watermark time.Time `json:"watermark,omitzero"` // zero while a listed partition was not heard of
	Holder    string    `json:"holder,omitempty"`   // whom the watermark waits for, as source/partition
	Waiting   []string  `json:"waiting,omitempty"`  // partitions not heard of, and idle ones
	Counts    RuleStats `json:"counts"`             // of the whole rule: what may explain a missing event
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

// A Part is one step, condition or value of what a key has.
type Part struct {
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
	Group   tocsin.Group `json:"group"`
	Alike   bool         `json:"alike"`   // its values look like those that were asked for
	Fired   bool         `json:"fired"`   // it has an event
	Missing int          `json:"missing"` // alerts or values that it lacked at its newest alert; 0 where it fired
	Newest  time.Time    `json:"newest,omitzero"`
}

// A teller is a kind that says of a key what its newest window does not: it fills in Unit, Have, Need, Until, Parts,
// Notes and Awaits. It must not change the state.
type teller interface {
	tell(st *state, now int64, s *Standing)
}

// WhyNot tells how a key of a rule stands; key has the values of the rule's group_by, in its order, where a text also
// stands for the number or boolean that it spells. It is false where the engine has no such rule or the key has
// another number of values. It changes nothing.
func (e *Engine) WhyNot(rule, tenant string, key []tocsin.Value) (Standing, bool) {
	tk := e.tracks[rule]
	if tk == nil || len(key) != len(tk.plan.groupBy) {
		return Standing{}, false
	}
	now := e.present()
	s := Standing{
		Rule: rule, Kind: tk.plan.kind, Tenant: tenant, State: StandingUnknown, Need: tk.plan.atLeast,
		Now: instant(now), Watermark: e.Watermark(), Holder: e.holder, Waiting: slices.Clone(e.behind), Counts: tk.stats(rule),
		Parts: []Part{}, Notes: []string{}, Events: []StandingEvent{}, Unit: unitOf(tk.plan.kind),
	}
	if tk.plan.ref != nil {
		s.Title, s.Version = tk.plan.ref.Title, tk.plan.ref.Version
	}
	st := tk.find(tenant, key)
	if st != nil {
		key = st.key
		e.describe(st, max(now, st.newestAt()), &s)
	}
	s.Group = tk.group(key)
	s.Near = tk.near(st, tenant, key)
	return s, true
}

// present is the greatest event time that the engine was told of.
func (e *Engine) present() int64 {
	now := e.watermark
	for _, r := range e.readers { // a maximum: the order does not matter
		now = max(now, r.greatest, r.tick)
	}
	return now
}

// unitOf is what a kind counts.
func unitOf(kind string) string {
	switch kind {
	case "distinct":
		return "values"
	case "set":
		return "conditions"
	case "sequence":
		return "steps"
	}
	return "alerts"
}

// stats is [RuleStats] of one track.
func (tk *track) stats(rule string) RuleStats {
	return RuleStats{
		Rule: rule, Keys: len(tk.states), Bytes: tk.bytes, OpenEvents: tk.open, Matches: tk.counts.matches,
		Duplicates: tk.counts.duplicates, Late: cloneCounts(tk.counts.late), Suppressed: tk.counts.suppressed,
		Stale: tk.counts.stale, Evicted: tk.counts.evicted,
	}
}

func cloneCounts(m map[string]int64) map[string]int64 {
	out := make(map[string]int64, len(m))
	for k, n := range m {
		out[k] = n
	}
	return out
}

func (tk *track) group(key []tocsin.Value) tocsin.Group {
	g := make(tocsin.Group, len(key))
	for i, v := range key {
		g[i] = tocsin.GroupValue{Field: tk.plan.groupBy[i], Value: v}
	}
	return g
}

// newestAt is the time of the key's newest held alert.
func (st *state) newestAt() int64 {
	if n := st.held.len(); n > 0 {
		return st.held.all()[n-1].at
	}
	return unset
}

// describe says what the state of a key holds.
func (e *Engine) describe(st *state, now int64, s *Standing) {
	p := &st.track.plan
	s.State, s.Now, s.Newest = StandingCounting, instant(now), instant(st.newestAt())
	for _, b := range st.bursts {
		for _, ev := range b.events {
			out := StandingEvent{
				ID: ev.id, Open: ev.open, First: instant(ev.body.first.at), Last: instant(ev.body.last.at), Count: ev.count,
				Degraded: append([]string{}, ev.degraded...),
			}
			s.State = StandingClosed
			if ev.open {
				out.Closes = instant(b.closeAt(ev, p.linger()))
			}
			s.Events = append(s.Events, out)
		}
	}
	if slices.ContainsFunc(s.Events, func(ev StandingEvent) bool { return ev.Open }) {
		s.State = StandingFired
	}
	if st.flooded {
		s.Notes = append(s.Notes, "the key had more alerts within lateness than are held: its oldest ones were settled early")
	}
	if t, ok := st.track.kind.(teller); ok {
		t.tell(st, now, s)
	} else {
		st.tellNewest(s)
	}
	if !s.Until.IsZero() {
		s.Left = s.Until.Sub(s.Now).Seconds()
		s.Forgotten = s.Until.Add(time.Duration(e.lateness))
	}
}

// tellNewest says what the newest window lacked when its last alert came: good for any kind.
func (st *state) tellNewest(s *Standing) {
	p := &st.track.plan
	s.Have = max(p.atLeast-st.missing, 0)
	if all := st.held.all(); len(all) > 0 && p.span > 0 {
		oldest := all[st.held.since(all[len(all)-1].at-p.span+1)].at
		s.Until = instant(oldest + p.span)
	}
}

// find returns the state of a key, whichever of its spellings the records had.
func (tk *track) find(tenant string, key []tocsin.Value) *state {
	for _, k := range Spellings(key) {
		if st := tk.states[string(appendName(nil, tenant, k))]; st != nil {
			return st
		}
	}
	return nil
}

// maxSpellings bounds the keys that one key of texts may stand for.
const maxSpellings = 1 << 12

// Spellings are the keys that a key of texts may stand for, itself first: a text spells a number, a boolean, null or a
// list too, and who asks cannot know what the record said.
func Spellings(key []tocsin.Value) [][]tocsin.Value {
	all := [][]tocsin.Value{make([]tocsin.Value, 0, len(key))}
	for _, v := range key {
		var longer [][]tocsin.Value
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
func spellings(v tocsin.Value) []tocsin.Value {
	text, ok := v.Str()
	if !ok {
		return []tocsin.Value{v}
	}
	out := []tocsin.Value{v}
	if n, ok := tocsin.NumberValue(text); ok {
		out = append(out, n)
	}
	switch text {
	case "true", "false":
		out = append(out, tocsin.BoolValue(text == "true"))
	case "":
		out = append(out, tocsin.NullValue())
	}
	if parts := strings.Split(text, ","); len(parts) > 1 && len(parts) <= 16 {
		out = append(out, tocsin.StringsValue(parts...))
	}
	return out
}
