package api

import (
	"context"
	"encoding/json"
	"net/http"

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
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor string `query:"cursor" maxLength:"1000"`
}

type verdictPage struct {
	Body tocsin.Page[tocsin.Verdict]
}

// An alert is a stored alert: its document and the record it was made of.
type alert struct {
	ID       string         `json:"id"`
	Tenant   string         `json:"tenant"`
	Source   string         `json:"source"`
	Format   string         `json:"format"`
	Ref      tocsin.Ref     `json:"ref"`
	At       string         `json:"at"`
	SHA256   string         `json:"sha256"`
	Original string         `json:"original"`
	Marks    []string       `json:"marks"`
	Fields   map[string]any `json:"fields"`
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
	huma.Register(a.api, operation("list-assessments", http.MethodGet, "/assessments", viewer, "List the assessments that are pending", 422, 503),
		func(ctx context.Context, in *verdictQuery) (*verdictPage, error) {
			page, err := a.Store.PendingVerdicts(ctx, auth.From(ctx).Tenant, in.Limit, in.Cursor)
			if page.Items == nil {
				page.Items = []tocsin.Verdict{}
			}
			return &verdictPage{page}, a.problem(err)
		})
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
	doc := alert{
		ID: found.ID, Tenant: found.Tenant, Source: found.Source, Format: found.Format, Ref: found.Ref,
		At: found.Time.UTC().Format("2006-01-02T15:04:05.999999999Z07:00"), SHA256: found.Digest(), Original: string(found.Raw),
		Marks: append([]string{}, found.Marks...), Fields: map[string]any{},
	}
	for name, v := range found.Fields.All() {
		doc.Fields[name] = v.Any()
	}
	text, err := json.Marshal(doc)
	return &anyAnswer{text}, a.problem(err)
}

// hidden reports whether a document of a tenant is none of the caller's business.
func hidden(ctx context.Context, tenant string) bool {
	own := auth.From(ctx).Tenant
	return own != "" && own != tenant
}
