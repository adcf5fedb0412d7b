package register

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// emission drafts the log entry of one emission of an event, by what the incident is at that moment: founding it,
// joining it, revising it, or late evidence.
func (r *Register) emission(ctx context.Context, v tocsin.Verdict, e tocsin.Event, a tocsin.Assessment, l links, c confidence) draft {
	var number string // handed out once, whatever the number of attempts
	return func(now view) (*tocsin.LogEntry, error) {
		seen, known := now.events[e.ID]
		switch {
		case now.seq == 0:
			if number == "" {
				var err error
				if number, err = r.number(ctx, opened(e)); err != nil {
					return nil, err
				}
			}
			return r.founding(v, e, a, l, c, number)
		case known && seen.Revision >= e.Revision:
			return nil, nil
		case now.incident.Into != "":
			return nil, fmt.Errorf("incident %s was merged meanwhile: %w", now.incident.ID, tocsin.ErrConflict)
		}
		return r.change(v, e, a, l, now, known)
	}
}

// founding is the first entry of an incident that an event makes.
func (r *Register) founding(v tocsin.Verdict, e tocsin.Event, a tocsin.Assessment, l links, c confidence, number string) (*tocsin.LogEntry, error) {
	at := moment(e)
	if isPerson(v.By) {
		at = v.At
	}
	f := founding{
		Number: number, Title: e.Rule.Title, Discovery: "event", Assessment: &a, Event: new(stateOf(e)), Opened: opened(e),
		Detected: or(e.Detected, e.Opened), Occurred: e.First, RecursOf: v.RecursOf, Backfill: e.Backfill, Once: true, confidence: c, links: l,
	}
	if len(e.Evidence.Alerts) > 0 {
		f.Received = e.Evidence.Alerts[0].Received
	}
	if e.Report != nil {
		f.Discovery, f.Reported, f.Summary = e.Report.Channel, f.Detected, e.Report.What
		f.Informant, f.Commitment = e.Report.Informant, e.Report.Commitment
	}
	to, text := tocsin.Proposed, e.Rule.Title+alerts(e.Count, ": ")
	declares, missing := a.Mode == tocsin.ModeAuto || isPerson(v.By), undeclarable(f.Detected, ratingOf(a))
	switch {
	case declares && len(missing) == 0:
		to = tocsin.Declared
		f.move = r.declaration(a.Priority, at, v.By, e.Backfill)
	case declares:
		text += "; proposed and not declared, for want of " + strings.Join(missing, "; ")
	}
	if to == tocsin.Proposed && !e.Backfill {
		f.Targets = r.targets(a.Priority, f.Detected, "assess")
	}
	data, err := pack(f)
	text, reason := saidBy(v, text)
	return &tocsin.LogEntry{
		Tenant: e.Tenant, Action: tocsin.ActPromote, By: v.By, Effective: at, To: to, Event: e.ID, Data: data,
		Text: text, Reason: reason,
	}, err
}

// saidBy is the text of an entry with what the person said who decided on the event, and the reason that was given.
func saidBy(v tocsin.Verdict, text string) (said, reason string) {
	d := latest(v)
	if d.Text != "" {
		text += "; " + d.Text
	}
	return text, d.Reason
}

// change is an entry about an event in an incident that exists.
func (r *Register) change(v tocsin.Verdict, e tocsin.Event, a tocsin.Assessment, l links, now view, known bool) (*tocsin.LogEntry, error) {
	i, at := now.incident, moment(e)
	entry := tocsin.LogEntry{
		Tenant: e.Tenant, Action: tocsin.ActRevise, By: registrar, Effective: at, Event: e.ID,
		Text: fmt.Sprintf("%s: %s", e.Rule.Title, e.Milestone) + alerts(e.Count, ", "),
	}
	c := eventChange{Event: stateOf(e), links: l}
	if !known {
		entry.Action, entry.By, entry.Text = tocsin.ActAttach, v.By, e.Rule.Title+" joined"+alerts(e.Count, ": ")
		if isPerson(v.By) {
			entry.Effective = v.At
			entry.Text, entry.Reason = saidBy(v, entry.Text)
		}
	}
	switch {
	case !i.Status.IsOpen():
		entry.Action, c.links = tocsin.ActLate, links{}
	case e.Activity == tocsin.Withdrawn && i.Status == tocsin.Proposed && alone(now, e.ID):
		entry.Action, entry.To, entry.Reason = tocsin.ActReject, tocsin.Rejected, withdrawn
	case e.Activity == tocsin.Withdrawn:
		entry.Reason = withdrawn
		entry.Text += ": the condition never held"
	case e.Activity != tocsin.Merged:
		r.raise(&entry, &c, i, a, e, machine(a))
	}
	var err error
	entry.Data, err = pack(c)
	return &entry, err
}

// raise lets an event raise its incident's priority by itself, never lower it, and never against what a person
// asserted; and lets a policy declare what was only proposed.
func (r *Register) raise(entry *tocsin.LogEntry, c *eventChange, i tocsin.Incident, a tocsin.Assessment, e tocsin.Event, policy tocsin.Actor) {
	priority, live := i.Priority, i.Backfill && !e.Backfill
	if higher(a.Priority, i.Priority) && !slices.Contains(i.Asserted, "priority") {
		c.Rating = new(unasserted(ratingOf(a), i))
		priority = a.Priority
	}
	if i.Status == tocsin.Proposed && promotes(a) && a.Mode == tocsin.ModeAuto && len(undeclarable(i.Timeline["detected"], ratingOfIncident(i))) == 0 {
		entry.To, entry.By = tocsin.Declared, policy
		c.move = r.declaration(priority, entry.Effective, policy, i.Backfill && e.Backfill)
		return
	}
	if (priority != i.Priority && !i.Backfill) || live {
		c.Targets = r.retarget(i, priority, entry.Effective)
	}
}

// declaration is what a declaration brings: the targets that begin to run, and for a policy's the confirmation.
func (r *Register) declaration(priority string, at time.Time, by tocsin.Actor, backfill bool) move {
	m := move{}
	if !backfill {
		m.Targets = r.afterDeclaration(priority, at)
	}
	if isPerson(by) {
		m.Coordinator = by.ID
		return m
	}
	m.Confirm = "needed"
	if !backfill && r.opts.ConfirmWithin > 0 {
		if m.Targets == nil {
			m.Targets = map[string]time.Time{}
		}
		m.Targets["confirm"] = at.Add(r.opts.ConfirmWithin)
	}
	return m
}

// retarget is when the undecided targets are due after the priority changed at that time. A higher one leaves from
// then on the time it allows, but never more than there was; a lower one what it allows from the start.
func (r *Register) retarget(i tocsin.Incident, priority string, at time.Time) map[string]time.Time {
	names, start := []string{"assess"}, i.Timeline["detected"]
	if declared, ok := i.Timeline["declared"]; ok {
		names, start = []string{"acknowledge", "contain", "resolve"}, declared
	}
	marks := map[string]string{"assess": "assessed", "acknowledge": "acknowledged", "contain": "contained", "resolve": "resolved"}
	if higher(priority, i.Priority) || i.Backfill {
		start = later(start, at)
	}
	due := r.targets(priority, start, names...)
	for name, t := range due {
		was, running := i.Targets[name]
		_, reached := i.Timeline[marks[name]]
		switch {
		case reached || running && was.Met != nil:
			delete(due, name)
		case running && higher(priority, i.Priority) && was.Due.Before(t):
			due[name] = was.Due
		}
	}
	return due
}

// alone reports whether an event is the incident's only one that was neither withdrawn nor merged into another.
func alone(now view, event string) bool {
	for id, ev := range now.events {
		if id != event && !ev.Gone && ev.Milestone != tocsin.MilestoneMerged {
			return false
		}
	}
	return true
}

// unasserted drops what a person asserted, and what the founding event decided, from an event's rating.
func unasserted(r rating, i tocsin.Incident) rating {
	r.Category, r.CategoryISO, r.Platform, r.Scale = "", "", "", ""
	if slices.Contains(i.Asserted, "impact") {
		r.Impact = nil
	}
	if slices.Contains(i.Asserted, "urgency") {
		r.Urgency = ""
	}
	if r.Asset < i.Asset {
		r.Asset = 0
	}
	return r
}

// ratingOfIncident is the incident's classification.
func ratingOfIncident(i tocsin.Incident) rating {
	return rating{
		Category: i.Category, CategoryISO: i.CategoryISO, Impact: &i.Impact, Urgency: i.Urgency, Severity: i.Severity,
		Class: i.Class, Asset: i.Asset, Platform: i.Platform, Priority: i.Priority, Scale: i.Scale,
	}
}

// stateOf is what an incident keeps of an event. The alerts of a merged event are its survivor's; those of a withdrawn
// one were none.
func stateOf(e tocsin.Event) eventState {
	s := eventState{
		ID: e.ID, Revision: e.Revision, Milestone: e.Milestone, Rule: e.Rule.ID, Count: e.Count, First: e.First, Last: e.Last,
		Entities: e.Entities, Degraded: e.Completeness.Degraded, Backfill: e.Backfill, Gone: e.Activity == tocsin.Withdrawn,
	}
	if e.Activity == tocsin.Merged || e.Activity == tocsin.Withdrawn {
		s.Count = 0
	}
	return s
}

// number hands out the next human number of the year.
func (r *Register) number(ctx context.Context, at time.Time) (string, error) {
	year := at.UTC().Year()
	n, err := r.store.Next(ctx, fmt.Sprintf("incident-%d", year))
	if err != nil {
		return "", fmt.Errorf("number of an incident of %d: %w", year, err)
	}
	return fmt.Sprintf("INC-%d-%06d", year, n), nil
}

// moment is when the machine knew this revision of the event, from its data alone: the reception of the alert that
// fired it, for a later revision that of its newest alert; event time where nothing says when it was received.
func moment(e tocsin.Event) time.Time {
	at := or(e.Detected, e.Opened)
	if e.Revision <= 1 {
		return at
	}
	received := time.Time{}
	for _, a := range e.Evidence.Alerts {
		received = later(received, a.Received)
	}
	if received.IsZero() {
		received = e.Last
	}
	return later(at, received)
}

// opened is the event time of the alert that this emission came with.
func opened(e tocsin.Event) time.Time {
	if e.Revision <= 1 {
		return or(e.Opened, e.Last)
	}
	return e.Last
}

// founded is the month of the event, which its incident's id carries too.
func founded(e tocsin.Event) time.Time {
	if m, ok := tocsin.Month(e.ID); ok {
		if t, err := time.Parse("2006.01", m); err == nil {
			return t
		}
	}
	return or(e.Opened, e.First)
}
