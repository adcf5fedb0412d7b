package tocsin

import (
	"errors"
	"time"
)

// The answers of a store that callers act on.
var (
	ErrNotFound = errors.New("not found")
	ErrConflict = errors.New("changed by another writer") // optimistic concurrency lost, or the log position is taken
	ErrQuery    = errors.New("bad query")                 // what no store answers: an unknown sort order, a cursor of another listing
)

// A Receipt is what became of one alert that was stored: the same position in the answer as in the question.
type Receipt struct {
	Verdict ReceiptVerdict
	// Other is the id under which the alert was stored instead, where the source used its id for other content.
	Other string
	// Why the store refuses the document, in its own words; "" where it does not.
	Why string
}

// A ReceiptVerdict says whether a stored alert is new.
type ReceiptVerdict uint8

// The verdicts on a stored alert (delivery.md 3.3, 5).
const (
	Stored    ReceiptVerdict = iota // created now, or by us before a restart: the coordinates are the same
	Duplicate                       // the same content came before from other coordinates: no match
	Resent                          // the source's id with other content: stored under Other, matched as that alert
	Refused                         // the store refuses the document for ever: it belongs into the dead-letter place
)

// A Slot says which open incident the events about one entity value join (register.md, ruling 2 of section 0).
type Slot struct {
	ID       string    `json:"id"` // [SlotID]
	Tenant   string    `json:"tenant"`
	Field    string    `json:"field"`
	Value    string    `json:"value"`
	Incident string    `json:"incident"`
	Event    string    `json:"event"`   // the founding event
	Last     time.Time `json:"last"`    // event time of the newest event that joined through it
	Version  int64     `json:"version"` // 0: not stored yet; every stored change raises it by one
	// Overflow marks a slot beyond the most that one incident may have: what comes through it founds an incident of
	// its own, related to Incident.
	Overflow bool `json:"overflow,omitempty"`
	// Before is what the slot said when Incident took it: should its founding never have come into a log, it holds again.
	Before *SlotBefore `json:"before,omitempty"`
}

// SlotBefore is the earlier holding of a slot.
type SlotBefore struct {
	Incident string    `json:"incident"`
	Last     time.Time `json:"last"`
	Overflow bool      `json:"overflow,omitempty"`
}

// Documents are documents of the register that are read or written together: a place among all of them is counted
// through slots, verdicts, entries, incidents and exhibits, in this order.
type Documents struct {
	Slots     []Slot
	Verdicts  []Verdict
	Entries   []LogEntry
	Incidents []Incident
	Exhibits  []Exhibit
}

// The kinds of [Documents], in their order.
const (
	OfSlots = iota
	OfVerdicts
	OfEntries
	OfIncidents
	OfExhibits
)

// Offset is the place of the first document of a kind among all; of the kind behind the last, how many there are.
func (d *Documents) Offset(kind int) int {
	at := 0
	for k, n := range []int{len(d.Slots), len(d.Verdicts), len(d.Entries), len(d.Incidents), len(d.Exhibits)} {
		if k < kind {
			at += n
		}
	}
	return at
}

// Len is how many documents there are.
func (d *Documents) Len() int { return d.Offset(OfExhibits + 1) }

// Wanted are documents of the register to read together: verdicts by event, slots by id, and each incident's log from a
// number on.
type Wanted struct {
	Verdicts []string
	Slots    []string
	Logs     map[string]int64
}

// A Query selects incidents; zero fields select nothing away.
type Query struct {
	Tenant       string
	Number       string // as INC-2026-000042
	Status       []Status
	Priority     []string
	Category     string // a class or class/type
	Platform     string
	Assignee     string
	Unassigned   bool // nobody's
	Coordinator  string
	Team         string // one that is activated
	Disposition  []string
	Entity       string // an entity value
	Event        string // an event id
	Rule         string // id of the rule of one of its events
	Title        string // words, each of which begins a word of the title; case does not matter
	Breached     *bool  // whether a target was missed; nil: either
	Since        time.Time
	Until        time.Time // of opened
	UpdatedSince time.Time
	UpdatedUntil time.Time
	Visibility   string  // team or restricted
	Reader       *Reader // leaves out what is restricted and not known to him; nil: nothing
	// Sort is opened (also ""), updated, last, status_since, due, priority, status, category, platform, assignee,
	// coordinator, disposition, number or title. Within one priority the least time left comes first, within other
	// words the newest opened.
	Sort   string
	Order  string // asc or desc; "": newest first for times, least time left for due, ascending for words
	Limit  int    // 1 to 500; 0: 50
	Cursor string // of the page before
}

// An EventQuery selects events, newest detected first; zero fields select nothing away.
type EventQuery struct {
	Tenant   string
	Rule     string
	Level    []string
	Activity []Activity
	Entity   string // an entity value
	Since    time.Time
	Until    time.Time // of detected
	Limit    int       // 1 to 500; 0: 50
	Cursor   string    // of the page before
}

// An AlertQuery selects alerts; zero fields select nothing away.
type AlertQuery struct {
	Tenant string
	Source string
	Entity string // a value of a field that names something: an address, a host, a user, a hash
	Field  string // the only field that may have the value; "" for any of those
	// Severity is the least tocsin.severity, of 100; 0: any, and none.
	Severity int64
	List     string    // one that has a value of the alert: tocsin.lists
	Since    time.Time // of the event time, inclusive
	Until    time.Time // exclusive
	Limit    int       // 1 to 500; 0: 50
	Cursor   string    // of the page before
}

// A VerdictQuery selects verdicts, newest detected first; zero fields select nothing away.
type VerdictQuery struct {
	Tenant string
	State  AssessmentState
	Since  time.Time // of detected, inclusive
	Limit  int       // 1 to 500; 0: 50
	Cursor string    // of the page before
}

// A Page is one page of a listing.
type Page[T any] struct {
	Items  []T    `json:"items"`
	Cursor string `json:"cursor,omitempty"` // "" on the last page
	Total  int64  `json:"total"`
}

// A Snapshot is the saved state of one partition of the matches log. It carries its own offset (delivery.md 3.1, 2).
type Snapshot struct {
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`           // next offset to read
	Set       string    `json:"set"`              // rule set's hash
	Order     int64     `json:"order"`            // the how-manieth set that was put in force it is; 0: not known
	Log       string    `json:"log,omitempty"`    // the life of the log that Offset counts in; "": not known
	Life      int64     `json:"life,omitempty"`   // the how-manieth life of the log that was seen begin anew; 0: the first
	Scales    string    `json:"scales,omitempty"` // hash of those that judge what follows, where the log says it; "": not known
	Format    int       `json:"format"`
	Watermark time.Time `json:"watermark"`
	State     []byte    `json:"state"` // of the engine
	Taken     time.Time `json:"taken"` // volatile
}

// Version orders the snapshots of a partition: a store never replaces a higher one by a lower one. A life of the log that
// began anew comes behind all offsets of the one before; 2^48 of them are more than a log ever has.
func (s *Snapshot) Version() int64 { return s.Life<<48 + s.Offset }

// An InputProgress says how far one input partition has been read, as its owner told in its last marker: from there the
// next owner goes on, and by it others pace themselves.
type InputProgress struct {
	SourcePartition
	Incarnation string    `json:"incarnation,omitempty"` // of the log that was read
	Epoch       int64     `json:"epoch"`                 // of the owner: a store keeps the one of the latest
	Offset      int64     `json:"offset"`
	Greatest    time.Time `json:"greatest,omitzero"` // greatest accepted event time
	Accepted    time.Time `json:"accepted,omitzero"` // when that was, by the owner's clock
	AtEnd       bool      `json:"at_end"`            // nothing stood behind what was read
	At          time.Time `json:"at"`                // when this was said, by the owner's clock
	// Heard is when each source was last heard of in it: the intake's topic holds the records of many.
	Heard map[string]time.Time `json:"heard,omitempty"`
}
