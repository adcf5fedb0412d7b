package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
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

// What a key is written as, and how long one may be: longer values of a key are cut by the rules too.
const (
	maxKeyText = 2048
	keyPattern = "^[^=]+="
)

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

// Resolve implements [huma.Resolver]: huma takes a parameter that is there and empty for one that is not.
func (*qualityQuery) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	if q := u.Query(); q.Has("days") && q.Get("days") == "" {
		return []error{&huma.ErrorDetail{Message: "invalid integer", Location: "query.days", Value: ""}}
	}
	return nil
}

type qualityAnswer struct {
	Body register.Qualities
}

func (a *routes) whyNot(ctx context.Context, in *whyNotQuery) (*anyAnswer, error) {
	key := make(map[string]string, len(in.Key))
	for _, text := range in.Key {
		field, value, _ := strings.Cut(text, "=") // it is there: see describe
		if _, twice := key[field]; twice {
			return nil, huma.Error404NotFound("no key has two values of " + field)
		}
		key[field] = value
	}
	s, err := a.WhyNot(in.ID, cmp.Or(auth.From(ctx).Tenant, in.Tenant, "default"), key)
	switch {
	case errors.Is(err, tocsin.ErrKey):
		return nil, huma.Error404NotFound(err.Error())
	case errors.Is(err, tocsin.ErrNotFound):
		return nil, huma.Error404NotFound("no rule in force has the id " + strconv.Quote(in.ID))
	case errors.Is(err, tocsin.ErrElsewhere):
		return nil, huma.NewError(http.StatusMisdirectedRequest, err.Error())
	case errors.Is(err, tocsin.ErrStarting):
		return nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("the engine is starting, or takes the rule in: ask again in a second"), http.Header{"Retry-After": {"1"}})
	case err != nil:
		return nil, a.problem(err)
	}
	text, err := json.Marshal(s)
	return &anyAnswer{text}, a.problem(err)
}

// Quality is how the events of one version of a rule turned out.
type Quality = register.Quality

// Qualities are how those of all rules did.
type Qualities = register.Qualities

// describeKey says what the members of a key look like, and has huma check it: its tags speak of the list alone.
func describeKey(op *huma.Operation) {
	for _, p := range op.Parameters {
		if p.Name == "key" && p.In == "query" {
			items := p.Schema.Items
			items.Pattern, items.MaxLength = keyPattern, new(maxKeyText)
			items.PrecomputeMessages()
		}
	}
}
