package tocsin

import (
	"encoding/json"
	"slices"
	"time"
)

// A Team is one of the incident response teams at work on an incident, one for each aspect (ISO/IEC 27035-1, 3.1.2 and
// 4.5.3 c).
type Team struct {
	Name         string    `json:"name"`
	Activated    time.Time `json:"activated,omitzero"`
	Acknowledged time.Time `json:"acknowledged,omitzero"` // the first time since it was activated
	Done         time.Time `json:"done,omitzero"`
}

// UnmarshalJSON takes a bare name too, as documents of before the times were kept have it.
func (t *Team) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		*t = Team{}
		return json.Unmarshal(data, &t.Name)
	}
	type plain Team
	return json.Unmarshal(data, (*plain)(t))
}

// TeamSteps are what a team does about an incident, in order.
func TeamSteps() []string { return []string{"activated", "acknowledged", "done"} }

// A Hold is a time in which nobody can work on an incident: a supplier, a court or a maintenance window is waited for.
// It is no part of the time that work took.
type Hold struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"` // zero: on hold now
	Reason string    `json:"reason"`
	By     string    `json:"by"`
}

// A Crisis says who leads while an incident is in the hands of crisis management (ISO/IEC 27035-1, 4.2 d). The incident
// stays open underneath.
type Crisis struct {
	State    string    `json:"state"` // handed_over or returned
	Owner    string    `json:"owner"`
	At       time.Time `json:"at"`
	Returned time.Time `json:"returned_at,omitzero"`
}

// CrisisHandedOver and CrisisReturned are the states of a [Crisis].
const (
	CrisisHandedOver = "handed_over"
	CrisisReturned   = "returned"
)

// A Vulnerability is one that was involved in an incident or discovered during it (ISO/IEC 27035-1, 4.2 e).
type Vulnerability struct {
	ID    string `json:"id"` // a CVE or a name of one's own; [NoneFound]
	Asset string `json:"asset,omitempty"`
	Owner string `json:"owner,omitempty"` // the team that mends it
	State string `json:"state,omitempty"` // one of [VulnerabilityStates]
}

// NoneFound stands for a list that was looked into and is empty, which is another thing than one that nobody filled.
const NoneFound = "none"

// VulnerabilityStates are what becomes of a vulnerability.
func VulnerabilityStates() []string { return []string{"open", "mitigated", "fixed", "accepted"} }

// FollowUpStates are what becomes of a follow-up; the last two are its end.
func FollowUpStates() []string { return []string{"open", "in_progress", "done", "dropped"} }

// Intents are the first of the two axes of what brought an incident about (ISO/IEC 27035-1, 4.1); the other is [Means].
func Intents() []string { return []string{"deliberate", "accidental", "environmental", "unknown"} }

// Means are the means by which it was brought about.
func Means() []string { return []string{"technical", "non_technical"} }

// IntentOf is the intent that a root cause implies, for an incident of which nobody said another.
func IntentOf(rootCause string) string {
	switch rootCause {
	case "malicious_action":
		return "deliberate"
	case "human_error", "system_failure":
		return "accidental"
	case "natural_phenomenon":
		return "environmental"
	case "":
		return ""
	default:
		return "unknown"
	}
}

// TLPs are the marks of who may know of an incident.
func TLPs() []string { return []string{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"} }

// PAPs are the marks of what may be done with what is known of it.
func PAPs() []string { return []string{"CLEAR", "GREEN", "AMBER", "RED"} }

// IsTruePositive reports whether a disposition says that what the alerts indicated was there.
func IsTruePositive(disposition string) bool {
	return slices.Contains([]string{"true_positive_impact", "true_positive_no_impact"}, disposition)
}
