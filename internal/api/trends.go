package api

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/measure"
)

// A trendsQuery asks for a metric over time. Its filters are read from the address as they stand there: an empty one
// asks for incidents that have no such word.
type trendsQuery struct {
	Metric   string `query:"metric" required:"true" maxLength:"40" doc:"one of those that /trends/metrics lists"`
	By       string `query:"by" maxLength:"40" doc:"tells them apart by priority, platform, category, team, rule, root_cause, disposition, status, counted_as, tenant, or how a target stands: target_acknowledge, …"`
	Cohort   string `query:"cohort" enum:"detected,declared,resolved" default:"declared" doc:"the mark that puts an incident into an interval"`
	Interval string `query:"interval" enum:"day,week,month" default:"month" doc:"of the clock on the wall of the zone; weeks begin on Monday"`
	Zone     string `query:"zone" maxLength:"60" doc:"of the IANA database, UTC unless said"`
	From     string `query:"from" maxLength:"40" doc:"a time, or a day of the zone; a year before to unless said"`
	To       string `query:"to" maxLength:"40" doc:"the same, exclusive; now unless said"`

	Tenant      []string `query:"tenant,explode" maxItems:"100"`
	Priority    []string `query:"priority,explode" maxItems:"100" doc:"any of these; empty: without one. So for all that follow"`
	Platform    []string `query:"platform,explode" maxItems:"100"`
	Category    []string `query:"category,explode" maxItems:"100" doc:"classes"`
	Team        []string `query:"team,explode" maxItems:"100" doc:"the first team that was put on it"`
	Rule        []string `query:"rule,explode" maxItems:"100" doc:"of the founding event"`
	RootCause   []string `query:"root_cause,explode" maxItems:"100"`
	Disposition []string `query:"disposition,explode" maxItems:"100"`
	Status      []string `query:"status,explode" maxItems:"100"`
	CountedAs   []string `query:"counted_as,explode" maxItems:"10" doc:"incident, false_positive, test, duplicate, merged, rejected, proposed; incident unless said"`

	values url.Values
}

// Resolve implements [huma.Resolver]: huma takes a parameter that is there and empty for one that is not.
func (q *trendsQuery) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	q.values = u.Query()
	for _, name := range []string{"cohort", "interval"} {
		if q.values.Has(name) && q.values.Get(name) == "" {
			return []error{&huma.ErrorDetail{Message: "expected a word", Location: "query." + name, Value: ""}}
		}
	}
	return nil
}

type trendAnswer struct {
	Body measure.Trend
}

type metricsAnswer struct {
	Body []measure.Metric
}

type csvAnswer struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *routes) trends() {
	huma.Register(a.api, operation("get-trend", http.MethodGet, "/trends", viewer, "A metric over time", 422, 503),
		func(ctx context.Context, in *trendsQuery) (*trendAnswer, error) {
			t, err := a.trend(ctx, in)
			return &trendAnswer{t}, err
		})
	op := operation("get-trend-table", http.MethodGet, "/trends.csv", viewer, "The same as a table (RFC 4180)", 422, 503)
	op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: "string"}}}}}
	huma.Register(a.api, op, func(ctx context.Context, in *trendsQuery) (*csvAnswer, error) {
		t, err := a.trend(ctx, in)
		if err != nil {
			return nil, err
		}
		var out bytes.Buffer
		err = measure.WriteCSV(&out, t)
		return &csvAnswer{"text/csv; charset=utf-8; header=present", `attachment; filename="` + t.Name + `.csv"`, out.Bytes()}, a.problem(err)
	})
	huma.Register(a.api, operation("list-metrics", http.MethodGet, "/trends/metrics", viewer, "What can be asked for, with its definition"),
		func(context.Context, *struct{}) (*metricsAnswer, error) {
			return &metricsAnswer{measure.Metrics()}, nil
		})
}

// trend answers a question. What is wrong with it is told whole.
func (a *routes) trend(ctx context.Context, in *trendsQuery) (measure.Trend, error) {
	q, err := measure.Ask(in.values, a.Now())
	if err == nil {
		q.Tenant = auth.From(ctx).Tenant
		var t measure.Trend
		if t, err = measure.Trends(ctx, a.Measures, q); err == nil {
			return t, nil
		}
	}
	if errors.Is(err, tocsin.ErrQuery) {
		return measure.Trend{}, huma.Error422UnprocessableEntity(strings.ReplaceAll(err.Error(), ": "+tocsin.ErrQuery.Error(), ""))
	}
	return measure.Trend{}, a.problem(err)
}
