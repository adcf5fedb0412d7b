package tocsin

import (
	"strconv"
	"time"
)

// An AuditEntry says who did, or tried to do, what on what: each write, each look at something restricted, each
// attempt that was refused. Entries are created and never changed or removed.
type AuditEntry struct {
	ID      string       `json:"id"` // [AuditEntry.Seal]
	At      time.Time    `json:"at"`
	By      Actor        `json:"by"`     // the zero Actor is somebody who did not say who they are
	Tenant  string       `json:"tenant"` // that By is bound to; "" for none
	Action  string       `json:"action"` // the API's operation, or sign-in, sign-out, …
	Object  string       `json:"object"` // what it was done on, as a path: /incidents/202611-…
	Outcome AuditOutcome `json:"outcome"`
	Reason  string       `json:"reason,omitempty"` // why it was refused or failed
	Request string       `json:"request"`          // id of the request, which the answer's X-Request-Id names
	Remote  string       `json:"remote,omitempty"` // address that the request came from
}

// An AuditOutcome says what became of it.
type AuditOutcome string

// The outcomes of what is audited.
const (
	AuditShown   AuditOutcome = "shown"   // something restricted was given out; written before it was
	AuditBegun   AuditOutcome = "begun"   // a write is about to be done; another entry of the request tells what became of it
	AuditDone    AuditOutcome = "done"    // a write was carried out
	AuditRefused AuditOutcome = "refused" // for want of a right, or by a guard
	AuditFailed  AuditOutcome = "failed"  // for a fault of ours
)

// Seal gives the entry the id that follows from its content and names its month.
func (e *AuditEntry) Seal() {
	e.ID = month(e.At) + Hash("audit", strconv.FormatInt(e.At.UnixNano(), 10), e.Request, e.By.Kind, e.By.ID, e.Action, e.Object, string(e.Outcome))
}

// An AuditQuery selects audit entries, newest first; zero fields select nothing away.
type AuditQuery struct {
	Tenant  string
	By      string // id of the actor
	Action  string
	Object  string
	Outcome AuditOutcome
	Since   time.Time // inclusive
	Until   time.Time // exclusive
	Limit   int       // 1 to 500; 0: 50
	Cursor  string    // of the page before
}
