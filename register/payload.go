package register

import (
	"encoding/json"
	"fmt"
	"time"

	"tocsin"
)

// What the entries carry in their Data, by action. All of it is decided when the entry is written, so that the
// projection needs nothing but the log: due times are stored as times, not as rules to compute them by.

// A founding is the payload of promote and create.
type founding struct {
	Number     string             `json:"number"` // volatile
	Title      string             `json:"title"`
	Summary    string             `json:"summary,omitempty"`
	Discovery  string             `json:"discovery"` // event, reported, or the channel of a report
	Reported   time.Time          `json:"reported,omitzero"`
	Informant  string             `json:"informant,omitempty"`  // token of who reported it
	Commitment string             `json:"commitment,omitempty"` // to the informant's name
	Assessment *tocsin.Assessment `json:"assessment,omitempty"`
	Event      *eventState        `json:"event,omitempty"`
	Opened     time.Time          `json:"opened"`
	Received   time.Time          `json:"received,omitzero"`
	Detected   time.Time          `json:"detected"`
	Occurred   time.Time          `json:"occurred,omitzero"`
	Entities   []tocsin.Entity    `json:"entities,omitempty"` // of a reported incident
	RecursOf   string             `json:"recurs_of,omitempty"`
	SplitOf    string             `json:"split_of,omitempty"`
	Events     []eventState       `json:"events,omitempty"` // split_off: those that it begins with
	Backfill   bool               `json:"backfill,omitempty"`
	// Once says that the incident's summary names each entity once. A log that was begun before that has it name an entity
	// for each of its roles, and goes on so: what a log tells never changes.
	Once bool `json:"once,omitempty"`
	confidence
	links
	move
}

// An eventState is what an incident keeps of one revision of one of its events.
type eventState struct {
	ID        string           `json:"id"`
	Revision  int64            `json:"revision"`
	Milestone tocsin.Milestone `json:"milestone"`
	Rule      string           `json:"rule"`
	Count     int64            `json:"count"`
	First     time.Time        `json:"first"`
	Last      time.Time        `json:"last"`
	Entities  []tocsin.Entity  `json:"entities,omitempty"`
	Degraded  []string         `json:"degraded,omitempty"`
	Backfill  bool             `json:"backfill,omitempty"`
	Gone      bool             `json:"gone,omitempty"` // withdrawn
}

// An eventChange is the payload of attach, revise and late_evidence, and of the rejection of a withdrawn event's
// proposal.
type eventChange struct {
	Event  eventState `json:"event,omitzero"`
	Rating *rating    `json:"rating,omitempty"` // set where the event raises the incident's priority
	links
	move
}

// A rating is how an incident is classified; empty members change nothing.
type rating struct {
	Category    string         `json:"category,omitempty"`
	CategoryISO string         `json:"category_iso,omitempty"`
	Impact      *tocsin.Impact `json:"impact,omitempty"`
	Urgency     string         `json:"urgency,omitempty"`
	Severity    string         `json:"severity,omitempty"`
	Class       string         `json:"class,omitempty"`
	Asset       int            `json:"asset,omitempty"`
	Platform    string         `json:"platform,omitempty"`
	Priority    string         `json:"priority,omitempty"`
	Scale       string         `json:"scale,omitempty"`
}

// Links tie an incident to entities and to other incidents.
type links struct {
	Slots   []string `json:"slots,omitempty"`   // claimed now
	Related []string `json:"related,omitempty"` // incidents found to be related
}

// A move is the payload of every entry that changes the status, and part of the payloads above where they do.
type move struct {
	Targets     map[string]time.Time `json:"targets,omitempty"` // due times that begin to run
	Review      string               `json:"review,omitempty"`
	Confirm     string               `json:"confirm,omitempty"`
	Disposition string               `json:"disposition,omitempty"`
	RootCause   string               `json:"root_cause,omitempty"`
	Coordinator string               `json:"coordinator,omitempty"`
	Events      []string             `json:"proposed_events,omitempty"` // a reopening: the events that it takes in
	findings
}

// A setting is the payload of set.
type setting struct {
	rating
	Title    string               `json:"title,omitempty"`
	Summary  string               `json:"summary,omitempty"`
	TLP      string               `json:"tlp,omitempty"`
	PAP      string               `json:"pap,omitempty"`
	Occurred time.Time            `json:"occurred,omitzero"`
	Targets  map[string]time.Time `json:"targets,omitempty"`
	Asserted []string             `json:"asserted,omitempty"`
	findings
}

// A link is the payload of merge, absorb, relate, propose and decline.
type link struct {
	Incident string          `json:"incident,omitempty"`
	Proposal string          `json:"proposal,omitempty"`
	Events   []eventState    `json:"events,omitempty"` // absorb: of the merged incident
	Entities []tocsin.Entity `json:"entities,omitempty"`
	Occurred time.Time       `json:"occurred,omitzero"`
	Last     time.Time       `json:"last,omitzero"`
	Rating   *rating         `json:"rating,omitempty"`
	Command  string          `json:"command,omitempty"` // absorb: the person's, which closes the merged incident
	confidence
	move
}

// An assignment is the payload of assign and hand_over.
type assignment struct {
	Assignee    string   `json:"assignee,omitempty"`
	Coordinator string   `json:"coordinator,omitempty"`
	Before      string   `json:"before,omitempty"` // a hand-over: the coordinator until then
	Teams       []string `json:"teams,omitempty"`
}

// A passed is the payload of timer: a due time went by with nothing done.
type passed struct {
	Target string    `json:"target"`
	Due    time.Time `json:"due"`
}

// A followUp is the payload of follow_up: a new one, or the end of an older one.
type followUp struct {
	Index    int             `json:"index"` // in the incident's list; its length for a new one
	FollowUp tocsin.FollowUp `json:"follow_up"`
}

// pack writes a payload in its canonical form.
func pack(v any) (json.RawMessage, error) {
	data, err := canonical(v)
	if err != nil {
		return nil, fmt.Errorf("log entry's data: %w", err)
	}
	return data, nil
}

// unpack reads the payload of an entry; an entry without one has the zero payload.
func unpack[T any](e tocsin.LogEntry) (T, error) {
	var v T
	if len(e.Data) == 0 {
		return v, nil
	}
	if err := json.Unmarshal(e.Data, &v); err != nil {
		return v, fmt.Errorf("data of %s: %w", e.Action, err)
	}
	return v, nil
}

// phase is the phase of ISO/IEC 27035-1 that an action belongs to (5.2 to 5.6).
func phase(a tocsin.Action) string {
	switch a {
	case tocsin.ActCreate, tocsin.ActAttach, tocsin.ActRevise, tocsin.ActLate, tocsin.ActRecur:
		return "detect_report"
	case tocsin.ActPromote, tocsin.ActDeclare, tocsin.ActReject, tocsin.ActSet, tocsin.ActPropose, tocsin.ActConfirm,
		tocsin.ActDecline, tocsin.ActMerge, tocsin.ActAbsorb, tocsin.ActRelate, tocsin.ActDismiss, tocsin.ActSplit, tocsin.ActSplitOff:
		return "assess_decide"
	case tocsin.ActClose, tocsin.ActReview, tocsin.ActFollowUp:
		return "learn"
	default:
		return "respond"
	}
}
