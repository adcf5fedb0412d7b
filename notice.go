package tocsin

import (
	"strconv"
	"time"
)

// A Notice is one message that a receiver is to get about one log entry of an incident: a document of the outbox, there
// until it is delivered and kept after that.
type Notice struct {
	ID       string      `json:"id"` // [NoticeID]: the same entry and receiver always give the same one
	Tenant   string      `json:"tenant"`
	Receiver string      `json:"receiver"`
	Route    string      `json:"route"`
	Incident string      `json:"incident,omitempty"`
	Number   string      `json:"number,omitempty"`
	Seq      int64       `json:"seq,omitempty"` // of the log entry; 0: a summary
	Action   Action      `json:"action,omitempty"`
	State    NoticeState `json:"state"`
	Reason   string      `json:"reason,omitempty"` // why it was not told, or the last error
	Created  time.Time   `json:"created"`
	Due      time.Time   `json:"due"` // not before
	Attempts int         `json:"attempts"`
	Sent     time.Time   `json:"sent,omitzero"`
	Repeat   int         `json:"repeat,omitempty"`  // the how-manieth repetition of an unacknowledged incident's
	Held     string      `json:"held,omitempty"`    // the quiet window that held it
	Into     string      `json:"into,omitempty"`    // the summary that tells it
	Members  []string    `json:"members,omitempty"` // of a summary: the notices that it tells
	Version  int64       `json:"version"`           // every stored change raises it by one
}

// NoticeState is what became of a notice.
type NoticeState string

// The states of a notice.
const (
	NoticeWaiting    NoticeState = "waiting"    // to be sent, now or at its due time
	NoticeSent       NoticeState = "sent"       // the receiver took it
	NoticeSummarised NoticeState = "summarised" // told by a summary, behind a quiet window
	NoticeDropped    NoticeState = "dropped"    // not told: its reason says why
	NoticeRefused    NoticeState = "refused"    // the receiver refuses it for good
	// NoticeUndelivered is a notice whose receiver was removed: it waits again should the receiver come back.
	NoticeUndelivered NoticeState = "undelivered"
)

// NoticeStates lists them.
func NoticeStates() []NoticeState {
	return []NoticeState{NoticeWaiting, NoticeSent, NoticeSummarised, NoticeDropped, NoticeRefused, NoticeUndelivered}
}

// NoticeID is the id of what a receiver is told of an incident's log entry, at the first time or at a repetition.
func NoticeID(incident string, seq int64, receiver string, repeat int) string {
	return Hash("notice", incident, strconv.FormatInt(seq, 10), receiver, strconv.Itoa(repeat))
}

// A NoticeQuery selects notices; zero fields select nothing away.
type NoticeQuery struct {
	Tenant   string
	Incident string
	Receiver string
	State    NoticeState
	Until    time.Time // due at or before
	Newest   bool      // the latest due first; else the earliest
	Limit    int       // 1 to 500; 0: 50
}
