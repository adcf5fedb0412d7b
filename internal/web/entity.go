package web

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	"tocsin"
	"tocsin/internal/auth"
)

// A Search finds events and alerts by what they are about.
type Search interface {
	EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error)
	AlertsBy(ctx context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error)
}

// An entityView is all that is known of one address, host, user or hash.
type entityView struct {
	Value     string
	Incidents []row
	More      int64 // incidents that are not shown
	Events    []tocsin.Event
	EventsN   int64
	Alerts    []entityAlert
	Rest      bool // there are more alerts
	Novel     []hostView
	Peers     []link // other daemons, which may know more scopes
}

// An entityAlert is an alert in a line.
type entityAlert struct {
	tocsin.Alert
	Says string // the rule of its sensor, or what it did
}

// A hostView is how a host stands in one scope of kind novelty.
type hostView struct {
	tocsin.NoveltyHost
	Chart riskChart
}

const (
	entityIncidents = 20
	entityEvents    = 30
	entityAlerts    = 50
)

// entity shows what else an entity did.
func (p *pages) entity(w http.ResponseWriter, r *http.Request) error {
	value := strings.TrimSpace(r.URL.Query().Get("value"))
	if !findable(value) {
		return &badRequest{"Name an address, a host, a user or a hash."}
	}
	ctx, tenant := r.Context(), auth.From(r.Context()).Tenant
	v := entityView{Value: value}
	var incidents tocsin.Page[tocsin.Incident]
	var events tocsin.Page[tocsin.Event]
	var alerts []tocsin.Alert
	var next string
	all, ctx := errgroup.WithContext(ctx)
	all.Go(func() (err error) {
		incidents, err = p.Store.Incidents(ctx, tocsin.Query{Tenant: tenant, Entity: value, Sort: "opened", Limit: entityIncidents})
		return err
	})
	all.Go(func() (err error) {
		events, err = p.Search.EventsBy(ctx, tocsin.EventQuery{Tenant: tenant, Entity: value, Limit: entityEvents})
		return err
	})
	all.Go(func() (err error) {
		alerts, next, err = p.Search.AlertsBy(ctx, tocsin.AlertQuery{Tenant: tenant, Entity: value, Limit: entityAlerts})
		return err
	})
	if err := all.Wait(); err != nil {
		return err
	}
	for _, i := range incidents.Items {
		v.Incidents = append(v.Incidents, newRow(i, p.Now()))
	}
	v.More = incidents.Total - int64(len(incidents.Items))
	v.Events, v.EventsN = events.Items, events.Total
	for _, a := range alerts {
		v.Alerts = append(v.Alerts, entityAlert{a, says(&a)})
	}
	v.Rest = next != ""
	if p.NovelHosts != nil {
		for _, h := range p.NovelHosts(cmp.Or(tenant, "default"), value) {
			v.Novel = append(v.Novel, hostView{h, sessionsOf(&h)})
		}
		v.Peers = p.peers(r)
	}
	p.render(w, r, http.StatusOK, "entity", cut(60, value), "incidents", v)
	return nil
}

// peers are the same page of the other daemons.
func (p *pages) peers(r *http.Request) (all []link) {
	for _, address := range p.Peers {
		address = strings.TrimRight(address, "/")
		all = append(all, link{Text: address, URL: address + r.URL.RequestURI()})
	}
	return all
}

// says is an alert in a few words.
func says(a *tocsin.Alert) string {
	for _, name := range []string{"rule.name", "event.action", "event.code", "message"} {
		if v := a.Fields.Get(name); !v.IsAbsent() && v.Text() != "" {
			return cut(160, v.Text())
		}
	}
	return a.Format
}
