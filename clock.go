package tocsin

import "time"

// A Clock is one report that a regulatory regime asks for: by when, and what became of it (register.md, 6). The daemon
// computes due times; whether there is a duty is for people to say.
type Clock struct {
	Regime string `json:"regime"`
	Stage  string `json:"stage"`
	Title  string `json:"title"`
	Source string `json:"source"` // the article
	// Anchor is the mark from which the time runs, or the stage whose submission it runs from.
	Anchor string    `json:"anchor"`
	From   time.Time `json:"from,omitzero"` // when that was; zero: it has not come
	Basis  string    `json:"basis,omitempty"`
	SetBy  string    `json:"set_by,omitempty"`
	Due    time.Time `json:"due,omitzero"`
	// Pessimistic is when it would be due if the time ran from the detection.
	Pessimistic time.Time `json:"pessimistic,omitzero"`
	Met         *bool     `json:"met"` // nil: undecided
	BreachedS   int64     `json:"breached_by_s,omitempty"`
	Escalated   int       `json:"escalated,omitempty"` // steps of its escalation that were taken

	Submitted   time.Time `json:"submitted,omitzero"`
	SubmittedBy string    `json:"submitted_by,omitempty"`
	Reference   string    `json:"reference,omitempty"` // the authority's
	SHA256      string    `json:"sha256,omitempty"`    // of what was submitted
	Waived      bool      `json:"waived,omitempty"`
	WaivedBy    string    `json:"waived_by,omitempty"`
	Reason      string    `json:"reason,omitempty"` // of the waiver, or of a late submission
}

// Name is the clock's among those of its incident: regime/stage.
func (c Clock) Name() string { return c.Regime + "/" + c.Stage }

// IsOpen reports whether the report is still to be made.
func (c Clock) IsOpen() bool { return c.Submitted.IsZero() && !c.Waived }
