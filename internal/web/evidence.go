package web

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/integrity"
	"tocsin/register"
)

// A Custodian hands out the copies of alerts that an incident stands on, and notes it before it does.
type Custodian interface {
	List(ctx context.Context, i tocsin.Incident) ([]integrity.Listed, error)
	Original(ctx context.Context, i tocsin.Incident, id, reason string, by tocsin.Actor) (tocsin.Exhibit, error)
}

// exhibitsShown bounds the incident's page; the API lists all.
const exhibitsShown = 50

// exhibits are the copies that the incident's page lists.
func (p *pages) exhibits(ctx context.Context, i tocsin.Incident) ([]integrity.Listed, error) {
	if p.Custodian == nil || i.Evidence == 0 {
		return nil, nil
	}
	all, err := p.Custodian.List(ctx, i)
	return all[:min(len(all), exhibitsShown)], err
}

// handles reports whether a role may be given original bytes.
func handles(role string) bool {
	return slices.Index(register.Roles(), role) >= slices.Index(register.Roles(), "analyst")
}

// An exhibitView is one copy with its record as it came.
type exhibitView struct {
	tocsin.Exhibit
	Number   string // of the incident
	Original string
	Cut      bool
}

// exhibit shows one copy. That it was looked at stands in the incident's custody.
func (p *pages) exhibit(w http.ResponseWriter, r *http.Request) error {
	i, err := p.visibleIncident(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	who := auth.From(r.Context()).Actor
	if !handles(who.Role) || p.Custodian == nil {
		return p.showIncident(w, r, i.ID, http.StatusForbidden, setback{Why: []string{"to be given the original record needs the role analyst: sign in with an account that has it"}})
	}
	if err := p.Trail.Shows(r.Context(), "get-exhibit", "/incidents/"+i.ID); err != nil {
		return err
	}
	x, err := p.Custodian.Original(r.Context(), i, r.PathValue("exhibit"), "on the page", who)
	if gone, ok := errors.AsType[*integrity.GoneError](err); ok {
		return p.showIncident(w, r, i.ID, http.StatusGone, setback{Why: []string{gone.Error()}})
	}
	if err != nil {
		return err
	}
	v := exhibitView{Exhibit: x, Number: i.Number, Original: fitting(alertRoom, string(x.Original))}
	v.Cut = len(v.Original) < len(x.Original)
	p.render(w, r, http.StatusOK, "exhibit", "Evidence", "incidents", v)
	return nil
}

// A toldRef is an alert of an event's evidence and what it says, "" where it is kept no more.
type toldRef struct {
	tocsin.AlertRef
	Says string
}

// toldAtOnce is how many alerts are read at a time: one may have a megabyte, and most have a thousandth of that.
const toldAtOnce = 100

// told reads what alerts say that events refer to.
func (p *pages) told(ctx context.Context, refs []tocsin.AlertRef) ([]toldRef, error) {
	said := map[string]string{}
	for portion := range slices.Chunk(refs, toldAtOnce) {
		alerts, err := p.Store.Originals(ctx, portion)
		if err != nil {
			return nil, err
		}
		for i := range alerts {
			if a := &alerts[i]; !hidden(ctx, a.Tenant) {
				said[a.ID] = says(a)
			}
		}
	}
	out := make([]toldRef, len(refs))
	for n, ref := range refs {
		out[n] = toldRef{AlertRef: ref, Says: said[ref.ID]}
	}
	return out, nil
}
