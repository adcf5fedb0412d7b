package register

import (
	"fmt"
	"slices"
	"strings"

	"tocsin"
)

// entry drafts the log entry of a person's command, or refuses it with all that is missing.
func (r *Register) entry(cmd Command, now view) (*tocsin.LogEntry, error) {
	i := now.incident
	e := &tocsin.LogEntry{
		Tenant: i.Tenant, Action: cmd.Action, By: cmd.By, Effective: cmd.Effective, Reason: cmd.Reason, Text: cmd.Text,
	}
	var payload any
	var missing []string
	if to, ok := destination(cmd.Action); ok {
		if missing = unreachable(i.Status, cmd.Action, to); len(missing) > 0 {
			return nil, &Refusal{Incident: i.ID, Action: cmd.Action, Status: i.Status, Missing: missing, step: true}
		}
		e.To = to
		payload, missing = r.moving(cmd, i)
		missing = append(missing, early(cmd, i)...)
	} else {
		payload, missing = r.keeping(cmd, i)
	}
	if len(missing) > 0 {
		return nil, &Refusal{Incident: i.ID, Action: cmd.Action, Status: i.Status, Missing: missing}
	}
	if payload == nil {
		return e, nil
	}
	var err error
	e.Data, err = pack(payload)
	return e, err
}

// destination is the status that an action leads to; false for one that keeps the status.
func destination(a tocsin.Action) (tocsin.Status, bool) {
	switch a {
	case tocsin.ActDeclare:
		return tocsin.Declared, true
	case tocsin.ActReject:
		return tocsin.Rejected, true
	case tocsin.ActAcknowledge, tocsin.ActReopen:
		return tocsin.Acknowledged, true
	case tocsin.ActContain:
		return tocsin.Contained, true
	case tocsin.ActEradicate:
		return tocsin.Eradicated, true
	case tocsin.ActRecover:
		return tocsin.Recovered, true
	case tocsin.ActResolve:
		return tocsin.Resolved, true
	case tocsin.ActClose:
		return tocsin.ClosedIncident, true
	case tocsin.ActMerge:
		return tocsin.MergedIncident, true
	default:
		return "", false
	}
}

// unreachable says why the lifecycle has no such step, and which ones it has.
func unreachable(from tocsin.Status, a tocsin.Action, to tocsin.Status) []string {
	ended := from == tocsin.Resolved || from == tocsin.ClosedIncident
	reopening := a == tocsin.ActReopen
	if from.CanMove(to) && reopening == (ended && to == tocsin.Acknowledged) {
		return nil
	}
	var may []string
	for _, other := range moves {
		to, _ := destination(other)
		if from.CanMove(to) && (other == tocsin.ActReopen) == (ended && to == tocsin.Acknowledged) {
			may = append(may, string(other))
		}
	}
	if len(may) == 0 {
		said := "another status: " + string(from) + " is its end"
		if from == tocsin.Rejected {
			said += ", and what it was about becomes an incident again by promoting its event"
		}
		return []string{said}
	}
	return []string{"another status: what can be done from " + string(from) + " is " + strings.Join(may, ", ")}
}

// moves are the actions that change the status.
var moves = []tocsin.Action{
	tocsin.ActDeclare, tocsin.ActReject, tocsin.ActAcknowledge, tocsin.ActContain, tocsin.ActEradicate, tocsin.ActRecover,
	tocsin.ActResolve, tocsin.ActClose, tocsin.ActReopen, tocsin.ActMerge,
}

// early refuses a step before the incident's first activity.
func early(cmd Command, i tocsin.Incident) []string {
	if occurred, ok := i.Timeline["occurred"]; ok && cmd.Effective.Before(occurred) {
		return []string{fmt.Sprintf("an effective time after the first activity, %s: correct the one or set occurred", occurred.UTC().Format("2006-01-02T15:04:05Z"))}
	}
	return nil
}

// moving is the payload of a step, and what its guards miss.
func (r *Register) moving(cmd Command, i tocsin.Incident) (any, []string) {
	m := move{Disposition: cmd.Disposition, RootCause: cmd.RootCause, findings: cmd.findings()}
	switch cmd.Action {
	case tocsin.ActDeclare:
		m = r.declaration(i.Priority, cmd.Effective, cmd.By, i.Backfill)
		m.findings = cmd.findings()
		m.Coordinator = or(cmd.Coordinator, m.Coordinator)
		return m, undeclarable(i.Timeline["detected"], ratingOfIncident(i))
	case tocsin.ActReject:
		if m.Disposition == "" && slices.Contains(tocsin.Dispositions(), cmd.Reason) {
			m.Disposition = cmd.Reason
		}
		if m.Disposition == "" && cmd.Reason == "" {
			return m, []string{"a reason: say why it is no incident, best by a disposition"}
		}
		return eventChange{move: m}, nil
	case tocsin.ActResolve:
		if r.opts.Targets[i.Priority].Review == "required" && i.Review == "none" {
			m.Review = "due"
		}
		return m, nil
	case tocsin.ActClose:
		concluded(&m, i)
		return m, r.unclosable(i, cmd)
	case tocsin.ActReopen:
		return r.reopening(cmd, i)
	case tocsin.ActMerge:
		if slices.Contains(i.Children, cmd.Into) && i.ID < cmd.Into {
			return nil, []string{"one direction: incident " + cmd.Into + " is being merged into this one"}
		}
		return link{Incident: cmd.Into, move: m}, unreported(i, "start its clock on incident "+cmd.Into+", and waive it here")
	default:
		return m, nil
	}
}

// reopening begins a new segment: what is still to be reached gets its time again, and a review that was done must be
// done anew.
func (r *Register) reopening(cmd Command, i tocsin.Incident) (any, []string) {
	if cmd.Reason == "" && cmd.Text == "" {
		return nil, []string{"a reason: say what came back"}
	}
	m := move{Review: "none"}
	if !i.Backfill {
		m.Targets = r.targets(i.Priority, cmd.Effective, "resolve")
	}
	for _, p := range i.Proposals {
		if event, ok := strings.CutPrefix(p, "reopen:"); ok {
			m.Events = append(m.Events, event)
		}
	}
	return m, nil
}

// keeping is the payload of a command that keeps the status, and what its guards miss.
func (r *Register) keeping(cmd Command, i tocsin.Incident) (any, []string) {
	needs := func(have bool, what string) []string {
		if have {
			return nil
		}
		return []string{what}
	}
	switch cmd.Action {
	case tocsin.ActComment:
		return nil, needs(cmd.Text != "", "a text")
	case tocsin.ActReview:
		return reviewed{findings: cmd.findings(), RootCause: cmd.RootCause}, needs(cmd.Text != "", "a text: what was learnt")
	case tocsin.ActConfirm:
		return nil, needs(i.Confirm == "needed", "a declaration to confirm: a policy's that nobody confirmed yet")
	case tocsin.ActAssign:
		return assignment{Assignee: cmd.Assignee, Coordinator: cmd.Coordinator, Teams: cmd.Teams},
			needs(cmd.Assignee != "" || cmd.Coordinator != "" || len(cmd.Teams) > 0, "an assignee, a coordinator or a team")
	case tocsin.ActHandOver:
		to := or(cmd.Coordinator, cmd.Assignee)
		return assignment{Coordinator: to, Before: i.Coordinator}, slices.Concat(
			needs(to != "", "the coordinator who takes over"),
			needs(cmd.Text != "" || cmd.Summary != "", "a summary: all that the one who takes over must know"))
	case tocsin.ActFollowUp:
		if cmd.FollowUp == nil || cmd.FollowUp.Text == "" {
			return nil, []string{"a follow-up with its text"}
		}
		switch n := len(i.FollowUps); {
		case n == 0 && cmd.Index != 0:
			return nil, []string{"no index: there is no follow-up yet that could be replaced"}
		case cmd.Index < 0 || cmd.Index > n || cmd.Index == 0 && n >= maxFollowUps:
			return nil, []string{fmt.Sprintf("an index from 1 to %d, or 0 for a new one, of which there may be %d", n, maxFollowUps)}
		}
		at := cmd.Index - 1
		if cmd.Index == 0 {
			at = len(i.FollowUps)
		}
		return followUp{Index: at, FollowUp: ended(*cmd.FollowUp)}, nil
	case tocsin.ActDecline:
		return link{Proposal: cmd.Proposal}, needs(slices.Contains(i.Proposals, cmd.Proposal),
			"one of the incident's proposals: "+or(strings.Join(i.Proposals, ", "), "it has none"))
	case tocsin.ActVisibility:
		return confiding(cmd, i)
	case tocsin.ActSet:
		return r.setting(cmd, i)
	case tocsin.ActHold, tocsin.ActRelease, tocsin.ActTeam, tocsin.ActCrisis, tocsin.ActReturn:
		return r.holding(cmd, i)
	case tocsin.ActClockStart, tocsin.ActClockSubmit, tocsin.ActClockWaive:
		return r.clocking(cmd, i)
	default:
		return nil, []string{fmt.Sprintf("a command that an incident takes: %q is none", cmd.Action)}
	}
}

// maxFollowUps bounds an incident's list of follow-ups.
const maxFollowUps = 200

// setting is the payload of set: what was asserted, and what the scale makes of it.
func (r *Register) setting(cmd Command, i tocsin.Incident) (any, []string) {
	rated, missing := r.assess(cmd, i)
	s := setting{rating: rated, Title: cmd.Title, Summary: cmd.Summary, TLP: cmd.TLP, PAP: cmd.PAP, Occurred: cmd.Occurred, findings: cmd.findings()}
	for name, given := range map[string]bool{
		"category": cmd.Category != "", "impact": cmd.Impact != tocsin.Impact{}, "urgency": cmd.Urgency != "",
		"priority": cmd.Priority != "", "platform": cmd.Platform != "", "title": cmd.Title != "", "summary": cmd.Summary != "",
		"tlp": cmd.TLP != "", "occurred": !cmd.Occurred.IsZero(), "pap": cmd.PAP != "", "intent": cmd.Intent != "", "means": cmd.Means != "",
		"failed_controls": len(cmd.FailedControls) > 0, "vulnerabilities": len(cmd.Vulnerabilities) > 0,
	} {
		if given {
			s.Asserted = append(s.Asserted, name)
		}
	}
	slices.Sort(s.Asserted)
	if len(s.Asserted) == 0 {
		return nil, []string{"something to set: category, impact, urgency, priority, platform, title, summary, tlp, pap, occurred, intent, means, failed_controls or vulnerabilities"}
	}
	if s.Priority != "" && s.Priority != i.Priority && !i.Backfill && i.Status.IsOpen() {
		s.Targets = r.retarget(i, s.Priority, cmd.Effective)
	}
	return s, missing
}

// assess is the rating that a person's words make, together with what the incident has. Impact and urgency decide
// class, severity and priority by the scale; an asserted priority stands.
func (r *Register) assess(cmd Command, i tocsin.Incident) (rating, []string) {
	c := rating{Category: cmd.Category, Urgency: cmd.Urgency, Priority: cmd.Priority, Platform: cmd.Platform}
	if cmd.Category != "" && r.opts.CategoryISO != nil {
		c.CategoryISO = r.opts.CategoryISO(cmd.Category)
	}
	if cmd.Impact == (tocsin.Impact{}) && cmd.Urgency == "" {
		return c, nil
	}
	impact := i.Impact
	was, given := axes(&impact), axes(&cmd.Impact)
	for axis, word := range given {
		*was[axis] = or(*word, *was[axis])
	}
	c.Impact = &impact
	urgency := or(cmd.Urgency, i.Urgency)
	if r.opts.Rate == nil || urgency == "" {
		return c, nil
	}
	by, err := r.opts.Rate(impact, urgency, max(i.Asset, 1))
	if err != nil {
		return c, []string{"words of the scale: " + err.Error()}
	}
	c.Class, c.Severity = by.Class, by.Severity
	if c.Priority == "" && !slices.Contains(i.Asserted, "priority") {
		c.Priority = by.Priority
	}
	return c, nil
}
