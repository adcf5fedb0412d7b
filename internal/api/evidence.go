package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/integrity"
	"tocsin/register"
)

// A Custodian does what can be done with the copies of alerts that an incident stands on. What is done is noted in the
// incident's custody before it is done.
type Custodian interface {
	List(ctx context.Context, i tocsin.Incident) ([]integrity.Listed, error)
	Original(ctx context.Context, i tocsin.Incident, id, reason string, by tocsin.Actor) (tocsin.Exhibit, error)
	Transfer(ctx context.Context, i tocsin.Incident, to, reason string, by tocsin.Actor) error
	Custody(ctx context.Context, i tocsin.Incident) ([]tocsin.LogEntry, error)
	Export(ctx context.Context, i tocsin.Incident, originals bool, reason string, by tocsin.Actor) (integrity.Export, error)
	Hold(ctx context.Context, cmd register.Command, on bool) (tocsin.Incident, error)
}

type exhibitInput struct {
	ID      string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Exhibit string `path:"exhibit" maxLength:"64"`
	Reason  string `query:"reason" maxLength:"500" doc:"why it is looked at: kept in the custody"`
}

type exportInput struct {
	ID        string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Originals bool   `query:"originals" doc:"with the original bytes of the evidence, and not the manifests alone"`
	Reason    string `query:"reason" maxLength:"500" doc:"what it is exported for: kept in the custody"`
}

type exhibitsAnswer struct {
	Body []integrity.Listed
}

type exhibitAnswer struct {
	Body tocsin.Exhibit
}

// exhibits registers what can be asked of evidence, and done with it.
func (a *routes) exhibits() {
	huma.Register(a.api, operation("list-exhibits", http.MethodGet, "/incidents/{id}/evidence", viewer, "List the copies of alerts that an incident stands on", 404, 422, 503),
		func(ctx context.Context, in *incidentID) (*exhibitsAnswer, error) {
			i, err := a.incident(ctx, in.ID)
			if err != nil {
				return nil, a.problem(err)
			}
			all, err := a.Custodian.List(ctx, i)
			return &exhibitsAnswer{append([]integrity.Listed{}, all...)}, a.problem(err)
		})
	huma.Register(a.api, shown(operation("get-exhibit", http.MethodGet, "/incidents/{id}/evidence/{exhibit}", analyst, "Get a copy with its original bytes: noted in the custody. 410 where they were disposed of", 404, 410, 422, 503)),
		func(ctx context.Context, in *exhibitInput) (*exhibitAnswer, error) {
			i, err := a.incident(ctx, in.ID)
			if err != nil {
				return nil, a.problem(err)
			}
			x, err := a.Custodian.Original(ctx, i, in.Exhibit, in.Reason, auth.From(ctx).Actor)
			return &exhibitAnswer{x}, a.problem(err)
		})
	huma.Register(a.api, operation("get-custody", http.MethodGet, "/incidents/{id}/custody", viewer, "Get what was done with an incident's evidence", 404, 422, 503),
		func(ctx context.Context, in *incidentID) (*logAnswer, error) {
			i, err := a.incident(ctx, in.ID)
			if err != nil {
				return nil, a.problem(err)
			}
			entries, err := a.Custodian.Custody(ctx, i)
			return &logAnswer{append([]tocsin.LogEntry{}, entries...)}, a.problem(err)
		})
	huma.Register(a.api, shown(operation("export-incident", http.MethodGet, "/incidents/{id}/export", analyst, "Export an incident with its log, evidence and proofs, for `tocsin verify`: noted in the custody", 404, 422, 503)),
		func(ctx context.Context, in *exportInput) (*anyAnswer, error) { return a.export(ctx, in) })
	for name, on := range map[string]bool{"legal-hold": true, "legal-release": false} {
		summary := map[bool]string{true: "Put what an incident refers to under legal hold", false: "Take the legal hold off an incident"}[on]
		huma.Register(a.api, operation(name+"-incident", http.MethodPost, "/incidents/{id}/"+name, lead, summary, 404, 409, 422, 503),
			func(ctx context.Context, in *eventCommandInput) (*incidentAnswer, error) { return a.hold(ctx, in, on) })
	}
	op := operation("transfer-evidence", http.MethodPost, "/incidents/{id}/transfer", lead, "Note that owner has the evidence now, and the reason", 404, 422, 503)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(a.api, op, a.transfer)
}

func (a *routes) hold(ctx context.Context, in *eventCommandInput, on bool) (*incidentAnswer, error) {
	id := auth.From(ctx)
	cmd := register.Command{ID: in.Key, Incident: in.ID, Tenant: id.Tenant, By: id.Actor, Reason: in.Body.Reason}
	if cmd.ID == "" {
		cmd.ID = tocsin.Hash("legal_hold", in.ID, id.Actor.ID, a.Now().UTC().String())
	}
	i, err := a.Custodian.Hold(ctx, cmd, on)
	if err != nil {
		return nil, a.problem(err)
	}
	return answer(i), nil
}

func (a *routes) transfer(ctx context.Context, in *eventCommandInput) (*empty, error) {
	i, err := a.incident(ctx, in.ID)
	if err != nil {
		return nil, a.problem(err)
	}
	if in.Body.Owner == "" || in.Body.Reason == "" {
		return nil, huma.Error422UnprocessableEntity("an owner and a reason are needed", &huma.ErrorDetail{Message: "who has the evidence now, and why", Location: "body"})
	}
	return nil, a.problem(a.Custodian.Transfer(ctx, i, in.Body.Owner, in.Body.Reason, auth.From(ctx).Actor))
}

func (a *routes) export(ctx context.Context, in *exportInput) (*anyAnswer, error) {
	i, err := a.incident(ctx, in.ID)
	if err != nil {
		return nil, a.problem(err)
	}
	e, err := a.Custodian.Export(ctx, i, in.Originals, in.Reason, auth.From(ctx).Actor)
	if err != nil {
		return nil, a.problem(err)
	}
	text, err := integrity.Encode(e)
	return &anyAnswer{text}, a.problem(err)
}
