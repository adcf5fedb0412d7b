package register

import (
	"context"
	"errors"
	"time"

	"tocsin"
)

// create registers an incident that a person reports (ISO/IEC 27035-1, 4.7.2). Its id comes from the command's.
func (r *Register) create(ctx context.Context, cmd Command) (tocsin.Incident, error) {
	tenant := or(cmd.Tenant, "default")
	if cmd.Title == "" {
		return tocsin.Incident{}, &Refusal{Action: cmd.Action, Missing: []string{"a title: say in one line what happened"}}
	}
	id, err := r.reportID(ctx, tenant, cmd)
	if err != nil {
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

// reportID is the id of the incident that a command reports: of the month in which it is given, not of the time that it
// tells, so that one command is one incident whatever it says. It may come again in the month after. Registers of
// before have ids of the time that was told.
func (r *Register) reportID(ctx context.Context, tenant string, cmd Command) (string, error) {
	now := r.now()
	for _, at := range []time.Time{now.AddDate(0, 0, -now.Day()), cmd.Effective, cmd.Effective.UTC().AddDate(0, 0, -cmd.Effective.UTC().Day())} {
		id := tocsin.IncidentID(tenant, cmd.ID, at, 0)
		if _, err := r.Incident(ctx, id); err == nil {
			return id, nil
		} else if !errors.Is(err, tocsin.ErrNotFound) {
			return "", err
		}
	}
	return tocsin.IncidentID(tenant, cmd.ID, now, 0), nil
}

// reported is the first entry of an incident that a person reports.
func (r *Register) reported(cmd Command, tenant, number string) (*tocsin.LogEntry, error) {
	c, missing := r.assess(cmd, tocsin.Incident{Tenant: tenant})
	if len(missing) > 0 {
		return nil, &Refusal{Action: cmd.Action, Missing: missing}
	}
	f := founding{
		Number: number, Title: cmd.Title, Summary: cmd.Summary, Discovery: "reported", Opened: cmd.Effective,
		Detected: cmd.Effective, Occurred: cmd.Occurred, Entities: cmd.Entities, Once: true,
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
