package web

import (
	"net/http"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

// Health is how the pipeline does, as its page shows it.
type Health struct {
	Mode      string // embedded or kafka
	Started   time.Time
	Troubles  []Trouble
	Watermark time.Time // zero: no source has said how far it is
	Holder    string    // what holds the watermark back, as source/partition
	Waiting   []string  // sources that are idle or not heard of
	Backlog   int64     // records taken in and not yet processed; -1 where it is not known
	Used      int64     // bytes of the embedded store; 0 where there is none
	Limit     int64     // of them; 0: no limit
	Rates     []Rate
	Sources   []Source
	Rejected  []Count // by reason
	Lags      []Lag
	Receivers []Receiver // of notifications
	Open      int        // events open in the engines
	Keys      int        // group keys held
	State     int64      // bytes of state held
	Retries   int64      // writes that were repeated
	System    System
}

// A Trouble keeps the daemon from working as it should.
type Trouble struct {
	Part, Detail string
	Since        time.Time
	Retries      int64
	Halted       bool // an operator must act
}

// A Rate is how fast something is counted.
type Rate struct {
	Name       string
	Minute     float64 // a second, over the last minute
	Whole      float64 // a second, since the start
	Total      int64
	Remarkable bool // any of it deserves a look
}

// A Source is what came of one source's records.
type Source struct {
	Name                               string
	Alerts, Duplicates, Rejected, Late int64
	Rate                               float64   // records a second, over the last minute
	Received                           time.Time // of the latest alert; zero before the first one
	Habit                              float64   // seconds it is used to pause; 0 while unknown
	Silent                             time.Time // when it was last heard of, while it is silent; else zero
	Delay                              float64   // mean seconds from an alert's time to its receipt
}

// Share is the part of the source's records that was rejected.
func (s Source) Share() float64 {
	if n := s.Alerts + s.Duplicates + s.Rejected; n > 0 {
		return float64(s.Rejected) / float64(n)
	}
	return 0
}

// Lag is the mean delay in words.
func (s Source) Lag() string { return span(time.Duration(s.Delay * float64(time.Second))) }

// Usual is the habit in words.
func (s Source) Usual() string { return span(time.Duration(s.Habit * float64(time.Second))) }

// A Count is a number of something by name.
type Count struct {
	Name  string
	Total int64
}

// A Receiver is one place that notifications are sent to.
type Receiver struct {
	Name, Kind    string
	Waiting       int // notices due and not yet sent
	Sent, Failing time.Time
	Error         string
}

// A Lag is how far one partition is behind.
type Lag struct {
	Group, Topic string
	Partition    int32
	Next, Lag    int64
	Halted       string
}

// Rules are the rules in force, and the faults of a reading that failed since.
type Rules struct {
	Set    string
	Faults string // with carets; "" for none
	Rules  []Rule
}

// A Rule is one rule in force and how it does.
type Rule struct {
	ID, Title, Version, Status, Level, Kind, Category string
	Matches, Hidden, Errors                           int64
	LastError                                         string
	Quarantined                                       bool
	Absent                                            map[string]int64 // alerts that lacked a field, by field
	GroupBy, Requires, Conditions                     []string
	Keys, OpenEvents                                  int
	Bytes, Late, Evicted                              int64
	Cost                                              time.Duration // of matching it, an alert; 0: not measured
	Degraded, Blind                                   []string      // why, in words
}

// A Letter is a dead letter and what was done with it last, nil where it waits.
type Letter struct {
	tocsin.Rejection
	Done *tocsin.Disposition
}

// A healthView is the health page.
type healthView struct {
	Health
	Rules       Rules
	DeadLetters tocsin.Page[Letter]
	Unreadable  string // why the dead letters cannot be shown
}

// lettersShown is how many dead letters the page lists: the newest.
const lettersShown = 20

func (p *pages) health(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := healthView{Health: p.Health(ctx), Rules: p.Rules()}
	var err error
	// A store that is down is what this page is read for: it must not fail with it.
	if v.DeadLetters, err = p.DeadLetters(ctx, LetterQuery{Tenant: auth.From(ctx).Tenant, Limit: lettersShown}); err != nil {
		v.Unreadable = "the store does not answer"
		p.Log.WarnContext(ctx, "dead letters cannot be listed", "err", err)
	}
	p.render(w, r, http.StatusOK, "health", "Pipeline health", "health", v)
	return nil
}
