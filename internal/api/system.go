package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
)

type rulesAnswer struct {
	Body Rules
}

type deadLetterQuery struct {
	Source string `query:"source" maxLength:"100"`
	Reason string `query:"reason" maxLength:"100"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor string `query:"cursor" maxLength:"1000"`
}

type deadLetterPage struct {
	Body tocsin.Page[tocsin.Rejection]
}

type deadLetterAnswer struct {
	Body tocsin.Rejection
}

func (a *routes) system() {
	huma.Register(a.api, operation("list-rules", http.MethodGet, "/rules", viewer, "List the rules in force and how they do"),
		func(context.Context, *struct{}) (*rulesAnswer, error) { return &rulesAnswer{a.Rules()}, nil })
	huma.Register(a.api, operation("get-health", http.MethodGet, "/health", viewer, "How the daemon does"),
		func(context.Context, *struct{}) (*anyAnswer, error) {
			text, err := json.Marshal(a.Health())
			return &anyAnswer{text}, err
		})
	huma.Register(a.api, operation("list-dead-letters", http.MethodGet, "/dead-letters", viewer, "List records that could not become alerts", 422, 503),
		func(ctx context.Context, in *deadLetterQuery) (*deadLetterPage, error) {
			page, err := a.DeadLetters.Rejections(ctx, DeadLetterQuery{
				Tenant: auth.From(ctx).Tenant, Source: in.Source, Reason: in.Reason, Limit: in.Limit, Cursor: in.Cursor,
			})
			if page.Items == nil {
				page.Items = []tocsin.Rejection{}
			}
			return &deadLetterPage{page}, a.problem(err)
		})
	huma.Register(a.api, operation("get-dead-letter", http.MethodGet, "/dead-letters/{id}", viewer, "Get a record that could not become an alert", 404, 422, 503),
		func(ctx context.Context, in *eventID) (*deadLetterAnswer, error) {
			r, err := a.DeadLetters.Rejection(ctx, in.ID)
			if err == nil && hidden(ctx, r.Tenant) {
				err = tocsin.ErrNotFound
			}
			return &deadLetterAnswer{r}, a.problem(err)
		})
}
