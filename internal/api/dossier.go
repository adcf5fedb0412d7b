package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/dossier"
	"tocsin/register"
)

type paperInput struct {
	ID     string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Format string `query:"format" enum:"md,html" default:"md" doc:"Markdown, or HTML that prints well"`
}

type registerInput struct {
	From   time.Time `query:"from" doc:"begin of the period; 30 days before its end where left out"`
	To     time.Time `query:"to" doc:"end of the period, not in it; now where left out"`
	Format string    `query:"format" enum:"md,html,json" default:"md" doc:"Markdown, HTML that prints well, or the figures as JSON"`
}

// A paper is a report as a document of its own. Its policy lets it load nothing and run nothing.
type paper struct {
	ContentType string `header:"Content-Type"`
	Policy      string `header:"Content-Security-Policy"`
	Body        []byte
}

// newPaper is a document in one of the formats.
func newPaper(format string, text []byte) *paper {
	kind := map[string]string{dossier.Markdown: "text/markdown; charset=utf-8", dossier.HTML: "text/html; charset=utf-8", "json": "application/json"}[format]
	return &paper{ContentType: kind, Policy: dossier.Policy, Body: text}
}

// papers registers the reports of incidents and of the register.
func (a *routes) papers() {
	report := operation("get-incident-report", http.MethodGet, "/incidents/{id}/report", viewer, "Get the report of an incident, from its log", 404, 422, 503)
	huma.Register(a.api, written(report, "text/markdown", "text/html"), func(ctx context.Context, in *paperInput) (*paper, error) {
		return a.paper(ctx, in, a.Press.Incident)
	})
	aware := operation("get-incident-awareness", http.MethodGet, "/incidents/{id}/awareness", lead, "Get what happened without names (TLP:CLEAR), for people to learn from; read it before you give it away", 404, 409, 422, 503)
	huma.Register(a.api, shown(written(aware, "text/markdown", "text/html")), func(ctx context.Context, in *paperInput) (*paper, error) {
		if i, err := a.incident(ctx, in.ID); err == nil && i.Visibility == tocsin.Restricted {
			return nil, huma.Error409Conflict("the incident is restricted: what is for everybody to read is not made of it; make it visible to the team first")
		}
		return a.paper(ctx, in, a.Press.Awareness)
	})
	list := operation("get-register-report", http.MethodGet, "/register/report", viewer, "Get the register's report for a period", 422, 503)
	huma.Register(a.api, written(list, "text/markdown", "text/html", "application/json"), a.registerReport)
}

// written says that an operation answers with documents of these kinds.
func written(op huma.Operation, kinds ...string) huma.Operation {
	content := map[string]*huma.MediaType{}
	for _, kind := range kinds {
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
		if kind == "application/json" {
			content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "object"}}
		}
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "The report", Content: content}}
	return op
}

// writes one of the reports of an incident.
type writes func(w io.Writer, format string, f dossier.File, now time.Time) error

func (a *routes) paper(ctx context.Context, in *paperInput, write writes) (*paper, error) {
	i, err := a.incident(ctx, in.ID)
	if err != nil {
		return nil, a.problem(err)
	}
	f := dossier.File{Incident: i}
	if f.Log, err = a.Store.Entries(ctx, i.ID, 1); err == nil {
		f.Events, err = a.Store.Events(ctx, i.Events)
	}
	if err != nil {
		return nil, a.problem(err)
	}
	f.Intact = register.VerifyChain(f.Log)
	var out bytes.Buffer
	if err := write(&out, in.Format, f, a.Now()); err != nil {
		return nil, a.problem(err)
	}
	return newPaper(in.Format, out.Bytes()), nil
}

// whole lists all incidents: the register's report counts them, and names none that is restricted.
func (a *routes) whole() dossier.Lister {
	if a.Whole != nil {
		return a.Whole
	}
	return a.Store
}

func (a *routes) registerReport(ctx context.Context, in *registerInput) (*paper, error) {
	now := a.Now().UTC()
	p := dossier.Period{From: in.From, To: in.To, Tenant: auth.From(ctx).Tenant}
	if p.To.IsZero() {
		p.To = now
	}
	if p.From.IsZero() {
		p.From = p.To.AddDate(0, 0, -30)
	}
	if !p.From.Before(p.To) {
		return nil, huma.Error422UnprocessableEntity("the period ends before it begins", &huma.ErrorDetail{Message: "from must be before to", Location: "query.from"})
	}
	all, err := dossier.Gather(ctx, a.whole(), p)
	if err != nil {
		return nil, a.problem(err)
	}
	var out bytes.Buffer
	if err := a.Press.Register(&out, in.Format, p, all, now); err != nil {
		return nil, a.problem(err)
	}
	return newPaper(in.Format, out.Bytes()), nil
}
