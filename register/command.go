package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A Command is what a person, or a token for one, asks of the register. Members that an action does not need are
// ignored.
type Command struct {
	ID       string        // command id or Idempotency-Key: given twice, the second changes nothing. Required
	Action   tocsin.Action // one that [RoleFor] knows
	Incident string        // the incident; "" for create, promote and dismiss
	Event    string        // promote, dismiss: the event
	Tenant   string        // create: the incident's; else, where set, an incident of another tenant is not found
	By       tocsin.Actor  // kind person or token; the caller has checked its role
	// ExpectedRevision is the revision the command was decided on (If-Match); 0: any. Another one is a [*StaleError].
	ExpectedRevision int64
	Effective        time.Time // when it happened; zero: now. Never in the future

	Reason      string // reject, reopen
	Text        string // comment, hand_over, review, and with any other
	Disposition string // reject, close, resolve, dismiss: one of [tocsin.Dispositions]
	RootCause   string // resolve, close: one of [tocsin.RootCauses]
	Into        string // merge: the incident that goes on
	Proposal    string // decline: one of the incident's proposals
	Assignee    string
	Coordinator string // declare: "" takes the actor; assign, hand_over
	Teams       []string
	Team        string           // team: which one
	Step        string           // team: activated (also ""), acknowledged or done
	Owner       string           // crisis: who leads there
	Events      []string         // split: those that go
	FollowUp    *tocsin.FollowUp // follow_up
	Index       int              // follow_up: which one to replace, from 1; 0 adds one

	// Set and create. Empty members stay as they are; of an impact, each axis by itself.
	Title, Summary string
	Category       string
	Impact         tocsin.Impact
	Urgency        string
	Priority       string
	Platform       string
	TLP            string
	PAP            string
	Occurred       time.Time
	Visibility     string   // visibility: one of [tocsin.Visibilities]
	Shared         []string // visibility: the people who may know of what is restricted, all of them
	// What was found out: set, declare, resolve, review, close.
	Intent, Means   string
	FailedControls  []string // [tocsin.NoneFound] where it was looked into and there are none
	Vulnerabilities []tocsin.Vulnerability
	Entities        []tocsin.Entity // create

	// Of clock_start, clock_submit and clock_waive.
	Regime    string
	Stage     string    // submit; waive: "" is all that are open
	Anchored  time.Time // start: when the anchor was; zero: as the incident's marks say
	Basis     string    // start: by what that is known
	Reference string    // submit: the authority's
	SHA256    string    // submit: of the content

	reader *tocsin.Reader // who gives it, as far as what is restricted goes
	at     time.Time      // Effective as it was given
}

// Do carries out a person's command and returns the incident after it (the zero one after dismiss). Errors: a
// [*Refusal] that names all that is missing, a [*StaleError], [tocsin.ErrNotFound].
func (r *Register) Do(ctx context.Context, cmd Command) (tocsin.Incident, error) {
	r = r.current()
	i, err := r.do(ctx, cmd)
	err = r.naming(ctx, cmd, err)
	if stale, ok := errors.AsType[*StaleError](err); ok {
		if stale.Since, _ = r.store.Entries(ctx, stale.Current.ID, stale.Expected+1); len(stale.Since) > maxSince {
			stale.Since = stale.Since[len(stale.Since)-maxSince:]
		}
	}
	return i, err
}

// naming lets a refusal call the incident by its number.
func (r *Register) naming(ctx context.Context, cmd Command, err error) error {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		refusal.Number = r.called(ctx, cmd, refusal.Incident)
	}
	return err
}

// called is the number of an incident that the giver of a command may know of, "" of any other and of what is none.
func (r *Register) called(ctx context.Context, cmd Command, incident string) string {
	if incident == "" {
		return ""
	}
	i, err := r.Incident(ctx, incident)
	if err != nil || !i.KnownTo(r.ReaderOf(cmd.By)) || cmd.Tenant != "" && cmd.Tenant != i.Tenant {
		return ""
	}
	return i.Number
}

func (r *Register) do(ctx context.Context, cmd Command) (tocsin.Incident, error) {
	if err := r.check(&cmd); err != nil {
		return tocsin.Incident{}, err
	}
	switch cmd.Action {
	case tocsin.ActCreate:
		return r.create(ctx, cmd)
	case tocsin.ActPromote:
		return r.promoteEvent(ctx, cmd)
	case tocsin.ActDismiss:
		return tocsin.Incident{}, r.dismiss(ctx, cmd)
	case tocsin.ActSplit:
		return r.split(ctx, cmd)
	case tocsin.ActMerge:
		if err := r.absorbFirst(ctx, cmd); err != nil {
			return tocsin.Incident{}, err
		}
	}
	i, done, err := r.write(ctx, cmd.Incident, cmd.ID, func(now view) (*tocsin.LogEntry, error) {
		if err := cmd.concerns(now); err != nil {
			return nil, err
		}
		return r.entry(cmd, now)
	})
	if err != nil {
		return tocsin.Incident{}, err
	}
	if !i.KnownTo(cmd.reader) && !done { // a command that was given before, by somebody who was put out since
		return tocsin.Incident{}, fmt.Errorf("incident %s: %w", cmd.Incident, tocsin.ErrNotFound)
	}
	if !done {
		if err := r.sameCommand(ctx, cmd, i); err != nil {
			return tocsin.Incident{}, err
		}
	}
	if cmd.Action == tocsin.ActReopen {
		return r.takeProposed(ctx, cmd, i)
	}
	return i, nil
}

// check refuses what no state of the register could allow, and fills in the effective time.
func (r *Register) check(cmd *Command) error {
	var missing []string
	if _, ok := RoleFor(cmd.Action); !ok {
		missing = append(missing, fmt.Sprintf("a command of a person, which %q is not", cmd.Action))
	}
	missing = append(missing, commandID(cmd.ID)...)
	if !isPerson(cmd.By) || cmd.By.ID == "" {
		missing = append(missing, "an actor: a person or a token, by name")
	}
	now := r.now()
	if cmd.Effective.After(now) {
		missing = append(missing, "an effective time that has passed: "+cmd.Effective.UTC().Format(time.RFC3339)+" is in the future")
	}
	if cmd.Occurred.After(now) {
		missing = append(missing, "a time of occurrence that has passed: "+cmd.Occurred.UTC().Format(time.RFC3339)+" is in the future")
	}
	if cmd.Anchored.After(now) {
		missing = append(missing, "an anchor that has passed: "+cmd.Anchored.UTC().Format(time.RFC3339)+" is in the future")
	}
	missing = append(missing, oneOf("disposition", cmd.Disposition, tocsin.Dispositions())...)
	missing = append(missing, oneOf("root cause", cmd.RootCause, tocsin.RootCauses())...)
	missing = append(missing, r.opts.Vocabulary.check(*cmd)...)
	missing = append(missing, oneOf("tlp", cmd.TLP, tocsin.TLPs())...)
	missing = append(missing, cmd.words()...)
	missing = append(missing, cmd.long()...)
	if cmd.at = cmd.Effective; cmd.at.IsZero() {
		cmd.Effective = now
	}
	missing = append(missing, oneOf("visibility", cmd.Visibility, tocsin.Visibilities())...)
	cmd.reader = r.ReaderOf(cmd.By)
	if len(missing) > 0 {
		return &Refusal{Incident: or(cmd.Incident, cmd.Event), Action: cmd.Action, Missing: missing}
	}
	return nil
}

// commandID refuses an id that is none, or that only the machine gives.
func commandID(id string) []string {
	if id == "" || len(id) > maxName {
		return []string{fmt.Sprintf("a command id of 1 to %d bytes: send an Idempotency-Key", maxName)}
	}
	for _, ours := range []string{"event:", "timer:", "propose:", "relate:", "absorb:", "decline:", "recur:", "split:", "evidence:", "erase:", "erased:", "settle:"} {
		if strings.HasPrefix(id, ours) {
			return []string{fmt.Sprintf("a command id that does not begin with %q, as the machine's do", ours)}
		}
	}
	return nil
}

// What a person writes is bounded, as a log entry must fit where it is stored.
const (
	maxName = 256       // bytes of an id, a name or a word
	maxLine = 1000      // bytes of a title or a reason
	maxText = 64 * 1024 // bytes of a text or a summary
	maxList = 100       // entities, teams
)

// long lists what exceeds these bounds.
func (c Command) long() []string {
	var missing []string
	for name, v := range map[string]struct {
		text string
		most int
	}{
		"title": {c.Title, maxLine}, "reason": {c.Reason, maxLine}, "text": {c.Text, maxText}, "summary": {c.Summary, maxText},
		"assignee": {c.Assignee, maxName}, "coordinator": {c.Coordinator, maxName}, "category": {c.Category, maxName},
		"regime": {c.Regime, maxName}, "stage": {c.Stage, maxName}, "basis": {c.Basis, maxLine}, "reference": {c.Reference, maxLine},
		"platform": {c.Platform, maxName}, "urgency": {c.Urgency, maxName}, "priority": {c.Priority, maxName},
	} {
		if len(v.text) > v.most {
			missing = append(missing, fmt.Sprintf("a shorter %s: it may have %d bytes", name, v.most))
		}
	}
	if len(c.Entities) > maxList || len(c.Teams) > maxList || len(c.Shared) > maxList {
		missing = append(missing, fmt.Sprintf("a shorter list: it may have %d items", maxList))
	}
	slices.Sort(missing)
	return missing
}

// check lists the words of a command that are not in the vocabulary.
func (v Vocabulary) check(cmd Command) []string {
	missing := slices.Concat(oneOf("category", cmd.Category, v.Categories), oneOf("urgency", cmd.Urgency, v.Urgency),
		oneOf("priority", cmd.Priority, v.Priorities))
	for axis, word := range axes(&cmd.Impact) {
		missing = append(missing, oneOf(axis+" impact", *word, v.Impact[axis])...)
	}
	slices.Sort(missing)
	return missing
}

// axes are the words of an impact by the names of their axes.
func axes(i *tocsin.Impact) map[string]*string {
	return map[string]*string{
		"functional": &i.Functional, "information": &i.Information, "recoverability": &i.Recoverability,
		"business_loss": &i.BusinessLoss, "social": &i.Social,
	}
}

// concerns reports an unknown incident, one of another tenant, and a revision that is not the expected one.
func (c Command) concerns(now view) error {
	if now.seq == 0 || c.Tenant != "" && c.Tenant != now.incident.Tenant || !now.incident.KnownTo(c.reader) {
		return fmt.Errorf("incident %s: %w", c.Incident, tocsin.ErrNotFound)
	}
	if c.ExpectedRevision != 0 && c.ExpectedRevision != now.seq {
		return &StaleError{Expected: c.ExpectedRevision, Current: now.incident}
	}
	return nil
}
