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
	given, err := r.given(ctx, v, cmd)
	if err != nil {
		return tocsin.Incident{}, err
	}
	if v.Incident != "" {
		i, over, err := r.promoted(ctx, v, e, cmd, given)
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
	next.Decisions = decisions(v, cmd)
	out, err := r.promote(ctx, next, e, cmd.ID)
	return out.Incident, err
}

// promoted answers for an event that is in an incident already: by this very command, whose entry may be missing; or
// by another, which is refused unless that incident was rejected. One that was given before, and behind which another
// one came, is answered with what the event is in now.
func (r *Register) promoted(ctx context.Context, v tocsin.Verdict, e tocsin.Event, cmd Command, given bool) (tocsin.Incident, bool, error) {
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
	case given:
		return now.incident, true, nil
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
	if given, err := r.given(ctx, v, cmd); given || err != nil {
		return err
	}
	if v.Incident != "" {
		return &Refusal{Incident: cmd.Event, Action: cmd.Action, Missing: []string{
			"an event that is in no incident: this one is in " + v.Incident + ", which can be rejected or closed",
		}}
	}
	if v.Assessment.State == tocsin.NotIncident && v.Assessment.Reason == reason && v.By == cmd.By && cmd.Text == "" {
		return nil
	}
	if err := r.withdrawProposal(ctx, v, cmd); err != nil {
		return err
	}
	v.Assessment.State, v.Assessment.Reason, v.Assessment.Basis = tocsin.NotIncident, reason, "asserted"
	v.By, v.At, v.Version, v.Decisions = cmd.By, cmd.Effective, v.Version+1, decisions(v, cmd)
	return r.putVerdict(ctx, v)
}

// given reports whether a verdict was given by this very command, and refuses one whose id another was given under.
func (r *Register) given(ctx context.Context, v tocsin.Verdict, cmd Command) (bool, error) {
	if v.Incident != "" {
		if err := r.known(ctx, v.Incident, cmd); err != nil {
			return false, err
		}
	}
	n := slices.IndexFunc(v.Decisions, func(d tocsin.Decision) bool { return d.Command == cmd.ID })
	if n < 0 {
		return false, nil
	}
	was, is := v.Decisions[n], cmd.decision()
	otherwise := ""
	if was.Action == is.Action && was.By.ID == is.By.ID {
		if was.Reason == is.Reason && was.Text == is.Text && was.Timed == is.Timed && (!is.Timed || was.At.Equal(is.At)) {
			return true, nil
		}
		otherwise = ", with another content"
	}
	return false, reused(cmd, cmd.Event, was.Action, was.By, otherwise)
}

// decision is what a verdict keeps of a person's command.
func (c Command) decision() tocsin.Decision {
	d := tocsin.Decision{Command: c.ID, Action: c.Action, By: c.By, At: c.Effective.UTC(), Timed: !c.at.IsZero(), Reason: c.Reason, Text: c.Text}
	if c.Action == tocsin.ActDismiss && c.Disposition != "" {
		d.Reason = c.Disposition
		d.Text = strings.Join(slices.DeleteFunc([]string{c.Reason, c.Text}, func(s string) bool { return s == "" }), "; ")
	}
	return d
}

// decisions are those about an event with one more.
func decisions(v tocsin.Verdict, cmd Command) []tocsin.Decision {
	all := append(slices.Clone(v.Decisions), cmd.decision())
	return all[max(len(all)-tocsin.MaxDecisions, 0):]
}

// latest is the decision of a person by which a verdict stands; the zero one for a machine's.
func latest(v tocsin.Verdict) (d tocsin.Decision) {
	if n := len(v.Decisions); n > 0 && isPerson(v.By) {
		d = v.Decisions[n-1]
	}
	return d
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
