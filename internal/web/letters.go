package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// A LetterQuery selects dead letters, the newest first; zero fields select nothing away.
type LetterQuery struct {
	Tenant, Source, Reason, Cursor string
	Limit                          int
}

// A lettersView is a page of the dead letters.
type lettersView struct {
	Source, Reason string
	Items          []Letter
	Total          int64
	First, Next    string // addresses
	MayDispose     bool
	Key            string
	Told           []string // what became of those that were chosen
}

// disposer is the role that may say what becomes of dead letters, as the API has it.
const disposer = "lead"

func (p *pages) letters(w http.ResponseWriter, r *http.Request) error {
	return p.showLetters(w, r, http.StatusOK, nil)
}

func (p *pages) showLetters(w http.ResponseWriter, r *http.Request, status int, told []string) error {
	q, who := r.URL.Query(), auth.From(r.Context())
	asked := LetterQuery{Tenant: who.Tenant, Source: q.Get("source"), Reason: q.Get("reason"), Cursor: q.Get("cursor"), Limit: perPage}
	found, err := p.DeadLetters(r.Context(), asked)
	if errors.Is(err, tocsin.ErrQuery) {
		return &badRequest{"This page of the list cannot be found any more: begin with the first one."}
	}
	if err != nil {
		return err
	}
	v := lettersView{
		Source: asked.Source, Reason: asked.Reason, Items: found.Items, Total: found.Total, Told: told,
		MayDispose: p.mayDispose(who), Key: formKey(),
	}
	address := func(cursor string) string {
		values := url.Values{}
		for name, value := range map[string]string{"source": asked.Source, "reason": asked.Reason, "cursor": cursor} {
			if value != "" {
				values.Set(name, value)
			}
		}
		return "/dead-letters?" + values.Encode()
	}
	if asked.Cursor != "" {
		v.First = address("")
	}
	if found.Cursor != "" {
		v.Next = address(found.Cursor)
	}
	p.render(w, r, status, "letters", "Dead letters", "letters", v)
	return nil
}

func (p *pages) mayDispose(who auth.Identity) bool {
	roles := register.Roles()
	return p.Dispose != nil && slices.Index(roles, who.Actor.Role) >= slices.Index(roles, disposer)
}

// disposeOf redrives or discards the chosen letters, each by itself.
func (p *pages) disposeOf(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		return &badRequest{"The form could not be read."}
	}
	action, why := tocsin.DispositionAction(r.PostForm.Get("command")), strings.TrimSpace(r.PostForm.Get("why"))
	chosen, who := r.PostForm["letter"], auth.From(r.Context())
	switch {
	case !p.mayDispose(who):
		p.Trail.Notes(r.Context(), "dispose-of-dead-letters", "/dead-letters", tocsin.AuditRefused, "this needs the role "+disposer)
		p.render(w, r, http.StatusForbidden, "error", "Not allowed", "letters", errorView{Heading: "This needs the role " + disposer, Advice: "Sign in as somebody who has it."})
		return nil
	case action != tocsin.Redriven && action != tocsin.Discarded:
		return tocsin.ErrNotFound
	case len(chosen) == 0 || len(chosen) > maxBulk:
		return p.showLetters(w, r, http.StatusConflict, []string{"No dead letter was chosen: tick the ones that are meant."})
	case action == tocsin.Discarded && why == "":
		return p.showLetters(w, r, http.StatusConflict, []string{"Not done: say why nothing more is to be done with them."})
	}
	var told []string
	done := 0
	for _, id := range chosen {
		err := p.Trail.Begins(r.Context(), string(action)+"-dead-letter", "/dead-letters/"+cut(64, id))
		if err == nil {
			err = p.Dispose(r.Context(), id, who.Tenant, action, who.Actor, why)
		}
		outcome, reason := tocsin.AuditDone, why
		if err != nil {
			outcome, reason = tocsin.AuditFailed, err.Error()
			told = append(told, "Not done with "+cut(64, id)+": "+err.Error())
		} else {
			done++
		}
		p.Trail.Notes(r.Context(), string(action)+"-dead-letter", "/dead-letters/"+cut(64, id), outcome, reason)
	}
	told = append([]string{plural(int64(done), "dead letter") + " " + string(action)}, told...)
	return p.showLetters(w, r, http.StatusOK, told)
}
