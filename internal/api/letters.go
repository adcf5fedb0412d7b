package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
)

type deadLetterQuery struct {
	Source string    `query:"source" maxLength:"100"`
	Reason string    `query:"reason" maxLength:"100"`
	Since  time.Time `query:"since" doc:"received at or after"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor string    `query:"cursor" maxLength:"1000"`
}

// A Letter is a dead letter and what was done with it, oldest first.
type Letter struct {
	tocsin.Rejection
	Dispositions []tocsin.Disposition `json:"dispositions"`
}

type letterPage struct {
	Body tocsin.Page[Letter]
}

type letterAnswer struct {
	Body Letter
}

// letters registers what can be asked of dead letters, and done with them.
func (a *routes) letters() {
	huma.Register(a.api, operation("list-dead-letters", http.MethodGet, "/dead-letters", viewer, "List records that could not become alerts", 422, 503), a.listLetters)
	huma.Register(a.api, shown(operation("get-dead-letter", http.MethodGet, "/dead-letters/{id}", viewer, "Get a record that could not become an alert", 404, 422, 503)),
		func(ctx context.Context, in *eventID) (*letterAnswer, error) { return a.letter(ctx, in.ID) })
	huma.Register(a.api, operation("redrive-dead-letter", http.MethodPost, "/dead-letters/{id}/redrive", lead, "Send a record to the intake again, with its identity", 404, 409, 422, 503),
		func(ctx context.Context, in *eventCommandInput) (*letterAnswer, error) {
			return a.dispose(ctx, in.ID, tocsin.Redriven, in.Body.Reason)
		})
	huma.Register(a.api, operation("discard-dead-letter", http.MethodPost, "/dead-letters/{id}/discard", lead, "Say that nothing more is to be done with a record", 404, 409, 422, 503),
		func(ctx context.Context, in *eventCommandInput) (*letterAnswer, error) {
			return a.dispose(ctx, in.ID, tocsin.Discarded, in.Body.Reason)
		})
}

func (a *routes) listLetters(ctx context.Context, in *deadLetterQuery) (*letterPage, error) {
	page, err := a.DeadLetters.Rejections(ctx, DeadLetterQuery{
		Tenant: auth.From(ctx).Tenant, Source: in.Source, Reason: in.Reason, Since: in.Since, Limit: in.Limit, Cursor: in.Cursor,
	})
	if err != nil {
		return nil, a.problem(err)
	}
	ids := make([]string, len(page.Items))
	for i := range page.Items {
		ids[i] = page.Items[i].ID
	}
	done, err := a.DeadLetters.Dispositions(ctx, ids)
	out := tocsin.Page[Letter]{Items: make([]Letter, len(page.Items)), Total: page.Total, Cursor: page.Cursor}
	for i, r := range page.Items {
		out.Items[i] = Letter{r, append([]tocsin.Disposition{}, done[r.ID]...)}
	}
	return &letterPage{out}, a.problem(err)
}

func (a *routes) letter(ctx context.Context, id string) (*letterAnswer, error) {
	r, err := a.DeadLetters.Rejection(ctx, id)
	if err == nil && hidden(ctx, r.Tenant) {
		err = tocsin.ErrNotFound
	}
	if err != nil {
		return nil, a.problem(err)
	}
	done, err := a.DeadLetters.Dispositions(ctx, []string{id})
	return &letterAnswer{Letter{r, append([]tocsin.Disposition{}, done[id]...)}}, a.problem(err)
}

// dispose does something with a letter and answers with what was done with it so far.
func (a *routes) dispose(ctx context.Context, id string, action tocsin.DispositionAction, why string) (*letterAnswer, error) {
	found, err := a.letter(ctx, id)
	if err != nil {
		return nil, err
	}
	if action == tocsin.Discarded && strings.TrimSpace(why) == "" {
		return nil, huma.Error422UnprocessableEntity("a reason is needed", &huma.ErrorDetail{Message: "why nothing more is to be done with it", Location: "body.reason"})
	}
	d, err := a.Dispose(ctx, found.Body.Rejection, action, auth.From(ctx).Actor, why)
	if errors.Is(err, ErrNoBytes) {
		return nil, huma.Error409Conflict(ErrNoBytes.Error())
	}
	if err != nil {
		return nil, a.problem(err)
	}
	a.Log.InfoContext(ctx, "dead letter disposed of", "action", action, "letter", id, "by", d.By.ID, "why", d.Why)
	found.Body.Dispositions = append(found.Body.Dispositions, d)
	return found, nil
}
