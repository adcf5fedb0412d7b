package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
)

// listIncidents are the filters of a listing.
type listIncidents struct {
	Tenant       string    `query:"tenant" maxLength:"100" doc:"whoever is bound to a tenant sees that alone"`
	Status       []string  `query:"status" doc:"any of these" enum:"proposed,declared,acknowledged,contained,eradicated,recovered,resolved,closed,rejected,merged"`
	Priority     []string  `query:"priority" enum:"P1,P2,P3,P4,P5"`
	Category     string    `query:"category" maxLength:"100" doc:"a class, or class/type"`
	Platform     string    `query:"platform" maxLength:"100"`
	Assignee     string    `query:"assignee" maxLength:"200"`
	Unassigned   bool      `query:"unassigned" doc:"those that nobody is assigned to"`
	Coordinator  string    `query:"coordinator" maxLength:"200"`
	Team         string    `query:"team" maxLength:"200" doc:"one that is activated"`
	Disposition  []string  `query:"disposition" doc:"any of these" enum:"true_positive_impact,true_positive_no_impact,benign_true_positive,false_positive,duplicate,insufficient_data,test_exercise,handled_externally"`
	Entity       string    `query:"entity" maxLength:"500" doc:"value of an entity, for example an address"`
	Number       string    `query:"number" maxLength:"64" doc:"as INC-2026-000042"`
	Event        string    `query:"event" maxLength:"64"`
	Rule         string    `query:"rule" maxLength:"100" doc:"id of the rule of one of its events"`
	Title        string    `query:"title" maxLength:"200" doc:"words, each of which begins a word of the title"`
	Visibility   string    `query:"visibility" enum:"team,restricted" doc:"restricted: those that a lead, an admin and whom they name may see"`
	Breached     string    `query:"breached" enum:"true,false" doc:"whether a target was missed"`
	Since        time.Time `query:"since" doc:"opened at or after"`
	Until        time.Time `query:"until" doc:"opened before"`
	UpdatedSince time.Time `query:"updated_since" doc:"changed last at or after"`
	UpdatedUntil time.Time `query:"updated_until" doc:"changed last before"`
	Sort         string    `query:"sort" enum:"opened,updated,last,status_since,due,priority,status,category,platform,assignee,coordinator,disposition,number,title" default:"opened" doc:"within a priority the least time left comes first"`
	Order        string    `query:"order" enum:"asc,desc" doc:"newest first for times and ascending for words where it is left out"`
	Limit        int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor       string    `query:"cursor" maxLength:"2000" doc:"of the page before, asked for with the same parameters"`
}

// query is what the store is asked.
func (in *listIncidents) query(ctx context.Context) tocsin.Query {
	q := tocsin.Query{
		Tenant: tenant(ctx, in.Tenant), Number: in.Number, Priority: in.Priority, Category: in.Category, Platform: in.Platform, Assignee: in.Assignee, Unassigned: in.Unassigned, Coordinator: in.Coordinator,
		Team: in.Team, Disposition: in.Disposition, Entity: in.Entity, Event: in.Event, Rule: in.Rule, Title: in.Title, Since: in.Since, Until: in.Until,
		UpdatedSince: in.UpdatedSince, UpdatedUntil: in.UpdatedUntil, Sort: in.Sort, Order: in.Order, Limit: in.Limit, Cursor: in.Cursor,
	}
	for _, s := range in.Status {
		q.Status = append(q.Status, tocsin.Status(s))
	}
	q.Visibility = in.Visibility
	if in.Breached != "" {
		q.Breached = new(in.Breached == "true")
	}
	return q
}

// tenant is the one to ask for: the caller's own, where there is one.
func tenant(ctx context.Context, asked string) string { return cmp.Or(auth.From(ctx).Tenant, asked) }

type incidentPage struct {
	Body tocsin.Page[tocsin.Incident]
}

type incidentID struct {
	ID string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
}

type incidentAnswer struct {
	ETag string `header:"ETag" doc:"the revision, for If-Match"`
	Body tocsin.Incident
}

type logAnswer struct {
	Body []tocsin.LogEntry
}

func (a *routes) incidents() {
	huma.Register(a.api, operation("list-incidents", http.MethodGet, "/incidents", viewer, "List incidents", 422, 503),
		func(ctx context.Context, in *listIncidents) (*incidentPage, error) {
			page, err := a.Store.Incidents(ctx, in.query(ctx))
			if page.Items == nil {
				page.Items = []tocsin.Incident{}
			}
			return &incidentPage{page}, a.problem(err)
		})
	huma.Register(a.api, operation("get-incident", http.MethodGet, "/incidents/{id}", viewer, "Get an incident", 404, 422, 503),
		func(ctx context.Context, in *incidentID) (*incidentAnswer, error) {
			i, err := a.incident(ctx, in.ID)
			return answer(i), a.problem(err)
		})
	huma.Register(a.api, operation("get-incident-log", http.MethodGet, "/incidents/{id}/log", viewer, "Get an incident's log", 404, 422, 503),
		func(ctx context.Context, in *incidentID) (*logAnswer, error) {
			if _, err := a.incident(ctx, in.ID); err != nil {
				return nil, a.problem(err)
			}
			entries, err := a.Store.Entries(ctx, in.ID, 1)
			return &logAnswer{entries}, a.problem(err)
		})
}

// incident reads an incident that the caller's tenant may see.
func (a *routes) incident(ctx context.Context, id string) (tocsin.Incident, error) {
	i, err := a.Register.Incident(ctx, id)
	if err != nil {
		return i, err
	}
	if tenant := auth.From(ctx).Tenant; tenant != "" && tenant != i.Tenant {
		return tocsin.Incident{}, tocsin.ErrNotFound
	}
	return i, nil
}

func answer(i tocsin.Incident) *incidentAnswer {
	return &incidentAnswer{ETag: etag(i.Revision), Body: i}
}

func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// revision reads an If-Match header: a revision in quotes, or * for any.
func revision(header string) (int64, bool) {
	if header == "*" {
		return 0, true
	}
	n, err := strconv.ParseInt(strings.Trim(header, `"`), 10, 64)
	return n, err == nil && n > 0
}
