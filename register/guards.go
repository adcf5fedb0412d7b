package register

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/fault"
)

// A Refusal is a command that the lifecycle or a guard does not allow now. It names every missing thing with its
// remedy, not the first one alone. It is [tocsin.ErrTransition] where the status allows no such step.
type Refusal struct {
	Incident string // its id, or that of an event
	Number   string // of the incident, as people call it; "" where there is none, or its giver may not know of it
	Action   tocsin.Action
	Status   tocsin.Status
	Missing  []string
	// Reused says that the command's id was used for another command.
	Reused bool
	step   bool
}

// Error is one sentence with all that is missing.
func (r *Refusal) Error() string {
	where := "incident " + or(r.Number, r.Incident)
	if r.Incident == "" {
		where = "a new one"
	}
	if r.Status != "" {
		where += ", which is " + string(r.Status) + ","
	}
	return fmt.Sprintf("%s: %s needs %s", r.Action, where, strings.Join(r.Missing, "; "))
}

// Is reports whether target is [tocsin.ErrTransition] and the refusal is of that kind.
func (r *Refusal) Is(target error) bool { return r.step && target == tocsin.ErrTransition }

// A StaleError says that the incident is not at the revision the command expected. It is [tocsin.ErrConflict].
type StaleError struct {
	Expected int64
	Current  tocsin.Incident
	Since    []tocsin.LogEntry // what was written since then, the last 50 of it
}

// maxSince bounds what a [*StaleError] tells.
const maxSince = 50

// Error names both revisions.
func (e *StaleError) Error() string {
	text := fmt.Sprintf("incident %s is at revision %d, not %d: look at it again", or(e.Current.Number, e.Current.ID), e.Current.Revision, e.Expected)
	if len(e.Since) == 0 {
		return text
	}
	since := make([]string, len(e.Since))
	for n, entry := range e.Since {
		since[n] = entry.By.ID + ": " + string(entry.Action)
	}
	return text + "; since then " + strings.Join(since, ", ")
}

// Unwrap is [tocsin.ErrConflict].
func (e *StaleError) Unwrap() error { return tocsin.ErrConflict }

// Roles are the register's roles, each allowed all that the ones before it are.
func Roles() []string { return []string{"viewer", "analyst", "coordinator", "lead", "admin"} }

// RoleFor is the least role that may give a command; false for an action that no person gives. The check is the
// caller's, who knows who asks.
func RoleFor(a tocsin.Action) (string, bool) {
	switch a {
	case tocsin.ActCreate, tocsin.ActComment, tocsin.ActAcknowledge, tocsin.ActContain, tocsin.ActEradicate,
		tocsin.ActRecover, tocsin.ActResolve, tocsin.ActFollowUp, tocsin.ActAssign, tocsin.ActTeam:
		return "analyst", true
	case tocsin.ActClockWaive:
		return "lead", true
	case tocsin.ActClockStart, tocsin.ActClockSubmit, tocsin.ActDeclare, tocsin.ActReject, tocsin.ActPromote, tocsin.ActDismiss, tocsin.ActClose, tocsin.ActReopen,
		tocsin.ActMerge, tocsin.ActHandOver, tocsin.ActSet, tocsin.ActConfirm, tocsin.ActReview,
		tocsin.ActDecline, tocsin.ActVisibility, tocsin.ActHold, tocsin.ActRelease, tocsin.ActCrisis, tocsin.ActReturn, tocsin.ActSplit:
		return "coordinator", true
	default:
		return "", false
	}
}

// May reports whether a role is enough for an action.
func May(role string, a tocsin.Action) bool {
	least, ok := RoleFor(a)
	return ok && slices.Index(Roles(), role) >= slices.Index(Roles(), least)
}

// undeclarable lists what a declaration lacks (ISO/IEC 27035-1, 4.5.3 c and 4.7.2).
func undeclarable(detected time.Time, c rating) []string {
	var missing []string
	if detected.IsZero() {
		missing = append(missing, "the time of detection: create the incident with its effective time")
	}
	if class, _, _ := strings.Cut(c.Category, "/"); class == "" {
		missing = append(missing, "a category: set one, e.g. intrusions/system-compromise")
	}
	if c.Impact == nil || *c.Impact == (tocsin.Impact{}) {
		missing = append(missing, "an impact: set functional, information, recoverability, business_loss or social")
	}
	if c.Priority == "" {
		missing = append(missing, "a priority: set P1 to P5, or impact and urgency, which decide it")
	}
	return missing
}

// unfounded are the dispositions by which there was no harmful incident: there is no root cause to find and nothing to
// review.
func unfounded(disposition string) bool {
	switch disposition {
	case "benign_true_positive", "false_positive", "duplicate", "insufficient_data", "test_exercise":
		return true
	}
	return false
}

// unclosable lists what closing lacks, given what the command brings.
func (r *Register) unclosable(i tocsin.Incident, cmd Command) []string {
	var missing []string
	disposition, cause := or(cmd.Disposition, i.Disposition), or(cmd.RootCause, i.RootCause)
	if disposition == "" {
		missing = append(missing, "a disposition: one of "+strings.Join(tocsin.Dispositions(), ", "))
	}
	if cause == "" && i.Priority != "" && i.Priority <= "P3" && !unfounded(disposition) {
		missing = append(missing, "a root cause, which P1 to P3 need: one of "+strings.Join(tocsin.RootCauses(), ", "))
	}
	if r.opts.Targets[i.Priority].Review == "required" && i.Review != "done" && !unfounded(disposition) {
		missing = append(missing, "the post-incident review, which "+i.Priority+" requires: record it with review")
	}
	missing = append(missing, unreported(i, "submit or waive it")...)
	return append(missing, r.unlearnt(i, cmd)...)
}

// oneOf checks a word against a vocabulary.
func oneOf(what, word string, words []string) []string {
	if word == "" || len(words) == 0 || slices.Contains(words, word) {
		return nil
	}
	meant := ""
	if near := fault.Nearest(word, words); near != "" {
		meant = "; did you mean " + near + "?"
	}
	return []string{fmt.Sprintf("another %s than %q: one of %s%s", what, word, strings.Join(words, ", "), meant)}
}
