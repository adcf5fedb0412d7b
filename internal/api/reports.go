package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/reports"
)

// A ReportBody is what a person reports. All but what may be left out.
type ReportBody struct {
	What    string `json:"what" maxLength:"10000" doc:"what happened, in one's own words"`
	When    string `json:"when,omitempty" maxLength:"500" doc:"a time (RFC 3339, or a date), or words"`
	Where   string `json:"where,omitempty" maxLength:"500"`
	Kind    string `json:"kind,omitempty" maxLength:"50" doc:"message, lost_device, strange_behaviour, access, wrong_recipient, not_available, weakness or other"`
	Ongoing bool   `json:"ongoing,omitempty" doc:"it goes on now"`
	Name    string `json:"name,omitempty" maxLength:"500" doc:"of who reports it: kept apart, shown to a lead alone, and erasable"`
	Contact string `json:"contact,omitempty" maxLength:"500" doc:"how to reach them; kept as the name is"`
	Channel string `json:"channel,omitempty" maxLength:"20" doc:"how it came: form, phone, mail, chat, in_person, api (also where left out) or other"`
}

type reportInput struct {
	Key  string `header:"Idempotency-Key" maxLength:"200" doc:"the same report with the same key is taken once"`
	Body ReportBody
}

// A ReportReceipt is what who reports something gets: the reference by which it is asked about.
type ReportReceipt struct {
	Event    string `json:"event" doc:"the reference"`
	State    string `json:"state" doc:"received (it waits for its assessment), pending, promoted or not_incident"`
	Incident string `json:"incident,omitempty"`
}

type reportAnswer struct {
	Body ReportReceipt
}

type informantAnswer struct {
	Body tocsin.Informant
}

type eraseInput struct {
	ID   string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Body Body
}

// reports registers the intake of what people report, and the place of who reported it.
func (a *routes) reports() {
	op := operation("report", http.MethodPost, "/reports", viewer, "Report something that happened: no technical knowledge is needed", 422, 503)
	op.DefaultStatus = http.StatusCreated
	huma.Register(a.api, op, a.report)
	get := operation("get-informant", http.MethodGet, "/informants/{id}", lead, "Tell who reported something, by the token that the event has; audited", 404, 422, 503)
	huma.Register(a.api, shown(get), func(ctx context.Context, in *incidentID) (*informantAnswer, error) {
		i, err := a.informant(ctx, in.ID)
		return &informantAnswer{i}, a.problem(err)
	})
	erase := operation("erase-informant", http.MethodPost, "/informants/{id}/erase", lead, "Forget who reported something: the log keeps the token alone", 404, 409, 422, 503)
	huma.Register(a.api, erase, func(ctx context.Context, in *eraseInput) (*informantAnswer, error) {
		if _, err := a.informant(ctx, in.ID); err != nil {
			return nil, a.problem(err)
		}
		if in.Body.Reason == "" {
			return nil, huma.Error409Conflict("a reason is needed: say why it is erased, and who asked for it")
		}
		e := tocsin.Erasure{At: a.Now().UTC(), By: auth.From(ctx).Actor, Reason: in.Body.Reason}
		i, err := a.Reports.Vault.EraseInformant(ctx, in.ID, e)
		return &informantAnswer{i}, a.problem(err)
	})
}

func (a *routes) informant(ctx context.Context, token string) (tocsin.Informant, error) {
	i, err := a.Reports.Vault.Informant(ctx, token)
	if err == nil && hidden(ctx, i.Tenant) {
		err = tocsin.ErrNotFound
	}
	if err != nil {
		return tocsin.Informant{}, err
	}
	return i, nil
}

// report takes one. Whoever reads without a token on loopback reports only where that is open.
func (a *routes) report(ctx context.Context, in *reportInput) (*reportAnswer, error) {
	who := auth.From(ctx)
	if who.Actor == (tocsin.Actor{Kind: "person", ID: "local", Role: viewer}) && !a.OpenReports {
		return nil, huma.Error401Unauthorized("a token is needed: Authorization: Bearer …; without one reports are taken where reports.open is true")
	}
	key := in.Key
	if key != "" {
		key = who.Actor.ID + "\x00" + key
	}
	b := in.Body
	if b.Channel == "" {
		b.Channel = "api"
	}
	e, err := a.Reports.Take(ctx, who.Tenant, key, reports.Input(b))
	if f, ok := errors.AsType[*reports.Fault](err); ok {
		var details []error
		for _, text := range f.Faults {
			details = append(details, &huma.ErrorDetail{Message: text, Location: "body"})
		}
		return nil, huma.Error422UnprocessableEntity("the report cannot be taken", details...)
	}
	if err != nil {
		return nil, a.problem(err)
	}
	out := ReportReceipt{Event: e.ID, State: "received"}
	if v, err := a.Store.Verdict(ctx, e.ID); err == nil {
		out.State, out.Incident = string(v.Assessment.State), v.Incident
	}
	return &reportAnswer{out}, nil
}
