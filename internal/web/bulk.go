package web

import (
	"context"
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
	Legend       string
	Back         string
	Assignee     string
	Disposition  string
	RootCause    string
	Text         string
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
	f := bulkForm{Dispositions: tocsin.Dispositions(), RootCauses: tocsin.RootCauses(), Key: formKey(), Me: who.ID, Assignee: who.ID, Legend: "With the chosen incidents"}
	for _, a := range bulkActions() {
		if register.May(who.Role, a.Action) {
			f.Actions = append(f.Actions, a)
		}
	}
	return f
}

// bulkAgain is the form as it was filled in, for those that were refused.
func (p *pages) bulkAgain(r *http.Request, back string) bulkForm {
	f := p.bulkForm(r)
	f.Legend, f.Back = "Again, with the chosen incidents", back
	for name, into := range map[string]*string{"assignee": &f.Assignee, "disposition": &f.Disposition, "root_cause": &f.RootCause, "text": &f.Text} {
		*into = r.PostForm.Get(name)
	}
	return f
}

// A bulkView says what became of each incident.
type bulkView struct {
	Label   string
	Done    int
	Results []bulkResult
	Back    string
	Bulk    bulkForm // zero: nothing can be tried again
}

// A bulkResult is what became of one.
type bulkResult struct {
	Incident tocsin.Incident
	ID       string
	Missing  []string // why not; nil: done
	Again    bool     // it can be tried again
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
		p.render(w, r, http.StatusForbidden, "error", "Not allowed", "incidents", errorView{Heading: "This needs the role " + role, Advice: "Sign in as somebody who has it."})
		return nil
	}
	v := bulkView{Label: f.Label, Back: local(r.PostForm.Get("back"))}
	err := register.Each(r.Context(), func(_ context.Context, cmd register.Command) (tocsin.Incident, error) { return p.one(r, cmd) },
		p.bulkCommand(r, &f, key), chosenOf(chosen), func(c register.Chosen, i tocsin.Incident, err error) {
			result := p.became(r, c.Incident, i, err)
			switch {
			case result.Missing == nil:
				v.Done++
			case result.Again && v.Bulk.Key == "":
				v.Bulk = p.bulkAgain(r, v.Back)
			}
			v.Results = append(v.Results, result)
		})
	if err != nil {
		return err
	}
	status := http.StatusOK
	if v.Done < len(v.Results) {
		status = http.StatusConflict
	}
	p.render(w, r, status, "bulk", f.Label, "incidents", v)
	return nil
}

// chosenOf reads the incidents that a form names, each by its id and revision; one without a revision has -1.
func chosenOf(refs []string) (all []register.Chosen) {
	for _, ref := range refs {
		id, revision, _ := strings.Cut(ref, "@")
		n, err := strconv.ParseInt(revision, 10, 64)
		if err != nil || n < 1 {
			n = -1
		}
		all = append(all, register.Chosen{Incident: id, Revision: n})
	}
	return all
}

// bulkCommand is what is given to each of them.
func (p *pages) bulkCommand(r *http.Request, f *form, key string) register.Command {
	who := auth.From(r.Context())
	cmd := register.Command{ID: key, Action: f.Action, Tenant: who.Tenant, By: who.Actor, Text: strings.TrimSpace(r.PostForm.Get("text"))}
	f.fill(r, &cmd)
	if f.Action == tocsin.ActReject && cmd.Reason == "" {
		cmd.Reason = cmd.Text
	}
	return cmd
}

var (
	errNoRevision = errors.New("the form names no revision of it")
	errUnaudited  = errors.New("the audit log cannot be written now: try again")
)

// one carries out the command on one incident.
func (p *pages) one(r *http.Request, cmd register.Command) (tocsin.Incident, error) {
	if cmd.ExpectedRevision < 1 {
		return tocsin.Incident{}, errNoRevision
	}
	if _, err := p.visibleIncident(r.Context(), cmd.Incident); err != nil {
		return tocsin.Incident{}, err
	}
	if err := p.beginCommand(r, cmd.Action, cmd.Incident); err != nil {
		p.Log.ErrorContext(r.Context(), "refused, as it cannot be audited", "incident", cmd.Incident, "err", err)
		return tocsin.Incident{}, errUnaudited
	}
	i, err := p.Register.Do(r.Context(), cmd)
	p.noteCommand(r, cmd.Action, cmd.Incident, err)
	return i, err
}

// became tells what became of the command on one incident.
func (p *pages) became(r *http.Request, id string, i tocsin.Incident, err error) bulkResult {
	out := bulkResult{Incident: i, ID: cut(64, id)}
	refusal, refused := errors.AsType[*register.Refusal](err)
	stale, overtook := errors.AsType[*register.StaleError](err)
	switch {
	case err == nil:
	case refused:
		out.Missing = refusal.Missing
	case overtook:
		out.Missing = overtaken(stale)
	case errors.Is(err, tocsin.ErrNotFound):
		out.Missing = []string{"there is no such incident"}
		return out
	case errors.Is(err, errNoRevision):
		out.Missing = []string{err.Error()}
		return out
	case errors.Is(err, errUnaudited):
		out.Missing = []string{err.Error()}
	default:
		p.Log.ErrorContext(r.Context(), "command failed", "incident", id, "err", err)
		out.Missing = []string{"the register did not answer: try again"}
	}
	if out.Incident.ID == "" {
		out.Incident, _ = p.Register.Incident(r.Context(), id)
	}
	out.Again = err != nil && out.Incident.ID != ""
	return out
}
