package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// A bulkForm is what the reader may do with several incidents at once. The zero bulkForm is nothing.
type bulkForm struct {
	Actions      []bulkAction
	Dispositions []string
	RootCauses   []string
	Key          string
	Me           string
}

// A bulkAction is a command that several incidents may take at once.
type bulkAction struct {
	Action tocsin.Action
	Label  string
}

// bulkActions are those: what one does to a row after a look at it.
func bulkActions() []bulkAction {
	return []bulkAction{{tocsin.ActAssign, "Assign"}, {tocsin.ActAcknowledge, "Acknowledge"}, {tocsin.ActReject, "Reject"}, {tocsin.ActClose, "Close"}}
}

func (p *pages) bulkForm(r *http.Request) bulkForm {
	who := auth.From(r.Context()).Actor
	f := bulkForm{Dispositions: tocsin.Dispositions(), RootCauses: tocsin.RootCauses(), Key: formKey(), Me: who.ID}
	for _, a := range bulkActions() {
		if register.May(who.Role, a.Action) {
			f.Actions = append(f.Actions, a)
		}
	}
	return f
}

// A bulkView says what became of each incident.
type bulkView struct {
	Label   string
	Done    int
	Results []bulkResult
	Back    string
}

// A bulkResult is what became of one.
type bulkResult struct {
	Incident tocsin.Incident
	ID       string
	Missing  []string // why not; nil: done
}

// maxBulk bounds what one form may carry.
const maxBulk = 500

// bulk carries out one command on each chosen incident, on the revision that the queue showed. Each is a command of its
// own: what one lacks keeps no other back, and the page says of each what became of it.
func (p *pages) bulk(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &badRequest{"The form could not be read."}
	}
	f, ok := formOf(r.PostForm.Get("command"))
	key, chosen, who := r.PostForm.Get("key"), r.PostForm["incident"], auth.From(r.Context())
	allowed := false
	for _, a := range bulkActions() {
		allowed = allowed || a.Action == f.Action
	}
	switch {
	case !ok || !allowed:
		return tocsin.ErrNotFound
	case !strings.HasPrefix(key, "page:") || len(chosen) > maxBulk:
		return &badRequest{"The form was not complete: open the list again."}
	case len(chosen) == 0:
		return &badRequest{"No incident was chosen: tick the ones that are meant."}
	case !register.May(who.Actor.Role, f.Action):
		role, _ := register.RoleFor(f.Action)
		p.Trail.Notes(r.Context(), string(f.Action)+"-incident", "/incidents", tocsin.AuditRefused, "this needs the role "+role)
		p.render(w, r, http.StatusForbidden, "error", "Not allowed", "incidents", errorView{"This needs the role " + role, "Sign in as somebody who has it."})
		return nil
	}
	v := bulkView{Label: f.Label, Back: local(r.PostForm.Get("back"))}
	for _, ref := range chosen {
		result := p.one(r, &f, key, ref)
		if result.Missing == nil {
			v.Done++
		}
		v.Results = append(v.Results, result)
	}
	status := http.StatusOK
	if v.Done < len(v.Results) {
		status = http.StatusConflict
	}
	p.render(w, r, status, "bulk", f.Label, "incidents", v)
	return nil
}

// one carries out the command on one incident, named by its id and revision.
func (p *pages) one(r *http.Request, f *form, key, ref string) bulkResult {
	id, revision, _ := strings.Cut(ref, "@")
	n, err := strconv.ParseInt(revision, 10, 64)
	if err != nil || n < 1 {
		return bulkResult{ID: cut(64, id), Missing: []string{"the form names no revision of it"}}
	}
	if _, err := p.visibleIncident(r.Context(), id); err != nil {
		return bulkResult{ID: cut(64, id), Missing: []string{"there is no such incident"}}
	}
	who := auth.From(r.Context())
	cmd := register.Command{
		ID: key + ":" + id, Action: f.Action, Incident: id, Tenant: who.Tenant, By: who.Actor, ExpectedRevision: n,
		Text: strings.TrimSpace(r.PostForm.Get("text")),
	}
	f.fill(r, &cmd)
	if f.Action == tocsin.ActReject && cmd.Reason == "" {
		cmd.Reason = cmd.Text
	}
	i, err := p.Register.Do(r.Context(), cmd)
	p.noteCommand(r, f.Action, id, err)
	out := bulkResult{Incident: i, ID: id}
	if refusal, ok := errors.AsType[*register.Refusal](err); ok {
		out.Missing = refusal.Missing
	} else if stale, ok := errors.AsType[*register.StaleError](err); ok {
		out.Missing = overtaken(stale)
	} else if err != nil {
		p.Log.ErrorContext(r.Context(), "command failed", "incident", id, "err", err)
		out.Missing = []string{"the register did not answer: try again"}
	}
	if out.Incident.ID == "" {
		out.Incident, _ = p.Register.Incident(r.Context(), id)
	}
	return out
}
