package tocsin

import "time"

// An Outcome is how an incident turned out, and where it went: the little of it that tells how rules did.
type Outcome struct {
	ID          string    `json:"id"`
	Opened      time.Time `json:"opened"`
	Disposition string    `json:"disposition"`
	Into        string    `json:"merged_into"`
}

// A Finding is what became of an event: the little of its [Verdict] that tells how its rule did.
type Finding struct {
	Event       string    `json:"event"`
	Detected    time.Time `json:"detected"`
	Rule        string    `json:"rule"` // id
	RuleVersion string    `json:"rule_version"`
	Title       string    `json:"title"` // of the rule
	Incident    string    `json:"incident"`
	By          struct {
		Kind string `json:"kind"`
	} `json:"by"`
	Assessment struct {
		State  AssessmentState `json:"state"`
		Reason string          `json:"reason"`
	} `json:"assessment"`
}

// Finding is the little of a verdict that tells how its rule did.
func (v *Verdict) Finding() Finding {
	f := Finding{Event: v.Event, Detected: v.Detected, Rule: v.Rule, RuleVersion: v.RuleVersion, Title: v.Title, Incident: v.Incident}
	f.By.Kind, f.Assessment.State, f.Assessment.Reason = v.By.Kind, v.Assessment.State, v.Assessment.Reason
	return f
}
