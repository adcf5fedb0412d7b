package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/expression"
)

// The statuses of a rule. Shadow and test rules match and correlate as stable ones do; their events carry the
// status, and shadow events are never promoted. Deprecated rules are listed but match nothing.
const (
	Shadow     = "shadow"
	Testing    = "test"
	Stable     = "stable"
	Deprecated = "deprecated"
)

// A Rule is one checked rule. It is immutable.
type Rule struct {
	ID             string // a uuid, never reused
	Title          string
	Version        string // semantic version
	Status         string // [Shadow], [Testing], [Stable] or [Deprecated]
	Level          string // informational, low, medium, high or critical
	Confidence     float64
	Description    string
	Author         string
	References     []string
	FalsePositives []string
	Tags           []string
	Category       string   // class/type of the scale's taxonomy
	Requires       []string // fields without which the rule is blind
	Correlate      Correlate
	Entities       []EntityField
	Incident       tocsin.IncidentGrouping // window 24h unless the file says otherwise
	Tests          []Test
	Hash           string // of the rule's content, spelling and order of keys aside
	File           string // where it stands
	Line           int
	Sigma          bool // it was written as a Sigma rule
	Rank           int  // 1; 2 or 3 where the rule reads events, of rules of lower ranks alone

	conditions []*expression.Expr // bit i of [tocsin.Match.Conditions]
	variants   []variant          // nil, or as conditions: which bits, keys and values each of them means
	events     uint64             // the bits of conditions that read events
	except     []exclusion
	lets       []Let
}

// exclusion is one except of a rule, with its place.
type exclusion struct {
	when *expression.Expr
	name string
}

// A Let is a named condition of a rule.
type Let struct{ Name, Text string }

// A Correlate is the part of a rule that says how its matches become events.
type Correlate struct {
	Kind       Kind
	GroupBy    []string      // fields of the group key; empty: one group for all
	Span       time.Duration // window (t-span, t]; 0 for kind match; absence: its within
	Quiet      time.Duration // alerts of a burst lie closer than this; at least the rule's suppress
	MaxOpen    time.Duration // event time after which an event closes and another continues it
	AtLeast    int           // count, distinct: the threshold; 1 for match
	Field      string        // distinct: whose values are counted; leaky: whose values pour once in a bucket's life
	OnMissing  Missing       // what becomes of an alert that lacks a field of the group key
	Explode    bool          // an array in a field of the group key stands for each of its members
	Fold       bool          // group key and values are compared without regard to case
	Limits     Limits
	Steps      []Step        // set: its conditions; sequence: its steps, in order; absence: after, without
	Capacity   int           `json:",omitempty"` // leaky: alerts that the bucket holds
	Values     []string      `json:",omitempty"` // first_seen: the fields whose values are new
	History    time.Duration `json:",omitempty"` // first_seen: how long a value is remembered
	Learn      time.Duration `json:",omitempty"` // first_seen: nothing fires so long after the first alert
	Points     int           `json:",omitempty"` // risk: of each event, where Field is empty
	Decay      time.Duration `json:",omitempty"` // risk: in which a score halves; 0: never
	Tactics    int           `json:",omitempty"` // risk: so many different ATT&CK tactics
	Forget     time.Duration `json:",omitempty"` // silence: after which a key is forgotten
	Expect     []string      `json:",omitempty"` // silence: the keys that are waited for, sorted; none: those that were heard of
	Baseline   time.Duration `json:",omitempty"` // spike: over which the key's own rate is taken
	Ratio      float64       `json:",omitempty"` // spike: how many times that rate
	Measure    string        `json:",omitempty"` // measure: what is computed of the numbers of Field: sum, average or percentile
	Percentile string        `json:",omitempty"` // measure: which, a number from 0 to 100
	Bounds     []Bound       `json:",omitempty"` // measure: what it must lie within
	Novelty    *Novelty      `json:",omitempty"` // novelty: what is rare, and how much of it is an event
	LeakSpeed  time.Duration `json:",omitempty"` // leaky: in which the bucket loses one alert; its span is capacity times this
}

// A Step is one of several conditions of a rule: bit i of [tocsin.Match.Conditions] is step i's.
type Step struct {
	When   string
	Within time.Duration // at most so long after the last alert of the step before; 0: no limit
	// AtLeast and Distinct make a step of several alerts.
	AtLeast  int
	Distinct string
	// Absent makes it a condition that must not be met, Until one that ends a pending sequence. Both stand after the
	// steps that must be there: an absent one between numbers After - 1 and After of them, or for its Within after the
	// last.
	Absent bool
	After  int  `json:",omitempty"`
	Until  bool `json:",omitempty"`
}

// A Bound is one side of what a number must lie within.
type Bound struct {
	Is   string // gt, gte, lt, lte, eq or neq
	Than string // a decimal number, as written
}

// Limits bound the state that a rule may keep. Zero means the engine's default.
type Limits struct {
	Keys  int   // group keys
	Bytes int64 // of state
}

// A Kind is how matches become events.
type Kind string

// The kinds of correlation.
const (
	Match       Kind = "match"      // every match
	Count       Kind = "count"      // so many alerts inside the span
	Distinct    Kind = "distinct"   // so many values of a field inside the span
	SetOf       Kind = "set"        // each of several conditions inside the span, in any order
	Sequence    Kind = "sequence"   // several steps inside the span, one after the other
	Leaky       Kind = "leaky"      // a leaky bucket overflows
	Silence     Kind = "silence"    // a key that is not heard of any more
	Spike       Kind = "spike"      // a rate far above the key's own
	Measure     Kind = "measure"    // the sum, average or a percentile of a field's numbers inside the span
	Absence     Kind = "absence"    // an alert that no other answers in time
	FirstSeen   Kind = "first_seen" // values that the group did not show within a history
	NoveltyKind Kind = "novelty"    // what is rare for hosts comes together
	Risk        Kind = "risk"       // the scores of events inside the span add up
)

// Missing says what becomes of an alert that lacks a field of the group key.
type Missing string

// The ways to treat a missing group field.
const (
	Drop  Missing = "drop"  // no match; counted. The default
	Null  Missing = "null"  // the missing value is null, a value like others
	Alone Missing = "alert" // the alert is a group of its own: its id stands for the missing value. The default of kind match
)

// An EntityField is a field whose values an event names as entities.
type EntityField struct {
	Field string
	Role  string // attacker, victim or related
}

// Ref is what an event says of the rule.
func (r *Rule) Ref() tocsin.RuleRef {
	return tocsin.RuleRef{
		ID: r.ID, Version: r.Version, Title: r.Title, Status: r.Status, Level: r.Level, Category: r.Category,
		Confidence: r.Confidence, Tags: slices.Clone(r.Tags), Hash: r.Hash,
		Incident: tocsin.IncidentGrouping{GroupBy: slices.Clone(r.Incident.GroupBy), Window: r.Incident.Window},
	}
}

// Shape names the state that the rule's correlation keeps: kind, group_by, span, value fields and number of steps
// (engine.md, ruling 18). Over a reload the state of a rule carries over where its shape is the same.
func (r *Rule) Shape() string {
	c := r.Correlate
	shape := fmt.Sprintf("%s(%s) span=%s value=%s steps=%d", c.Kind, strings.Join(c.GroupBy, ","), c.Span, c.Field, len(c.Steps))
	if counted := c.stepFields(); len(counted) > 0 {
		shape += " steps=" + strings.Join(counted, ",")
	}
	if c.Baseline > 0 {
		shape += " baseline=" + c.Baseline.String()
	}
	if c.LeakSpeed > 0 {
		shape += " leakspeed=" + c.LeakSpeed.String()
	}
	if len(c.Values) > 0 {
		shape += " values=" + strings.Join(c.Values, ",")
	}
	if c.Novelty != nil {
		shape += fmt.Sprintf(" hosts=%v forget=%s", c.Novelty.Hosts, c.Forget)
	}
	if r.Rank > 1 {
		shape += fmt.Sprint(" rank=", r.Rank)
	}
	return shape
}

// Fields are the fields that the rule's conditions, group key and values read, each once, sorted.
func (r *Rule) Fields() []string {
	var names []string
	for _, x := range r.conditions {
		names = append(names, x.Fields()...)
	}
	names = append(names, r.Correlate.GroupBy...)
	if r.Correlate.Field != "" {
		names = append(names, r.Correlate.Field)
	}
	names = append(names, r.Correlate.stepFields()...)
	names = append(names, r.Correlate.Values...)
	slices.Sort(names)
	return slices.Compact(names)
}

// Conditions are the texts of the rule's conditions, as written, in the order of the bits of a match.
func (r *Rule) Conditions() []string {
	texts := make([]string, len(r.conditions))
	for i, x := range r.conditions {
		texts[i] = x.Text()
	}
	return texts
}

// Lets are the named conditions of the rule.
func (r *Rule) Lets() []Let { return slices.Clone(r.lets) }

// stepFields are the fields whose different values steps count, in the order of the steps: those that
// [tocsin.Match.Values] has.
func (c *Correlate) stepFields() []string {
	var names []string
	for _, s := range c.Steps {
		if s.Distinct != "" {
			names = append(names, s.Distinct)
		}
	}
	return names
}
