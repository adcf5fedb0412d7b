package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
)

type eventID struct {
	ID string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
}

// An anyAnswer is an answer whose members the package documents rather than its schema: events and alerts.
type anyAnswer struct {
	Body json.RawMessage
}

type verdictQuery struct {
	State  string    `query:"state" enum:"pending,promoted,not_incident,expired,any" default:"pending" doc:"pending: the queue of what nobody has decided"`
	Tenant string    `query:"tenant" maxLength:"100"`
	Since  time.Time `query:"since" doc:"of events detected at or after"`
	Limit  int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor string    `query:"cursor" maxLength:"1000"`
}

type verdictPage struct {
	Body tocsin.Page[tocsin.Verdict]
}

func (a *routes) events() {
	huma.Register(a.api, operation("get-event", http.MethodGet, "/events/{id}", viewer, "Get an event and its assessment", 404, 422, 503),
		func(ctx context.Context, in *eventID) (*anyAnswer, error) {
			e, err := a.Store.Event(ctx, in.ID)
			if err == nil && hidden(ctx, e.Tenant) {
				err = tocsin.ErrNotFound
			}
			if err != nil {
				return nil, a.problem(err)
			}
			if v, err := a.Store.Verdict(ctx, in.ID); err == nil {
				e.Assessment = &v.Assessment
			}
			text, err := json.Marshal(e)
			return &anyAnswer{text}, a.problem(err)
		})
	huma.Register(a.api, shown(operation("get-alert", http.MethodGet, "/alerts/{id}", viewer, "Get an alert and the record it was made of", 404, 422, 503)), a.alert)
	huma.Register(a.api, operation("list-assessments", http.MethodGet, "/assessments", viewer, "List assessments, newest detected first: those that are pending, unless said otherwise", 422, 503),
		func(ctx context.Context, in *verdictQuery) (*verdictPage, error) {
			q := tocsin.VerdictQuery{Tenant: tenant(ctx, in.Tenant), State: tocsin.AssessmentState(in.State), Since: in.Since, Limit: in.Limit, Cursor: in.Cursor}
			if in.State == "any" {
				q.State = ""
			}
			page, err := a.Search.Verdicts(ctx, q)
			if page.Items == nil {
				page.Items = []tocsin.Verdict{}
			}
			return &verdictPage{page}, a.problem(err)
		})
	a.searches()
	a.eventCommands()
}

func (a *routes) alert(ctx context.Context, in *eventID) (*anyAnswer, error) {
	found, err := a.Store.Alert(ctx, in.ID)
	if err == nil && hidden(ctx, found.Tenant) {
		err = tocsin.ErrNotFound
	}
	if err != nil {
		return nil, a.problem(err)
	}
	doc := described(&found)
	doc.Original = string(found.Raw)
	text, err := json.Marshal(doc)
	return &anyAnswer{text}, a.problem(err)
}

// hidden reports whether a document of a tenant is none of the caller's business.
func hidden(ctx context.Context, tenant string) bool {
	own := auth.From(ctx).Tenant
	return own != "" && own != tenant
}
