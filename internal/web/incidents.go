package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"tocsin"
	"tocsin/internal/auth"
)

// perPage is how many incidents stand on a page: what one reads before searching instead.
const perPage = 50

// An incidentsView is the queue.
type incidentsView struct {
	Filter     filter
	Tabs       []tab
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
	Bulk       bulkForm
}

type link struct {
	Text, URL string
	Current   bool
}

// A tab is a question that the queue is asked often.
type tab struct {
	link
	N int64 // how many it shows
}

// A row is one incident of the queue.
type row struct {
	tocsin.Incident
	Clock    Clock
	Age      string // since it was detected, while open
	Entities []tocsin.Entity
	More     int // entities that are not among them
}

func (p *pages) incidents(w http.ResponseWriter, r *http.Request) error {
	view, err := p.queue(r)
	if err != nil {
		return err
	}
	p.render(w, r, http.StatusOK, "incidents", "Incidents", "incidents", view)
	return nil
}

// queue is what the address asks for.
func (p *pages) queue(r *http.Request) (*incidentsView, error) {
	f := filterOf(r.URL.Query())
	q, err := f.query(r.Context())
	if err != nil {
		return nil, err
	}
	found, err := p.Store.Incidents(r.Context(), q)
	if err != nil {
		if errors.Is(err, tocsin.ErrQuery) {
			return nil, &badRequest{"This page of the list cannot be found any more: begin with the first one."}
		}
		return nil, err
	}
	now := p.Now()
	view := &incidentsView{Filter: f, Statuses: statuses(), Priorities: priorities, Total: found.Total, Bulk: p.bulkForm(r)}
	for _, i := range found.Items {
		view.Rows = append(view.Rows, newRow(i, now))
	}
	for _, s := range sorts {
		view.Sorts = append(view.Sorts, link{s.text, f.by(s.name).URL(), s.name == f.order()})
	}
	if found.Cursor != "" {
		view.Next = f.at(found.Cursor).URL()
	}
	if f.Cursor != "" {
		view.First = f.at("").URL()
	}
	return view, p.counts(r.Context(), view)
}

// counts fills in how much there is to do.
func (p *pages) counts(ctx context.Context, v *incidentsView) error {
	who := auth.From(ctx)
	for _, t := range []struct {
		text string
		f    filter
		into *int64
	}{
		{"Open", filter{Status: "open"}, &v.Open},
		{"Mine", filter{Status: "open", Assignee: who.Actor.ID}, nil},
		{"Nobody's", filter{Status: "open", Whose: "nobody"}, nil},
		{"To decide on", filter{Status: "proposed"}, &v.Proposed},
		{"Late", filter{Status: "open", Late: "yes"}, nil},
		{"All", filter{}, nil},
	} {
		n, err := p.total(ctx, t.f)
		if err != nil {
			return err
		}
		if t.into != nil {
			*t.into = n
		}
		v.Tabs = append(v.Tabs, tab{link{t.text, t.f.URL(), t.f == v.Filter.kind()}, n})
	}
	q := tocsin.Query{Status: open(), Priority: []string{"P1", "P2"}, Tenant: who.Tenant, Limit: 1}
	found, err := p.Store.Incidents(ctx, q)
	v.Urgent = found.Total
	return err
}

func (p *pages) total(ctx context.Context, f filter) (int64, error) {
	q, err := f.query(ctx)
	if err != nil {
		return 0, err
	}
	q.Limit = 1
	found, err := p.Store.Incidents(ctx, q)
	return found.Total, err
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
