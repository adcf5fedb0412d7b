package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// whyNotQuery asks how a group key of a rule stands.
type whyNotQuery struct {
	ID     string   `path:"id" maxLength:"100" doc:"id of a rule in force"`
	Key    []string `query:"key,explode" maxItems:"8" doc:"field=value, one for each field of the rule's group_by"`
	Tenant string   `query:"tenant" maxLength:"100" doc:"default unless said; the token's own tenant where it has one"`
}

// maxKeyText bounds field=value: longer values of a key are cut by the rules too.
const maxKeyText = 2048

func (a *routes) standing() {
	op := operation("why-not", http.MethodGet, "/rules/{id}/why-not", viewer,
		"How a group key of a rule stands: what it has, what it lacks and until when", 404, 421, 422, 503)
	huma.Register(a.api, op, a.whyNot)
	op = operation("rule-quality", http.MethodGet, "/rules/quality", viewer, "How the events of each rule and version turned out", 422, 503)
	huma.Register(a.api, op, func(ctx context.Context, in *qualityQuery) (*qualityAnswer, error) {
		q, err := a.Quality(ctx, auth.From(ctx).Tenant, a.Now().AddDate(0, 0, -in.Days))
		return &qualityAnswer{q}, a.problem(err)
	})
}

type qualityQuery struct {
	Days int `query:"days" minimum:"1" maximum:"3650" default:"90" doc:"events detected in so many days"`
}

type qualityAnswer struct {
	Body register.Qualities
}

func (a *routes) whyNot(ctx context.Context, in *whyNotQuery) (*anyAnswer, error) {
	key := make(map[string]string, len(in.Key))
	for _, text := range in.Key {
		field, value, ok := strings.Cut(text, "=")
		if _, twice := key[field]; !ok || field == "" || twice || len(text) > maxKeyText {
			return nil, huma.Error422UnprocessableEntity("a key is written as field=value, each field once, in at most 2048 bytes",
				&huma.ErrorDetail{Message: "no field=value", Location: "query.key", Value: text[:min(len(text), 100)]})
		}
		key[field] = value
	}
	s, err := a.WhyNot(in.ID, cmp.Or(auth.From(ctx).Tenant, in.Tenant, "default"), key)
	switch {
	case errors.Is(err, tocsin.ErrKey):
		return nil, huma.Error422UnprocessableEntity(err.Error())
	case errors.Is(err, tocsin.ErrElsewhere):
		return nil, huma.NewError(http.StatusMisdirectedRequest, err.Error())
	case err != nil:
		return nil, a.problem(err)
	}
	text, err := json.Marshal(s)
	return &anyAnswer{text}, a.problem(err)
}

// Quality is how the events of one version of a rule turned out, and Qualities how those of all rules did.
type (
	Quality   = register.Quality
	Qualities = register.Qualities
)
