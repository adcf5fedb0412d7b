package tocsin

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// An Actor is who did something: a person, a machine policy or the engine.
type Actor struct {
	Kind string `json:"kind"` // person, token, policy or system
	ID   string `json:"id"`   // user name, token name, policy id@version, or "registrar"
	Role string `json:"role,omitempty"`
}

// Action is what a log entry records.
type Action string

// The actions of an incident's log.
const (
	ActPromote     Action = "promote"       // the founding entry of a machine-made incident
	ActCreate      Action = "create"        // the founding entry of a reported one
	ActAttach      Action = "attach"        // an event joined
	ActRevise      Action = "revise"        // an event in it changed
	ActLate        Action = "late_evidence" // an event changed after resolution; no status change
	ActDeclare     Action = "declare"
	ActReject      Action = "reject"
	ActAcknowledge Action = "acknowledge"
	ActContain     Action = "contain"
	ActEradicate   Action = "eradicate"
	ActRecover     Action = "recover"
	ActResolve     Action = "resolve"
	ActClose       Action = "close"
	ActReopen      Action = "reopen"
	ActMerge       Action = "merge"  // this incident into another
	ActAbsorb      Action = "absorb" // another into this incident
	ActAssign      Action = "assign"
	ActHandOver    Action = "hand_over"
	ActComment     Action = "comment"
	ActSet         Action = "set"     // impact, urgency, priority, category, title
	ActPropose     Action = "propose" // a reopening or a merge that a person may accept
	ActDecline     Action = "decline" // a proposal is turned down
	ActConfirm     Action = "confirm"
	ActRelate      Action = "relate"
	ActTimer       Action = "timer"        // a target passed
	ActEscalate    Action = "escalate"     // somebody is told of a target or a clock that is due or late
	ActClockStart  Action = "clock_start"  // the clocks of a regulatory regime run, from an anchor that a person sets
	ActClockSubmit Action = "clock_submit" // a report was made
	ActClockWaive  Action = "clock_waive"  // there is no duty to make it
	ActFollowUp    Action = "follow_up"
	ActReview      Action = "review"
	ActCollect     Action = "collect"    // originals of alerts were copied into evidence
	ActLegalHold   Action = "legal_hold" // put on, or taken off: what is under it is not disposed of
	ActErase       Action = "erase"      // personal values were taken out of entries before
	ActAccess      Action = "access"     // custody: an original was read
	ActExport      Action = "export"     // custody: the incident was exported
	ActTransfer    Action = "transfer"   // custody: somebody else has it now
	ActDispose     Action = "dispose"    // custody: alerts, or originals in evidence, past their retention were deleted
	ActHold        Action = "hold"       // nobody can work on it for a while
	ActRelease     Action = "release"    // the hold is over
	ActTeam        Action = "team"       // a team was activated, took note or is done
	ActCrisis      Action = "crisis"     // crisis management leads from now on
	ActReturn      Action = "return"     // crisis management gave it back
	ActSplit       Action = "split"      // events of it went to an incident of their own
	ActSplitOff    Action = "split_off"  // the founding entry of that one
	ActRecur       Action = "recur"      // what it was about came back, in another incident
	ActVisibility  Action = "visibility" // who may know of it
	ActDismiss     Action = "dismiss"    // a person's verdict on an event that is no incident: kept in the verdict, in no log
)

// FoundingActions lists the actions that a log of an incident begins with. A log that begins with another one is of custody
// or disposal, of which there is no incident.
func FoundingActions() []Action { return []Action{ActPromote, ActCreate, ActSplitOff} }

// Founds reports whether the action is one of [FoundingActions].
func (a Action) Founds() bool { return slices.Contains(FoundingActions(), a) }

// A LogEntry is one line of an incident's append-only log: the truth from which [Incident] is projected
// (ISO/IEC 27035-1, 4.7.3). Its id is `{incident}:{seq:08d}`.
type LogEntry struct {
	Incident  string          `json:"incident"`
	Tenant    string          `json:"tenant"`
	Seq       int64           `json:"seq"`     // 1, 2, 3, … without gaps
	Command   string          `json:"command"` // command id: the same command twice is one entry
	Action    Action          `json:"action"`
	Phase     string          `json:"phase"` // detect_report, assess_decide, respond, learn (ISO/IEC 27035-1, 5)
	By        Actor           `json:"by"`
	Recorded  time.Time       `json:"recorded"`  // when it was written; volatile
	Effective time.Time       `json:"effective"` // when it happened
	From      Status          `json:"from,omitempty"`
	To        Status          `json:"to,omitempty"`
	Skipped   []Status        `json:"skipped,omitempty"`
	Event     string          `json:"event,omitempty"` // the event it speaks of
	Reason    string          `json:"reason,omitempty"`
	Text      string          `json:"text,omitempty"` // a comment, a summary
	Data      json.RawMessage `json:"data,omitempty"` // what the action carries; its shape belongs to package register
	// Personal holds a commitment to each value that speaks of a person, by its path: by.id, text, data.assignee.
	Personal map[string]Commitment `json:"personal,omitempty"`
	Prev     string                `json:"prev"` // hash of the entry before; "" for the first
	Hash     string                `json:"hash"` // over this entry without Hash, see package register
}

// A Commitment binds an entry to a value without showing it: HMAC-SHA256 of the value under a random salt, both in hex.
// Where the value was erased, so was the salt.
type Commitment struct {
	Hash string `json:"hash"`
	Salt string `json:"salt,omitempty"`
}

// ID is the entry's document id.
func (e *LogEntry) ID() string { return LogEntryID(e.Incident, e.Seq) }

// LogEntryID is the id of an incident's entry seq.
func LogEntryID(incident string, seq int64) string {
	const width = 8 // of the number, at least
	if seq < 0 || seq > 99_999_999 {
		return fmt.Sprintf("%s:%0*d", incident, width, seq)
	}
	b := append(append(make([]byte, 0, len(incident)+1+width), incident...), ":00000000"...)
	for at := len(b) - 1; seq > 0; at, seq = at-1, seq/10 {
		b[at] += byte(seq % 10)
	}
	return string(b)
}
