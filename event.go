package tocsin

import "time"

// Activity is the engine's own state of an event.
type Activity string

// The activities of an event.
const (
	Open      Activity = "open"
	Closed    Activity = "closed"
	Merged    Activity = "merged"    // into an older event; see MergedInto
	Withdrawn Activity = "withdrawn" // a late alert showed that the condition never held
)

// Milestone says why an event was emitted (engine.md, ruling 14).
type Milestone string

// The milestones of an event, each an emission with its own revision.
const (
	MilestoneOpened    Milestone = "opened"
	MilestoneDoubled   Milestone = "doubled" // the count is twice the last emitted one
	MilestoneEntity    Milestone = "entity"  // a new entity value, the first 100 per role
	MilestoneStep      Milestone = "step"    // a step was completed
	MilestoneRevised   Milestone = "revised" // a late alert changed what was already said
	MilestoneMerged    Milestone = "merged"
	MilestoneWithdrawn Milestone = "withdrawn"
	MilestoneSettled   Milestone = "settled" // all inputs have come to their end: this is all there is
	MilestoneClosed    Milestone = "closed"
)

// An Event is an information security event: alerts, correlated by one rule over one group key, that indicate a
// possible breach (ISO/IEC 27035-1, 3.1.4). The engine emits it whole at each milestone; Revision counts these.
type Event struct {
	ID           string       `json:"id"` // [EventID], frozen when it opened
	Tenant       string       `json:"tenant"`
	Rule         RuleRef      `json:"rule"`
	Group        Group        `json:"group"` // the group key, an object in JSON
	Activity     Activity     `json:"activity"`
	MergedInto   string       `json:"-"`                   // id of the surviving event; JSON merged_into, null for none
	Continues    string       `json:"continues,omitempty"` // id of the event that max_open closed
	First        time.Time    `json:"first"`
	Last         time.Time    `json:"last"`
	Detected     time.Time    `json:"detected"` // received of the alert or tick that fired it, else event time
	Opened       time.Time    `json:"opened"`   // event time of the alert or tick that fired it
	Count        int64        `json:"count"`    // alerts of the burst
	Revision     int64        `json:"revision"` // 1 at opening
	Milestone    Milestone    `json:"milestone"`
	At           time.Time    `json:"at"`                 // event time of the alert or tick that this emission answers
	Recorded     bool         `json:"recorded,omitempty"` // recorded sources are being read: emissions are registered in the order of At
	Entities     []Entity     `json:"entities"`
	Facts        Facts        `json:"facts"`  // over all its alerts: highest risk, all tactics, any indicator
	Digest       string       `json:"digest"` // of the set of its alerts, whatever their order
	Evidence     Evidence     `json:"evidence"`
	Readings     []Reading    `json:"readings,omitempty"` // the leaves on the firing alert
	Report       *Report      `json:"report,omitempty"`   // of an event that a person reported: no rule found it
	Novelty      *Novelty     `json:"novelty,omitempty"`  // how an event of kind novelty came about
	Completeness Completeness `json:"completeness"`
	Backfill     bool         `json:"backfill,omitempty"`   // received - @timestamp > lateness when it opened: starts no target
	Assessment   *Assessment  `json:"assessment,omitempty"` // its verdict; the engine leaves it nil
	Scales       string       `json:"-"`                    // of an emission from the events log: hash of the scales to judge it by
}

// A Group is an event's group key, in the order of the rule's group_by.
type Group []GroupValue

// A GroupValue is one field of an event's group key.
type GroupValue struct {
	Field string `json:"field"`
	Value Value  `json:"value"`
}

// RuleRef is what an event says of its rule, as it was when the event opened.
type RuleRef struct {
	ID         string   `json:"id"`
	Version    string   `json:"version"`
	Title      string   `json:"title"`
	Status     string   `json:"status"`
	Level      string   `json:"level"` // informational, low, medium, high, critical
	Category   string   `json:"category"`
	Confidence float64  `json:"confidence"` // 0 to 1
	Tags       []string `json:"tags"`
	Hash       string   `json:"hash"` // content hash of the rule
	// Incident says which open incident the event joins: ordered alternatives of fields, and for how long.
	Incident IncidentGrouping `json:"incident"`
}

// IncidentGrouping is a rule's `incident:` block.
type IncidentGrouping struct {
	GroupBy []string      `json:"group_by"`
	Window  time.Duration `json:"window"` // nanoseconds; default 24h
}

// Evidence is what an event stands on (engine.md, ruling 15).
type Evidence struct {
	Alerts    []AlertRef `json:"alerts"`    // the first 100 and the last 100, by event time; [] for silence
	Events    []string   `json:"events"`    // ids of the chained events it was made from
	Truncated bool       `json:"truncated"` // more alerts than references
}

// Completeness says how far an event can be trusted to be whole.
type Completeness struct {
	Degraded     []string         `json:"degraded"` // reasons, e.g. evicted, gap, restart_without_snapshot
	AbsentFields map[string]int64 `json:"absent_fields"`
	Watermark    time.Time        `json:"watermark,omitzero"`
	Behind       []string         `json:"behind,omitempty"` // partitions that held the watermark back or were idle
}
