package web

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// formKey is what makes a form that is sent twice one command.
func formKey() string { return "page:" + rand.Text() }

// command carries out a form of an incident's page, on the revision that the page showed.
func (p *pages) command(w http.ResponseWriter, r *http.Request) error {
	id, who := r.PathValue("id"), auth.From(r.Context())
	f, ok := formOf(r.PathValue("action"))
	if !ok {
		return tocsin.ErrNotFound
	}
	act := f.Action
	if _, err := p.visibleIncident(r.Context(), id); err != nil {
		return err
	}
	if !register.May(who.Actor.Role, act) {
		role, _ := register.RoleFor(act)
		p.Trail.Notes(r.Context(), string(act)+"-incident", "/incidents/"+id, tocsin.AuditRefused, "this needs the role "+role)
		why := "this needs the role " + role + ": sign in as somebody who has it"
		if who.Open {
			why = "you are not signed in, or your session has ended: this needs the role " + role
		}
		return p.showIncident(w, r, id, http.StatusForbidden, setbackOf(r, act, why))
	}
	revision, err := strconv.ParseInt(r.PostFormValue("revision"), 10, 64)
	text, key := strings.TrimSpace(r.PostFormValue("text")), r.PostFormValue("key")
	switch {
	case err != nil || revision < 1 || !strings.HasPrefix(key, "page:"):
		return &badRequest{"The form was not complete: open the incident again."}
	case act == tocsin.ActComment && text == "":
		return p.showIncident(w, r, id, http.StatusConflict, setbackOf(r, act, "a comment needs a text"))
	case act == tocsin.ActComment:
		revision = 0 // true on any revision
	}
	cmd := register.Command{ID: key, Action: act, Incident: id, Tenant: who.Tenant, By: who.Actor, ExpectedRevision: revision, Text: text}
	f.fill(r, &cmd)
	if err := p.numbered(r, &cmd); err != nil {
		return err
	}
	if act == tocsin.ActClockSubmit {
		cmd.Reason = text // of a late report
	}
	if err := p.beginCommand(r, act, id); err != nil {
		return err
	}
	_, err = p.Register.Do(r.Context(), cmd)
	p.noteCommand(r, act, id, err)
	if refusal, ok := errors.AsType[*register.Refusal](err); ok {
		return p.showIncident(w, r, id, http.StatusConflict, setbackOf(r, act, refusal.Missing...))
	}
	if stale, ok := errors.AsType[*register.StaleError](err); ok {
		return p.showIncident(w, r, id, http.StatusConflict, setbackOf(r, act, overtaken(stale)...))
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/incidents/"+id+"?done="+url.QueryEscape(key), http.StatusSeeOther)
	return nil
}

// numbered puts the id in place of a number that somebody wrote for another incident. One that is not known stays as it is,
// and the register refuses it.
func (p *pages) numbered(r *http.Request, cmd *register.Command) error {
	number, ok := incidentNumber(cmd.Into)
	if !ok {
		return nil
	}
	found, err := p.Store.Incidents(r.Context(), tocsin.Query{Tenant: cmd.Tenant, Number: number, Limit: 1})
	if err == nil && len(found.Items) > 0 {
		cmd.Into = found.Items[0].ID
	}
	return err
}

// overtaken tells who did what since the page was opened.
func overtaken(stale *register.StaleError) []string {
	out := []string{"it has changed since this page was opened, to revision " + strconv.FormatInt(stale.Current.Revision, 10) + ": look at it again, then repeat"}
	for _, e := range stale.Since {
		out = append(out, e.By.ID+": "+words(string(e.Action))+" at "+e.Recorded.UTC().Format("15:04:05"))
	}
	return out
}

// beginCommand keeps in the audit log that a command is about to be carried out: on an error it must not be.
func (p *pages) beginCommand(r *http.Request, act tocsin.Action, id string) error {
	return p.Trail.Begins(r.Context(), string(act)+"-incident", "/incidents/"+id)
}

// noteCommand keeps in the audit log what became of a command.
func (p *pages) noteCommand(r *http.Request, act tocsin.Action, id string, err error) {
	outcome, reason := tocsin.AuditDone, ""
	if refusal, ok := errors.AsType[*register.Refusal](err); ok {
		outcome, reason = tocsin.AuditRefused, refusal.Error()
	} else if stale, ok := errors.AsType[*register.StaleError](err); ok {
		outcome, reason = tocsin.AuditRefused, stale.Error()
	} else if err != nil {
		outcome, reason = tocsin.AuditFailed, err.Error()
	}
	p.Trail.Notes(r.Context(), string(act)+"-incident", "/incidents/"+id, outcome, reason)
}
