package integrity

import (
	"context"
	"errors"
	"slices"
	"time"

	"tocsin"
	"tocsin/register"
)

// An Archive is a store that evidence is handed out of.
type Archive interface {
	Store
	register.Exhibits
}

// A Custodian hands evidence out and notes what is done with evidence before it is done.
type Custodian struct {
	Register *register.Register
	Store    Archive
	Public   []string // keys, for those who are given an export
	Now      func() time.Time
	Version  string
}

// List tells what was copied, without the bytes, and what was disposed of.
func (c Custodian) List(ctx context.Context, i tocsin.Incident) ([]Listed, error) {
	all, err := c.exhibits(ctx, i, false)
	if err != nil {
		return nil, err
	}
	return c.listed(ctx, i, all)
}

func (c Custodian) exhibits(ctx context.Context, i tocsin.Incident, originals bool) ([]tocsin.Exhibit, error) {
	entries, err := c.Store.Entries(ctx, i.ID, 1)
	if err != nil {
		return nil, err
	}
	ids, err := register.ExhibitIDs(entries)
	if err != nil {
		return nil, err
	}
	return c.Store.Exhibits(ctx, i.ID, ids, originals)
}

// Original gives one copy with its bytes. Where these are gone the error is a [*GoneError].
func (c Custodian) Original(ctx context.Context, i tocsin.Incident, id, reason string, by tocsin.Actor) (tocsin.Exhibit, error) {
	all, err := c.List(ctx, i)
	if err != nil {
		return tocsin.Exhibit{}, err
	}
	n := slices.IndexFunc(all, func(x Listed) bool { return x.ID == id })
	if n < 0 {
		return tocsin.Exhibit{}, tocsin.ErrNotFound
	}
	if d := all[n].Disposed; d != nil {
		return tocsin.Exhibit{}, &GoneError{id, d}
	}
	if err := c.note(ctx, i, tocsin.ActAccess, by, reason, map[string]string{"exhibit": id}); err != nil {
		return tocsin.Exhibit{}, err
	}
	found, err := c.Store.Exhibits(ctx, i.ID, []string{id}, true)
	if err != nil || len(found) == 0 {
		return tocsin.Exhibit{}, errors.Join(err, tocsin.ErrNotFound)
	}
	if found[0].Original == nil && found[0].Size > 0 {
		return tocsin.Exhibit{}, &GoneError{Exhibit: id}
	}
	return found[0], CheckExhibit(found[0])
}

func (c Custodian) note(ctx context.Context, i tocsin.Incident, action tocsin.Action, by tocsin.Actor, reason string, data any) error {
	return c.Register.Handle(ctx, register.Handling{Log: register.CustodyID(i.ID), Tenant: i.Tenant, Action: action, By: by, Reason: reason, Data: data})
}

// Transfer notes that somebody else has the evidence now.
func (c Custodian) Transfer(ctx context.Context, i tocsin.Incident, to, reason string, by tocsin.Actor) error {
	return c.note(ctx, i, tocsin.ActTransfer, by, reason, map[string]string{"owner": to})
}

// Custody is what was done with an incident's evidence.
func (c Custodian) Custody(ctx context.Context, i tocsin.Incident) ([]tocsin.LogEntry, error) {
	return c.Store.Entries(ctx, register.CustodyID(i.ID), 1)
}

// Hold puts an incident under legal hold, or takes it off.
func (c Custodian) Hold(ctx context.Context, cmd register.Command, on bool) (tocsin.Incident, error) {
	return c.Register.Hold(ctx, cmd, on)
}

// Export gives all of an incident in one file: the note that it was exported is part of what is exported.
func (c Custodian) Export(ctx context.Context, i tocsin.Incident, originals bool, reason string, by tocsin.Actor) (e Export, err error) {
	e.Exported = Exported{At: c.Now().UTC().Truncate(time.Second), By: by, Version: c.Version}
	if err := c.note(ctx, i, tocsin.ActExport, by, reason, Noted{originals, c.Version}); err != nil {
		return e, err
	}
	if e.Incident, err = c.Register.Incident(ctx, i.ID); err != nil {
		return e, err
	}
	if e.Log, err = c.Store.Entries(ctx, i.ID, 1); err != nil {
		return e, err
	}
	if int64(len(e.Log)) > e.Incident.Revision { // one was appended between the two reads
		e.Log = e.Log[:e.Incident.Revision]
	}
	if e.Custody, err = c.Custody(ctx, i); err != nil {
		return e, err
	}
	if e.Evidence, err = c.exhibits(ctx, i, originals); err != nil {
		return e, err
	}
	e.Proof, err = Prove(ctx, c.Store, c.Public, e.Log, e.Custody)
	return e, err
}
