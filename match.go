package tocsin

import "time"

// A Match is one alert that satisfied one rule, or one of its conditions, for one group key: what the detect stage
// hands to the correlate stage. It carries all that correlation, evidence and classification need of the alert, so
// that nothing downstream reads the alert itself.
type Match struct {
	Rule       string    `json:"rule"`                 // rule id
	Set        string    `json:"set"`                  // content hash of the rule set that was in force
	Order      int64     `json:"order,omitempty"`      // the how-manieth set that was put in force it is; 0: not known
	Tenant     string    `json:"tenant"`               //
	Key        []Value   `json:"key,omitempty"`        // values of the rule's group_by, in its order; Null for a missing one
	Conditions uint64    `json:"conditions"`           // bit i: the rule's i-th condition holds (kinds with one condition: bit 0)
	Values     []Value   `json:"values,omitempty"`     // values of the rule's value fields (distinct: one), in its order
	Entities   []Entity  `json:"entities,omitempty"`   // the rule's entities as this alert names them
	Facts      Facts     `json:"facts"`                // what classification reads of the alert
	Readings   []Reading `json:"readings,omitempty"`   // the expression's leaves and what they saw
	Absent     []string  `json:"absent,omitempty"`     // fields the rule reads that this alert lacks
	Alert      AlertRef  `json:"alert"`                // which alert
	Index      int       `json:"index"`                // ordinal among the alert's matches: with Alert.Ref it names this match
	Recorded   bool      `json:"recorded,omitempty"`   // of a source that replays history: taken in the order of event time
	Chained    bool      `json:"chained,omitempty"`    // its rule reads events, or others read its: they are correlated in one place
	Suppressed string    `json:"suppressed,omitempty"` // the exception that hides it; such a match is counted and goes no further
}

// An AlertRef names an alert and where it came from.
type AlertRef struct {
	ID       string    `json:"id"`
	Source   string    `json:"source"`
	Ref      Ref       `json:"ref"`
	Time     time.Time `json:"at"`                // event time
	Received time.Time `json:"received,omitzero"` // zero where nothing says so
	Digest   Digest    `json:"digest,omitzero"`   // of the original bytes
}

// Facts are the inputs of classification that an alert carries (register.md, ruling 4 of section 0).
type Facts struct {
	Risk    float64  `json:"risk,omitempty"`    // event.risk_score_norm, 0 to 100; 0 where there is none
	Tactics []string `json:"tactics,omitempty"` // ATT&CK tactic ids or names of the alert's own threat.tactic
	IOC     bool     `json:"ioc,omitempty"`     // an indicator of compromise matched: threat.indicator.* is present
}

// A Reading is one leaf of a rule's expression and what it saw on an alert.
type Reading struct {
	Expr  string `json:"expr"`  // the leaf's text
	Value Value  `json:"value"` // of its field; null where absent
	Holds bool   `json:"holds"`
}

// An Entity is a thing that an event concerns.
type Entity struct {
	Field string `json:"field"` // ECS field it was read from
	Value string `json:"value"`
	Role  string `json:"role"` // attacker, victim or related
}

// A SourcePartition names one partition of one input.
type SourcePartition struct {
	Source    string `json:"source"`
	Partition int32  `json:"partition"`
}

// A Marker is a record of the matches log that says how far one input partition has been read. The watermark is the
// least of (Greatest - disorder) over the partitions that the newest markers list and that are not idle (engine.md,
// rulings 3 and 4).
type Marker struct {
	SourcePartition
	Epoch    int64             `json:"epoch"`            // generation of the partition's owner: an older owner's marker is ignored
	Offset   int64             `json:"offset"`           // all matches of records below it have been written before this marker
	Greatest time.Time         `json:"greatest"`         // greatest accepted event time so far
	Idle     bool              `json:"idle"`             // read at the high watermark for idle_after and nothing came
	Ended    bool              `json:"ended"`            // the owner declares the end of a recorded source
	Recorded bool              `json:"recorded"`         // history being replayed: no ticks
	Disorder time.Duration     `json:"disorder"`         // of the source
	Lateness time.Duration     `json:"lateness"`         // of the source
	Tick     time.Time         `json:"tick,omitzero"`    // all are idle: event time has reached this
	Listed   []SourcePartition `json:"listed,omitempty"` // the full list of declared partitions, when this marker carries it
	Set      string            `json:"set,omitempty"`    // rule set in force from here on
	Order    int64             `json:"order,omitempty"`  // the how-manieth set that was put in force it is; 0: not known
	// Accepted is how many alerts of the partition were accepted since its last marker, and Seen which of the fields that
	// rules require were on any of them: where one stops coming, rules become blind.
	Accepted int64    `json:"accepted,omitempty"`
	Seen     []string `json:"seen,omitempty"`
	Gap      *Gap     `json:"gap,omitempty"` // records were lost before those that come behind this marker
}

// A Gap is the event time that records of an input may be of that were lost before they were read: events whose window
// reaches into it may lack alerts.
type Gap struct {
	From time.Time `json:"from,omitzero"` // zero: since ever
	To   time.Time `json:"to"`
}

// A Progress is a record of the events log: everything that one partition of the matches log leads to, up to a
// watermark, has been written. It is written while recorded sources are read, whose events the registrar takes in the
// order of event time.
type Progress struct {
	Partition int32     `json:"partition"`
	Watermark time.Time `json:"watermark"`
	Ended     bool      `json:"ended"` // all recorded inputs have come to their end: nothing more is waited for
}

// An EventRecord is one record of the events log: exactly one of the two is set.
type EventRecord struct {
	Event    *Event    `json:"event,omitempty"`
	Progress *Progress `json:"progress,omitempty"`
	Scales   string    `json:"scales,omitempty"` // hash of the scales that were in force where it was written
}

// A LogRecord is one record of the matches log: exactly one of the three is set.
type LogRecord struct {
	Match    *Match    `json:"match,omitempty"`
	Marker   *Marker   `json:"marker,omitempty"`
	Feedback *Feedback `json:"feedback,omitempty"`
}
