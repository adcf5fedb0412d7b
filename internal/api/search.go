package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
)

// A Searcher finds verdicts, events and alerts.
type Searcher interface {
	Verdicts(ctx context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error)
	EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error)
	AlertsBy(ctx context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error)
}

// An alert is a stored alert: its document and, where it is shown alone, the record it was made of.
type alert struct {
	ID       string         `json:"id"`
	Tenant   string         `json:"tenant"`
	Source   string         `json:"source"`
	Format   string         `json:"format"`
	Ref      tocsin.Ref     `json:"ref"`
	At       string         `json:"at"`
	SHA256   string         `json:"sha256"`
	Original string         `json:"original,omitempty"`
	Marks    []string       `json:"marks"`
	Fields   map[string]any `json:"fields"`
}

func described(found *tocsin.Alert) alert {
	doc := alert{
		ID: found.ID, Tenant: found.Tenant, Source: found.Source, Format: found.Format, Ref: found.Ref,
		At: found.Time.UTC().Format("2006-01-02T15:04:05.999999999Z07:00"), SHA256: found.Digest(),
		Marks: append([]string{}, found.Marks...), Fields: map[string]any{},
	}
	for name, v := range found.Fields.All() {
		doc.Fields[name] = v.Any()
	}
	return doc
}

type eventQuery struct {
	Tenant   string    `query:"tenant" maxLength:"100"`
	Rule     string    `query:"rule" maxLength:"100" doc:"id of the rule"`
	Level    []string  `query:"level" enum:"informational,low,medium,high,critical" doc:"any of these"`
	Activity []string  `query:"activity" enum:"open,closed,merged,withdrawn" doc:"any of these"`
	Entity   string    `query:"entity" maxLength:"500" doc:"value of an entity"`
	Since    time.Time `query:"since" doc:"detected at or after"`
	Until    time.Time `query:"until" doc:"detected before"`
	Limit    int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor   string    `query:"cursor" maxLength:"1000"`
}

type alertQuery struct {
	Tenant   string    `query:"tenant" maxLength:"100"`
	Source   string    `query:"source" maxLength:"100"`
	Entity   string    `query:"entity" maxLength:"500" doc:"value of a field that names something: an address, a host, a user, a hash"`
	Field    string    `query:"field" maxLength:"200" doc:"the only field that may have it, for example source.ip"`
	Severity int64     `query:"severity" minimum:"0" maximum:"100" doc:"the least tocsin.severity, of 100"`
	List     string    `query:"list" maxLength:"200" doc:"a list of indicators, assets or the like that has a value of it: tocsin.lists"`
	Since    time.Time `query:"since" doc:"of an event time at or after"`
	Until    time.Time `query:"until" doc:"of an event time before"`
	Limit    int       `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor   string    `query:"cursor" maxLength:"1000"`
}

// A found is a page whose store does not count what is behind it.
type found struct {
	Items  []json.RawMessage `json:"items"`
	Cursor string            `json:"cursor,omitempty" doc:"there is more behind it, even where the page is short"`
}

type foundAnswer struct {
	Body found
}

// evidenceQuery asks for a portion of what an event stands on.
type evidenceQuery struct {
	ID     string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	Cursor string `query:"cursor" maxLength:"10" pattern:"^[0-9]*$"`
}

// Evidence is a portion of what an event stands on.
type Evidence struct {
	Alerts    []json.RawMessage `json:"alerts" doc:"those that are kept, by event time"`
	Missing   []string          `json:"missing" doc:"ids of alerts that are not kept any more"`
	Events    []string          `json:"events" doc:"ids of the events that it was made from"`
	Truncated bool              `json:"truncated" doc:"it has more alerts than it refers to"`
	Cursor    string            `json:"cursor,omitempty"`
}

type evidenceAnswer struct {
	Body Evidence
}

func (a *routes) searches() {
	huma.Register(a.api, operation("list-events", http.MethodGet, "/events", viewer, "List events, newest detected first", 422, 503),
		func(ctx context.Context, in *eventQuery) (*foundAnswer, error) {
			q := tocsin.EventQuery{
				Tenant: tenant(ctx, in.Tenant), Rule: in.Rule, Level: in.Level, Entity: in.Entity, Since: in.Since, Until: in.Until, Limit: in.Limit, Cursor: in.Cursor,
			}
			for _, activity := range in.Activity {
				q.Activity = append(q.Activity, tocsin.Activity(activity))
			}
			page, err := a.Search.EventsBy(ctx, q)
			if err != nil {
				return nil, a.problem(err)
			}
			items, err := texts(page.Items)
			return &foundAnswer{found{items, page.Cursor}}, a.problem(err)
		})
	huma.Register(a.api, operation("list-alerts", http.MethodGet, "/alerts", viewer, "Search alerts by what they name and by time, newest first", 422, 503),
		func(ctx context.Context, in *alertQuery) (*foundAnswer, error) {
			all, next, err := a.Search.AlertsBy(ctx, tocsin.AlertQuery{
				Tenant: tenant(ctx, in.Tenant), Source: in.Source, Entity: in.Entity, Field: in.Field, Severity: in.Severity, List: in.List, Since: in.Since, Until: in.Until, Limit: in.Limit, Cursor: in.Cursor,
			})
			if err != nil {
				return nil, a.problem(err)
			}
			docs := make([]alert, len(all))
			for i := range all {
				docs[i] = described(&all[i])
			}
			items, err := texts(docs)
			return &foundAnswer{found{items, next}}, a.problem(err)
		})
	huma.Register(a.api, operation("get-event-evidence", http.MethodGet, "/events/{id}/evidence", viewer, "Get the alerts that an event stands on", 404, 422, 503), a.evidence)
}

func texts[T any](all []T) ([]json.RawMessage, error) {
	out := make([]json.RawMessage, len(all))
	for i := range all {
		text, err := json.Marshal(&all[i])
		if err != nil {
			return nil, err
		}
		out[i] = text
	}
	return out, nil
}

func (a *routes) evidence(ctx context.Context, in *evidenceQuery) (*evidenceAnswer, error) {
	e, err := a.Store.Event(ctx, in.ID)
	if err == nil && hidden(ctx, e.Tenant) {
		err = tocsin.ErrNotFound
	}
	if err != nil {
		return nil, a.problem(err)
	}
	from := 0
	if in.Cursor != "" {
		if from, err = strconv.Atoi(in.Cursor); err != nil {
			return nil, a.problem(tocsin.ErrQuery)
		}
	}
	refs := e.Evidence.Alerts[min(from, len(e.Evidence.Alerts)):]
	out := Evidence{Alerts: []json.RawMessage{}, Missing: []string{}, Events: append([]string{}, e.Evidence.Events...), Truncated: e.Evidence.Truncated}
	if len(refs) > in.Limit {
		refs, out.Cursor = refs[:in.Limit], strconv.Itoa(from+in.Limit)
	}
	for _, ref := range refs {
		found, err := a.Store.Alert(ctx, ref.ID)
		switch {
		case errors.Is(err, tocsin.ErrNotFound), err == nil && hidden(ctx, found.Tenant):
			out.Missing = append(out.Missing, ref.ID)
			continue
		case err != nil:
			return nil, a.problem(err)
		}
		text, err := json.Marshal(described(&found))
		if err != nil {
			return nil, a.problem(err)
		}
		out.Alerts = append(out.Alerts, text)
	}
	return &evidenceAnswer{out}, nil
}

// An Exception is one that hides matches of a rule until a time.
type Exception struct {
	Name    string    `json:"name" doc:"file and line"`
	Rule    string    `json:"rule" doc:"id, or * for all"`
	When    string    `json:"when" doc:"its condition"`
	Reason  string    `json:"reason"`
	Owner   string    `json:"owner"`
	Expires time.Time `json:"expires" doc:"alerts of an event time from here on are not hidden"`
	Expired bool      `json:"expired" doc:"it has expired by the clock"`
	Hidden  int64     `json:"hidden" doc:"matches that it hid since the rules were read"`
}

// A Source is what became of the records of one input since the daemon started.
type Source struct {
	Name       string           `json:"name"`
	Alerts     int64            `json:"alerts"`
	Duplicates int64            `json:"duplicates"`
	Rejected   int64            `json:"rejected"`
	Reasons    map[string]int64 `json:"reasons" doc:"rejected records by reason"`
	Late       int64            `json:"late" doc:"matches beyond lateness, which were not correlated; of before the start too, as the engine was saved"`
	Rate       float64          `json:"rate" doc:"records a second, over the last minute"`
	Received   time.Time        `json:"received,omitzero" doc:"when its latest alert was received; absent before the first one since the start"`
	Delay      float64          `json:"delay_s" doc:"mean seconds from an alert's own time to its receipt, since the start"`
	Habit      float64          `json:"habit_s" doc:"the second-longest pause of the source in four weeks, seconds; 0 while too little is known"`
	Silent     time.Time        `json:"silent_since,omitzero" doc:"when it was last heard of, while it is silent against its habit or limit; else absent"`
}

type exceptionsAnswer struct {
	Body struct {
		Items []Exception `json:"items"`
	}
}

type sourcesAnswer struct {
	Body struct {
		Items []Source `json:"items"`
	}
}

// inputs registers what can be asked of sources and exceptions, which are no tenant's.
func (a *routes) inputs() {
	huma.Register(a.api, operation("list-exceptions", http.MethodGet, "/exceptions", viewer, "List the exceptions in force, and those that have expired"),
		func(context.Context, *struct{}) (*exceptionsAnswer, error) {
			out := &exceptionsAnswer{}
			out.Body.Items = append([]Exception{}, a.Exceptions()...)
			return out, nil
		})
	huma.Register(a.api, operation("list-sources", http.MethodGet, "/sources", viewer, "List the inputs of this daemon, and what became of their records"),
		func(ctx context.Context, _ *struct{}) (*sourcesAnswer, error) {
			out := &sourcesAnswer{}
			out.Body.Items = []Source{}
			if auth.From(ctx).Tenant == "" { // the counters are of all tenants together
				out.Body.Items = append(out.Body.Items, a.Sources()...)
			}
			return out, nil
		})
}
