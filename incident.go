package tocsin

import (
	"errors"
	"slices"
	"time"
)

// Status is where an incident stands in its lifecycle (register.md, 4.3).
type Status string

// The statuses of an incident.
const (
	Proposed       Status = "proposed"
	Declared       Status = "declared"
	Acknowledged   Status = "acknowledged"
	Contained      Status = "contained"
	Eradicated     Status = "eradicated"
	Recovered      Status = "recovered"
	Resolved       Status = "resolved"
	ClosedIncident Status = "closed"
	Rejected       Status = "rejected"
	MergedIncident Status = "merged"
)

// ErrTransition is a move that the lifecycle does not allow.
var ErrTransition = errors.New("no such step in the lifecycle")

// stages is the forward path of the lifecycle; a move forward may skip stages, and each skip is logged.
var stages = []Status{Proposed, Declared, Acknowledged, Contained, Eradicated, Recovered, Resolved, ClosedIncident}

// Stages returns the forward path of the lifecycle.
func Stages() []Status { return slices.Clone(stages) }

// IsOpen reports whether work on an incident in this status goes on.
func (s Status) IsOpen() bool {
	return s != "" && s != Resolved && !s.IsOver()
}

// IsOver reports whether an incident in this status has ended, though one that was closed may be reopened.
func (s Status) IsOver() bool { return s == ClosedIncident || s == Rejected || s == MergedIncident }

// CanMove reports whether an incident may go from s to next: forward along the stages (declared first), proposed to
// rejected, any open status to merged, and resolved or closed back to acknowledged (a reopening).
func (s Status) CanMove(next Status) bool {
	switch next {
	case Rejected:
		return s == Proposed
	case MergedIncident:
		return s.IsOpen()
	case Acknowledged:
		if s == Resolved || s == ClosedIncident {
			return true
		}
	}
	from, to := slices.Index(stages, s), slices.Index(stages, next)
	if from < 0 || to < 0 || (s == Proposed && next != Declared) {
		return false
	}
	return to > from
}

// Skipped lists the stages that a move from s to next leaves out.
func (s Status) Skipped(next Status) []Status {
	from, to := slices.Index(stages, s), slices.Index(stages, next)
	if from < 0 || to <= from+1 {
		return nil
	}
	return slices.Clone(stages[from+1 : to])
}

// An Incident is one or more related and identified events that can harm (ISO/IEC 27035-1, 3.1.5), as its log tells:
// the register's current state, a projection of the log.
type Incident struct {
	ID        string `json:"id"`     // [IncidentID]
	Number    string `json:"number"` // INC-2026-000123; volatile, gaps allowed
	Tenant    string `json:"tenant"`
	Revision  int64  `json:"revision"` // sequence number of the last log entry applied
	Title     string `json:"title"`
	Summary   string `json:"summary"`
	Status    Status `json:"status"`
	Mode      Mode   `json:"mode"`                // how it came to be; "" when reported by a person
	Discovery string `json:"discovery"`           // event, reported, or the channel of the report that founded it
	Informant string `json:"informant,omitempty"` // token of who reported it

	Category    string         `json:"category"`
	CategoryISO string         `json:"category_iso"`
	Impact      Impact         `json:"impact"`
	Urgency     string         `json:"urgency"`
	Severity    string         `json:"severity"`
	Class       string         `json:"class"`
	Asset       int            `json:"asset"`
	Platform    string         `json:"platform"`
	Scale       string         `json:"scale"`
	Priority    string         `json:"priority"` // the current one
	Priorities  PriorityRecord `json:"priorities"`
	Basis       string         `json:"basis"` // profile, or asserted
	Asserted    []string       `json:"asserted,omitempty"`
	Why         []string       `json:"why"` // of the founding assessment

	Opened      time.Time            `json:"opened"`   // event time of the alert at which it was promoted
	Last        time.Time            `json:"last"`     // event time of its newest alert
	Timeline    map[string]time.Time `json:"timeline"` // marks: occurred, detected, declared, acknowledged, …, first_resolved
	StatusSince time.Time            `json:"status_since"`
	Visits      []Visit              `json:"visits"`    // state visits, the last one open
	Durations   map[string]int64     `json:"durations"` // seconds, written at each transition: detect_s, assess_s, acknowledge_s, …
	Targets     map[string]Target    `json:"targets"`   // assess, acknowledge, contain, resolve
	Clocks      []Clock              `json:"clocks,omitempty"`

	// Rule is the id of the rule that its founding event was found by; "" where a person reported it.
	Rule      string   `json:"founding_rule,omitempty"`
	Events    []string `json:"events"` // ids
	EventsCut int64    `json:"events_cut,omitempty"`
	Rules     []string `json:"rules,omitempty"` // ids of the rules of its events
	Alerts    int64    `json:"alerts"`          // of its events, at their last revision seen
	Entities  []Entity `json:"entities"`
	Slots     []string `json:"slots,omitempty"`
	Related   []string `json:"related,omitempty"`
	RecursOf  string   `json:"recurs_of,omitempty"`
	Recurs    []string `json:"recurrences,omitempty"` // incidents of what came back after this one was closed
	SplitOf   string   `json:"split_of,omitempty"`    // the incident that this one's events were in
	SplitInto []string `json:"split_into,omitempty"`  // incidents that events of this one were moved to
	Children  []string `json:"children,omitempty"`    // merged into this one
	Into      string   `json:"merged_into,omitempty"`
	Proposals []string `json:"proposals,omitempty"` // open proposals: reopen:<event id>, merge:<incident id>

	DeclaredBy      string          `json:"declared_by,omitempty"` // a person, or policy@scale
	Coordinator     string          `json:"coordinator,omitempty"`
	Assignee        string          `json:"assignee,omitempty"`
	Teams           []Team          `json:"teams,omitempty"`
	Disposition     string          `json:"disposition,omitempty"`
	RootCause       string          `json:"root_cause,omitempty"`
	Intent          string          `json:"intent,omitempty"` // one of [Intents]
	Means           string          `json:"means,omitempty"`  // one of [Means]
	Review          string          `json:"review"`           // none, due or done
	Confirm         string          `json:"confirm"`          // none, needed or done
	ReopenCount     int             `json:"reopen_count"`
	Hold            bool            `json:"hold,omitempty"`
	Holds           []Hold          `json:"holds,omitempty"`
	Crisis          Crisis          `json:"crisis,omitzero"`
	LegalHold       *LegalHold      `json:"legal_hold,omitempty"` // nil: none
	Evidence        int64           `json:"evidence,omitempty"`   // originals of alerts that were copied
	FollowUps       []FollowUp      `json:"follow_ups,omitempty"`
	Lessons         []string        `json:"lessons,omitempty"`
	FailedControls  []string        `json:"failed_controls,omitempty"` // that failed; [NoneFound]
	Vulnerabilities []Vulnerability `json:"vulnerabilities,omitempty"`
	Countable       bool            `json:"countable"` // false: test exercises, duplicates and merged children (register.md 4.4)
	Degraded        []string        `json:"degraded,omitempty"`
	LateEvidence    int64           `json:"late_evidence,omitempty"`
	Backfill        bool            `json:"backfill,omitempty"` // of old records alone: no target runs
	Head            string          `json:"head,omitempty"`     // hash of the last log entry; volatile
	TLP             string          `json:"tlp"`
	PAP             string          `json:"pap,omitempty"`
	Visibility      string          `json:"visibility,omitempty"` // restricted; "": everybody whose role and tenant allow it
	Shared          []string        `json:"shared,omitempty"`     // people who may know of it while it is restricted, beside those at work on it
	Extra           map[string]any  `json:"extra,omitempty"`
}

// PriorityRecord keeps what the priority was.
type PriorityRecord struct {
	Initial string `json:"initial"`
	Highest string `json:"highest"`
	Final   string `json:"final,omitempty"` // at closing
}

// A Visit is one stay in one status.
type Visit struct {
	Status   Status    `json:"status"`
	Priority string    `json:"priority"` // as it was during the visit
	Platform string    `json:"platform"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to,omitzero"` // zero: the current one
	Seconds  int64     `json:"seconds"`     // 0 while open
	Number   int       `json:"number"`      // 0 for the first visit of the incident, counted over all statuses
}

// A Target is a time by which something must have happened.
type Target struct {
	Due       time.Time `json:"due"`
	Met       *bool     `json:"met"` // nil: undecided
	BreachedS int64     `json:"breached_by_s,omitempty"`
	Paused    time.Time `json:"paused,omitzero"`     // since then a hold stops it
	Escalated int       `json:"escalated,omitempty"` // steps of its escalation that were taken
}

// A FollowUp is work that outlives the incident (ISO/IEC 27035-1, 4.7.5).
type FollowUp struct {
	Text  string    `json:"text"`
	Owner string    `json:"owner"`
	Due   time.Time `json:"due,omitzero"`
	Done  bool      `json:"done"`
	State string    `json:"state,omitempty"` // one of [FollowUpStates]; "" in entries of before it was kept
}

// Statuses lists all statuses of an incident, in the order of the lifecycle.
func Statuses() []string {
	all := make([]string, 0, len(stages)+2)
	for _, s := range append(slices.Clone(stages), Rejected, MergedIncident) {
		all = append(all, string(s))
	}
	return all
}

// Dispositions is the closed list of ways an incident can turn out (register.md 4.3).
func Dispositions() []string {
	return []string{
		"true_positive_impact", "true_positive_no_impact", "benign_true_positive", "false_positive",
		"duplicate", "insufficient_data", "test_exercise", "handled_externally",
	}
}

// RootCauses is the vocabulary of root causes (scale, cause.root).
func RootCauses() []string {
	return []string{"system_failure", "natural_phenomenon", "human_error", "malicious_action", "third_party_failure"}
}
