package web

import (
	"context"
	"time"

	"tocsin"
)

// A Workshop is what the page knows of rules beyond what they do: their text, their tests, and drafts of changes. It
// writes nothing: a person puts a draft where rules are read from.
type Workshop interface {
	// Source is a rule's text and its exceptions; false where no rule in force has the id.
	Source(rule string) (RuleSource, bool)
	// Test runs the tests that stand in a rule. The error wraps [tocsin.ErrNotFound].
	Test(ctx context.Context, rule string) ([]RuleTest, error)
	// Draft makes or takes a change of a rule and tries it. The error wraps [tocsin.ErrNotFound].
	Draft(ctx context.Context, q DraftQuery) (RuleDraft, error)
}

// A RuleSource is a rule as it was written.
type RuleSource struct {
	File       string
	Line       int
	Text       string // "" where it is not at hand
	Tests      []string
	Exceptions []RuleException
}

// A RuleException hides matches of a rule.
type RuleException struct {
	Name, When, Reason, Owner string
	Expires                   time.Time
	Hidden                    int64 // matches, since it was loaded
	All                       bool  // it is one of all rules
}

// A RuleTest is one test that stands in a rule, and its outcome.
type RuleTest struct {
	Name   string
	Passed bool
	Faults string // with carets; "" where it passed
	Took   time.Duration
}

// The kinds of drafts.
const (
	DraftException = "exception"
	DraftShadow    = "shadow"
)

// A DraftQuery asks for a draft.
type DraftQuery struct {
	Rule, Kind string
	Text       string           // as a person changed it; "" asks for one
	Incident   *tocsin.Incident // that it is drafted of; nil: none
	Events     []tocsin.Event
	By         string // who asks
}

// A RuleDraft is the text of a file that would change what a rule does, and what trying it told.
type RuleDraft struct {
	Text    string
	File    string   // name that it may be saved under, below a rule folder
	Folders []string // from which the daemon reads rules
	Refused string   // why none can be made; "" for none
	Faults  string   // as `rules check` tells them, with carets; "" where it is sound
	Lints   string
	Tests   []RuleTest // of the rule, or of its copy, with the draft in force
	Tried   int        // alerts of the events' evidence that meet the rule
	Hidden  int        // of them: hidden by the draft
}

// Sound reports whether the draft can be put in force.
func (d RuleDraft) Sound() bool { return d.Refused == "" && d.Faults == "" }
