package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

// perPage is how many incidents stand on a page: what one reads before searching instead.
const perPage = 50

// A filter is what the address of the list asks for.
type filter struct {
	Status   string // "", open, or a status
	Priority string
	Entity   string
	Category string
	Assignee string
	Sort     string // opened, priority or updated
	Cursor   string
}

func (f filter) Any() bool {
	return f.Status != "" || f.Priority != "" || f.Entity != "" || f.Category != "" || f.Assignee != ""
}

// URL is the address of the list with this filter.
func (f filter) URL() string {
	q := url.Values{}
	for name, value := range map[string]string{
		"status": f.Status, "priority": f.Priority, "entity": f.Entity, "category": f.Category, "assignee": f.Assignee,
		"sort": f.Sort, "cursor": f.Cursor,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return "/"
	}
	return "/?" + q.Encode()
}

func (f filter) by(sort string) filter { f.Sort, f.Cursor = sort, ""; return f }
func (f filter) at(cursor string) filter {
	f.Cursor = cursor
	return f
}

// An incidentsView is the list.
type incidentsView struct {
	Filter     filter
	Statuses   []string
	Priorities []string
	Sorts      []link
	Rows       []row
	Total      int64
	First      string // address of the first page, "" on it
	Next       string // address of the next page, "" on the last
	Open       int64
	Proposed   int64
	Urgent     int64 // open P1 and P2
}

type link struct {
	Text, URL string
	Current   bool
}

// A row is one incident of the list.
type row struct {
	tocsin.Incident
	Clock    Clock
	Age      string // since it was detected, while open
	Entities []tocsin.Entity
	More     int // entities that are not among them
}

func (p *pages) incidents(w http.ResponseWriter, r *http.Request) error {
	v := r.URL.Query()
	f := filter{
		Status: v.Get("status"), Priority: v.Get("priority"), Entity: strings.TrimSpace(v.Get("entity")), Category: v.Get("category"),
		Assignee: v.Get("assignee"), Sort: v.Get("sort"), Cursor: v.Get("cursor"),
	}
	q, err := f.query(r.Context())
	if err != nil {
		return err
	}
	found, err := p.Store.Incidents(r.Context(), q)
	if err != nil {
		if errors.Is(err, tocsin.ErrQuery) {
			return &badRequest{"This page of the list cannot be found any more: begin with the first one."}
		}
		return err
	}
	now := p.Now()
	view := incidentsView{Filter: f, Statuses: statuses(), Priorities: priorities, Total: found.Total}
	for _, i := range found.Items {
		view.Rows = append(view.Rows, newRow(i, now))
	}
	for _, s := range []string{"opened", "priority", "updated"} {
		view.Sorts = append(view.Sorts, link{s, f.by(s).URL(), s == f.Sort || s == "opened" && f.Sort == ""})
	}
	if found.Cursor != "" {
		view.Next = f.at(found.Cursor).URL()
	}
	if f.Cursor != "" {
		view.First = f.at("").URL()
	}
	if err := p.counts(r.Context(), &view); err != nil {
		return err
	}
	p.render(w, r, http.StatusOK, "incidents", "Incidents", "incidents", view)
	return nil
}

var priorities = []string{"P1", "P2", "P3", "P4", "P5"}

func statuses() []string {
	var all []string
	for _, s := range append(tocsin.Stages(), tocsin.Rejected, tocsin.MergedIncident) {
		all = append(all, string(s))
	}
	return all
}

func open() []tocsin.Status {
	return slices.DeleteFunc(tocsin.Stages(), func(s tocsin.Status) bool { return !s.IsOpen() })
}

// query turns the filter into what the store is asked.
func (f filter) query(ctx context.Context) (tocsin.Query, error) {
	q := tocsin.Query{
		Tenant: auth.From(ctx).Tenant, Entity: f.Entity, Category: f.Category, Assignee: f.Assignee, Sort: f.Sort, Limit: perPage, Cursor: f.Cursor,
	}
	switch {
	case f.Status == "":
	case f.Status == "open":
		q.Status = open()
	case slices.Contains(statuses(), f.Status):
		q.Status = []tocsin.Status{tocsin.Status(f.Status)}
	default:
		return q, &badRequest{"There is no status of that name."}
	}
	if f.Priority != "" {
		if !slices.Contains(priorities, f.Priority) {
			return q, &badRequest{"Priorities are P1 to P5."}
		}
		q.Priority = []string{f.Priority}
	}
	if !slices.Contains([]string{"", "opened", "priority", "updated"}, f.Sort) {
		return q, &badRequest{"The list can be sorted by opened, priority or updated."}
	}
	return q, nil
}

// counts fills in how much there is to do.
func (p *pages) counts(ctx context.Context, v *incidentsView) error {
	tenant := auth.From(ctx).Tenant
	for _, c := range []struct {
		into *int64
		q    tocsin.Query
	}{
		{&v.Open, tocsin.Query{Status: open()}},
		{&v.Proposed, tocsin.Query{Status: []tocsin.Status{tocsin.Proposed}}},
		{&v.Urgent, tocsin.Query{Status: open(), Priority: []string{"P1", "P2"}}},
	} {
		c.q.Tenant, c.q.Limit = tenant, 1
		found, err := p.Store.Incidents(ctx, c.q)
		if err != nil {
			return err
		}
		*c.into = found.Total
	}
	return nil
}

// shown is how many entities a row names: what fits beside the rest.
const shown = 3

func newRow(i tocsin.Incident, now time.Time) row {
	out := row{Incident: i, Clock: nextClock(&i, now), Entities: unique(i.Entities)}
	if i.Status.IsOpen() {
		if began := began(&i); !began.IsZero() {
			out.Age = span(now.Sub(began))
		}
	}
	if n := len(out.Entities); n > shown {
		out.Entities, out.More = out.Entities[:shown], n-shown
	}
	return out
}

// unique drops entities whose value was named before in another role.
func unique(all []tocsin.Entity) []tocsin.Entity {
	var out []tocsin.Entity
	for _, e := range all {
		if !slices.ContainsFunc(out, func(o tocsin.Entity) bool { return o.Value == e.Value }) {
			out = append(out, e)
		}
	}
	return out
}

// began is when the incident became known.
func began(i *tocsin.Incident) time.Time {
	if at, ok := i.Timeline["detected"]; ok {
		return at
	}
	return i.Opened
}
