package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

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
	Urgent     int64  // open P1 and P2
	All        int64  // whatever is asked for
	Empty      string // what to say where a part of the queue has nothing; "" for the usual
	Bulk       bulkForm
	Last       string // mark of what is shown, from which on changes are told
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
	view := &incidentsView{Filter: f, Statuses: statuses(), Priorities: priorities, Bulk: p.bulkForm(r)}
	view.Bulk.Back = f.URL()
	if view.Last, err = p.pulse.now(r.Context(), auth.From(r.Context()).Tenant); err != nil { // before the list is read: what comes between is told
		return nil, err
	}
	found, err := p.listed(r.Context(), q, view)
	if err != nil {
		return nil, err
	}
	now := p.Now()
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
	return view, nil
}

// listed reads the list, and at once what the queue has beside it.
func (p *pages) listed(ctx context.Context, q tocsin.Query, v *incidentsView) (found tocsin.Page[tocsin.Incident], err error) {
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) {
		found, err = p.Store.Incidents(ctx, q)
		if errors.Is(err, tocsin.ErrQuery) {
			return &badRequest{"This page of the list cannot be found any more: begin with the first one."}
		}
		return err
	})
	all.Go(func() error { return p.counts(ctx, v) })
	err = all.Wait()
	v.Total = found.Total
	return found, err
}

// counts fills in how much there is to do: each part of the queue, and what is urgent.
func (p *pages) counts(ctx context.Context, v *incidentsView) error {
	who := auth.From(ctx)
	parts := []struct {
		text string
		f    filter
		none string
	}{
		{"Open", filter{Status: "open"}, "Nothing is open"},
		{"Mine", filter{Status: "open", Assignee: who.Actor.ID}, "Nothing open is assigned to you"},
		{"Unassigned", filter{Status: "open", Whose: "nobody"}, "Everything open is assigned to somebody"},
		{"To decide", filter{Status: "proposed"}, "No proposal waits for a decision"},
		{"Late", filter{Status: "open", Late: "yes"}, "Nothing open has missed a target"},
		{"All", filter{}, ""},
	}
	var asked []tocsin.Query
	for _, part := range parts {
		q, err := part.f.query(ctx)
		if err != nil {
			return err
		}
		asked = append(asked, q)
	}
	asked = append(asked, tocsin.Query{Status: open(), Priority: []string{"P1", "P2"}, Tenant: who.Tenant})
	counts, err := p.pulse.counts(ctx, who.Tenant, readerOf(who), v.Last, asked)
	if err != nil {
		return err
	}
	for n, part := range parts {
		if part.f == v.Filter.kind() {
			v.Empty = part.none
		}
		v.Tabs = append(v.Tabs, tab{link{part.text, part.f.URL(), part.f == v.Filter.kind()}, counts[n]})
	}
	v.Urgent, v.All = counts[len(parts)], counts[len(parts)-1]
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
