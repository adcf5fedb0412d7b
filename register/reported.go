package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin"
)

// create registers an incident that a person reports (ISO/IEC 27035-1, 4.7.2). Its id comes from the command's.
func (r *Register) create(ctx context.Context, cmd Command) (tocsin.Incident, error) {
	tenant := or(cmd.Tenant, "default")
	if cmd.Title == "" {
		return tocsin.Incident{}, &Refusal{Action: cmd.Action, Missing: []string{"a title: say in one line what happened"}}
	}
	id := tocsin.IncidentID(tenant, cmd.ID, cmd.Effective, 0)
	// The same command may come again after midnight of a month's last day.
	before := tocsin.IncidentID(tenant, cmd.ID, cmd.Effective.UTC().AddDate(0, 0, -cmd.Effective.UTC().Day()), 0)
	if _, err := r.Incident(ctx, before); err == nil {
		id = before
	} else if !errors.Is(err, tocsin.ErrNotFound) {
		return tocsin.Incident{}, err
	}
	i, done, err := r.write(ctx, id, cmd.ID, func(now view) (*tocsin.LogEntry, error) {
		number, err := r.number(ctx, cmd.Effective)
		if err != nil {
			return nil, err
		}
		return r.reported(cmd, tenant, number)
	})
	if err == nil && !done {
		err = r.sameCommand(ctx, cmd, i)
	}
	return i, err
}

// reported is the first entry of an incident that a person reports.
func (r *Register) reported(cmd Command, tenant, number string) (*tocsin.LogEntry, error) {
	c, missing := r.assess(cmd, tocsin.Incident{Tenant: tenant})
	if len(missing) > 0 {
		return nil, &Refusal{Action: cmd.Action, Missing: missing}
	}
	f := founding{
		Number: number, Title: cmd.Title, Summary: cmd.Summary, Discovery: "reported", Opened: cmd.Effective,
		Detected: cmd.Effective, Occurred: cmd.Occurred, Entities: cmd.Entities,
		Assessment: &tocsin.Assessment{
			Category: c.Category, CategoryISO: c.CategoryISO, Impact: cmd.Impact, Urgency: c.Urgency, Class: c.Class,
			Severity: c.Severity, Priority: c.Priority, Platform: or(cmd.Platform, "unknown"), Basis: "asserted",
			Why: []string{"reported by " + cmd.By.ID},
		},
	}
	f.Targets = r.targets(c.Priority, cmd.Effective, "assess")
	data, err := pack(f)
	return &tocsin.LogEntry{
		Tenant: tenant, Action: tocsin.ActCreate, By: cmd.By, Effective: cmd.Effective, To: tocsin.Proposed, Text: cmd.Text,
		Reason: cmd.Reason, Data: data,
	}, err
}

// promoteEvent makes an incident of an event that the scale left pending or dismissed, or takes it into an open one.
func (r *Register) promoteEvent(ctx context.Context, cmd Command) (tocsin.Incident, error) {
	for range registrarTries {
		i, err := r.promoteOnce(ctx, cmd)
		if stale := (*StaleError)(nil); !errors.Is(err, tocsin.ErrConflict) || errors.As(err, &stale) {
			return i, err
		}
		r.metrics.conflicts.WithLabelValues("verdict_or_slot").Inc()
	}
	return tocsin.Incident{}, fmt.Errorf("promote event %s: %w", cmd.Event, tocsin.ErrConflict)
}

func (r *Register) promoteOnce(ctx context.Context, cmd Command) (tocsin.Incident, error) {
	v, err := r.store.Verdict(ctx, cmd.Event)
	if err != nil {
		return tocsin.Incident{}, fmt.Errorf("event %s: %w", cmd.Event, err)
	}
	e, err := r.store.Event(ctx, cmd.Event)
	if err != nil {
		return tocsin.Incident{}, fmt.Errorf("event %s: %w", cmd.Event, err)
	}
	if cmd.Tenant != "" && cmd.Tenant != e.Tenant {
		return tocsin.Incident{}, fmt.Errorf("event %s: %w", cmd.Event, tocsin.ErrNotFound)
	}
	if v.Incident != "" {
		if err := r.known(ctx, v.Incident, cmd); err != nil {
			return tocsin.Incident{}, err
		}
		i, over, err := r.promoted(ctx, v, e, cmd)
		if err != nil || over {
			return i, err
		}
	}
	if err := r.withdrawProposal(ctx, v, cmd); err != nil {
		return tocsin.Incident{}, err
	}
	next := renew(v, e, v.Assessment, cmd.By)
	next.Revision, next.At = max(v.Revision, e.Revision), cmd.Effective
	next.Assessment.State, next.Assessment.Mode, next.Assessment.Reason = tocsin.Promoted, tocsin.ModeManual, ""
	out, err := r.promote(ctx, next, e, cmd.ID)
	return out.Incident, err
}

// promoted answers for an event that is in an incident already: by this very command, whose entry may be missing; or
// by another, which is refused unless that incident was rejected.
func (r *Register) promoted(ctx context.Context, v tocsin.Verdict, e tocsin.Event, cmd Command) (tocsin.Incident, bool, error) {
	var now view
	var repeated, known bool
	err := r.look(ctx, v.Incident, func(n view) {
		now, repeated = n, n.commands[cmd.ID] != 0 || v.By == cmd.By && n.commands[promotionSettled(e.ID)] != 0
		_, known = n.events[e.ID]
	})
	switch {
	case err != nil:
		return tocsin.Incident{}, true, err
	case repeated: // and may have been cut short before the copies
		i, err := r.collect(ctx, now.incident, e)
		return i, true, err
	case !known: // the verdict was written and the entry was not
		out, err := r.follow(ctx, v, e, v.Assessment, cmd.ID)
		return out.Incident, true, err
	case now.incident.Status == tocsin.Rejected:
		return tocsin.Incident{}, false, nil
	}
	return tocsin.Incident{}, true, &Refusal{Incident: v.Incident, Action: cmd.Action, Status: now.incident.Status, Missing: []string{
		"an event that is in no incident: this one is in " + v.Incident,
	}}
}

// dismiss is a person's verdict that an event is no incident.
func (r *Register) dismiss(ctx context.Context, cmd Command) error {
	reason := or(cmd.Disposition, cmd.Reason)
	if reason == "" {
		return &Refusal{Incident: cmd.Event, Action: cmd.Action, Missing: []string{"a disposition: say why it is no incident"}}
	}
	v, err := r.store.Verdict(ctx, cmd.Event)
	if err != nil || cmd.Tenant != "" && cmd.Tenant != v.Tenant {
		return fmt.Errorf("event %s: %w", cmd.Event, or(err, tocsin.ErrNotFound))
	}
	if v.Incident != "" {
		if err := r.known(ctx, v.Incident, cmd); err != nil {
			return err
		}
		return &Refusal{Incident: cmd.Event, Action: cmd.Action, Missing: []string{
			"an event that is in no incident: this one is in " + v.Incident + ", which can be rejected or closed",
		}}
	}
	if v.Assessment.State == tocsin.NotIncident && v.Assessment.Reason == reason && v.By == cmd.By {
		return nil
	}
	if err := r.withdrawProposal(ctx, v, cmd); err != nil {
		return err
	}
	v.Assessment.State, v.Assessment.Reason, v.Assessment.Basis = tocsin.NotIncident, reason, "asserted"
	v.By, v.At, v.Version = cmd.By, cmd.Effective, v.Version+1
	return r.putVerdict(ctx, v)
}

// withdrawProposal turns down the proposal to reopen an incident for an event that a person decides on otherwise.
func (r *Register) withdrawProposal(ctx context.Context, v tocsin.Verdict, cmd Command) error {
	return r.dropProposal(ctx, v, cmd.By, cmd.Effective, fmt.Sprintf("decided on by %s", cmd.Action))
}

// dropProposal turns down the proposal to reopen an incident for an event, where there is one, and says what became of
// the event.
func (r *Register) dropProposal(ctx context.Context, v tocsin.Verdict, by tocsin.Actor, at time.Time, became string) error {
	if v.RecursOf == "" {
		return nil
	}
	proposal := "reopen:" + v.Event
	_, _, err := r.write(ctx, v.RecursOf, "decline:"+proposal, func(now view) (*tocsin.LogEntry, error) {
		if !slices.Contains(now.incident.Proposals, proposal) {
			return nil, nil
		}
		data, err := pack(link{Proposal: proposal})
		return &tocsin.LogEntry{
			Tenant: v.Tenant, Action: tocsin.ActDecline, By: by, Effective: at, Event: v.Event, Data: data,
			Text: fmt.Sprintf("not reopened: event %s was %s", v.Event, became),
		}, err
	})
	r.shown(v.RecursOf)
	return err
}
