package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"tocsin"
)

// absorbFirst lets the surviving incident take in what the other holds, before that one is closed as merged: a crash
// between the two leaves nothing unheld, and the same command completes it.
func (r *Register) absorbFirst(ctx context.Context, cmd Command) error {
	var child view
	var repeated bool
	err := r.look(ctx, cmd.Incident, func(now view) {
		child, repeated = now, now.commands[cmd.ID] != 0
		child.events = maps.Clone(now.events)
	})
	if err != nil || repeated {
		return err
	}
	if err := cmd.concerns(child); err != nil {
		return err
	}
	into, err := r.Incident(ctx, cmd.Into)
	if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
		return err
	}
	if !into.KnownTo(cmd.reader) {
		into = tocsin.Incident{} // there is none, for all that he may know
	}
	missing := unmergeable(child.incident, into, cmd)
	if len(missing) == 0 { // what would keep it from being closed keeps it from being taken in
		_, missing = r.moving(cmd, child.incident)
	}
	if len(missing) > 0 {
		return &Refusal{Incident: cmd.Incident, Action: cmd.Action, Status: child.incident.Status, Missing: missing}
	}
	_, _, err = r.write(ctx, into.ID, "absorb:"+cmd.Incident, func(now view) (*tocsin.LogEntry, error) {
		if !now.incident.Status.IsOpen() {
			return nil, &Refusal{Incident: into.ID, Action: cmd.Action, Status: now.incident.Status, Missing: []string{"an open incident to merge into"}}
		}
		return r.absorption(cmd, child, now.incident)
	})
	return err
}

// unmergeable lists why an incident cannot be merged into another.
func unmergeable(i, into tocsin.Incident, cmd Command) []string {
	var missing []string
	switch {
	case into.ID == "" || into.Tenant != i.Tenant:
		missing = append(missing, fmt.Sprintf("an incident to merge into: there is none called %q", cmd.Into))
	case into.ID == i.ID:
		missing = append(missing, "another incident to merge into: this is the same one")
	case !into.Status.IsOpen():
		missing = append(missing, "an open incident to merge into: "+or(into.Number, into.ID)+" is "+string(into.Status))
	}
	switch {
	case i.Into != "":
		missing = append(missing, "an incident that goes on by itself: this one was merged into "+i.Into+", which can be merged")
	case i.Status == tocsin.Rejected:
		missing = append(missing, "an open incident to merge: this one was rejected; promote its event anew")
	case !i.Status.IsOpen():
		missing = append(missing, "an open incident to merge: reopen it first")
	}
	return missing
}

// absorption is the survivor's entry about the incident that is merged into it.
func (r *Register) absorption(cmd Command, child view, into tocsin.Incident) (*tocsin.LogEntry, error) {
	c := child.incident
	l := link{Incident: c.ID, Entities: c.Entities, Occurred: c.Timeline["occurred"], Last: c.Last, Command: cmd.ID}
	l.Disposition, l.RootCause = cmd.Disposition, cmd.RootCause
	for _, id := range slices.Sorted(maps.Keys(child.events)) {
		l.Events = append(l.Events, child.events[id])
	}
	if higher(c.Priority, into.Priority) && !slices.Contains(into.Asserted, "priority") {
		l.Rating = new(unasserted(ratingOfIncident(c), into))
		l.Targets = r.retarget(into, c.Priority, cmd.Effective)
	}
	l.confidence = inherited(c, cmd, into.Shared...)
	data, err := pack(l)
	return &tocsin.LogEntry{
		Tenant: into.Tenant, Action: tocsin.ActAbsorb, By: cmd.By, Effective: cmd.Effective, Reason: cmd.Reason, Data: data,
		Text: or(cmd.Text, tookIn(c.ID)),
	}, err
}

// tookIn tells of it where the person wrote nothing.
func tookIn(id string) string { return "incident " + id + " was merged into this one" }
