package tocsin

import "time"

// AssessmentState is the registrar's verdict on an event (register.md, ruling 5 of section 0).
type AssessmentState string

// The states of an assessment.
const (
	Pending     AssessmentState = "pending"
	Promoted    AssessmentState = "promoted"
	NotIncident AssessmentState = "not_incident"
	Expired     AssessmentState = "expired" // nobody assessed it in time; counted
)

// Mode is how a promotion rule acts on an event it matches (ISO/IEC 27035-1, 4.5.3 c).
type Mode string

// The modes of promotion.
const (
	ModePropose Mode = "propose" // an incident that a coordinator declares or rejects
	ModeAuto    Mode = "auto"    // declared by the policy, confirmed by a coordinator within a time
	ModeManual  Mode = "manual"  // stays pending until a person promotes it
	ModeDismiss Mode = "dismiss" // not an incident, with a reason
)

// An Assessment classifies one event and says whether it becomes an incident, and why. It is a pure function of the
// event, the assets and the scales.
type Assessment struct {
	State       AssessmentState `json:"state"`
	Category    string          `json:"category"`     // class/type of the scale's primary scheme
	CategoryISO string          `json:"category_iso"` // by the scale's crosswalk
	Impact      Impact          `json:"impact"`
	Urgency     string          `json:"urgency"`          // a word of the scale
	Class       string          `json:"class"`            // I to IV
	Severity    string          `json:"severity"`         // the class's name, e.g. less_serious
	Score       int             `json:"score"`            // the class's score, 0 to 100
	Asset       int             `json:"asset"`            // 1 to 3: importance of the most important of its entities
	AssetKnown  bool            `json:"asset_known"`      // false: no entity is in assets.yml, importance 1 assumed
	Owner       string          `json:"owner,omitempty"`  // of that asset
	Platform    string          `json:"platform"`         // of that asset, else from the alert; "unknown" where nothing says so
	Priority    string          `json:"priority"`         // P1 to P5
	Mode        Mode            `json:"mode"`             // of the promotion rule that decided
	Policy      string          `json:"policy"`           // id of that rule; "" where none matched
	Reason      string          `json:"reason,omitempty"` // a disposition, where dismissed
	Basis       string          `json:"basis"`            // profile, or asserted where a person said so
	Scale       string          `json:"scale"`            // id@version
	Shared      []Entity        `json:"shared,omitempty"` // entities whose asset is shared: they never form slots
	Why         []string        `json:"why"`              // the steps, in order, in words with values
}

// Impact holds the scale's words for each axis.
type Impact struct {
	Functional     string `json:"functional"`
	Information    string `json:"information"`
	Recoverability string `json:"recoverability"`
	BusinessLoss   string `json:"business_loss"`
	Social         string `json:"social"`
}

// A Verdict is the stored assessment of one event: created once by the registrar or a person.
type Verdict struct {
	Event      string     `json:"event"` // event id
	Tenant     string     `json:"tenant"`
	Revision   int64      `json:"revision"` // of the event that was assessed
	Assessment Assessment `json:"assessment"`
	Incident   string     `json:"incident,omitempty"`  // "" unless promoted
	RecursOf   string     `json:"recurs_of,omitempty"` // the closed incident it resembles
	By         Actor      `json:"by"`
	At         time.Time  `json:"at"`       // event time the verdict rests on
	Recorded   time.Time  `json:"recorded"` // volatile
	Version    int64      `json:"version"`  // 1 at creation; a re-assessment or a person's verdict raises it
	Detected   time.Time  `json:"detected"`
	Rule       string     `json:"rule"` // rule id
	Title      string     `json:"title"`
	// RuleVersion is the version of the rule that the event was found by; "" in verdicts of before it was kept.
	RuleVersion string `json:"rule_version,omitempty"`
	// Decisions are what people decided about the event, the latest last; the last [MaxDecisions] are kept.
	Decisions []Decision `json:"decisions,omitempty"`
}

// MaxDecisions bounds [Verdict.Decisions].
const MaxDecisions = 20

// A Decision is what one person decided about an event.
type Decision struct {
	Command string    `json:"command"` // its id: given twice, the second changes nothing
	Action  Action    `json:"action"`  // promote or dismiss
	By      Actor     `json:"by"`
	At      time.Time `json:"at"`
	Timed   bool      `json:"timed,omitempty"`  // the person said when; else At is when the command came
	Reason  string    `json:"reason,omitempty"` // dismiss: a disposition, or in words why
	Text    string    `json:"text,omitempty"`
}
