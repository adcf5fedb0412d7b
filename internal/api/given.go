package api

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"tocsin/internal/fault"
)

// given refuses a parameter that is none of the operation's, and one that is there and empty where it cannot be. huma
// passes over the one and takes the other for one that is not there: who mistyped a filter, or asks for alerts until
// nothing, would get all of them.
func (a *routes) given(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	q := u.Query()
	wrong := unknown(ctx.Operation(), q)
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" && q.Has(p.Name) && q.Get(p.Name) == "" && !mayBeEmpty(p.Schema) {
			wrong = append(wrong, &huma.ErrorDetail{Message: "expected a word, a number or a time: give one, or leave it out", Location: "query." + p.Name, Value: ""})
		}
	}
	if len(wrong) == 0 {
		next(ctx)
		return
	}
	if err := huma.WriteErr(a.api, ctx, http.StatusUnprocessableEntity, "validation failed", wrong...); err != nil {
		a.Log.Debug("answer was not written", "err", err)
	}
}

// unknown are the parameters of a query that the operation does not have, each with the nearest that it has.
func unknown(op *huma.Operation, q map[string][]string) (wrong []error) {
	var known []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			known = append(known, p.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if slices.Contains(known, name) {
			continue
		}
		said := "it takes none"
		if len(known) > 0 {
			said = fault.DidYouMean(name, known)
		}
		if said == "" {
			said = "/api/v1/openapi.json lists those it takes"
		}
		wrong = append(wrong, &huma.ErrorDetail{Message: fmt.Sprintf("this operation has no parameter %.60q: %s", name, said), Location: "query", Value: fmt.Sprintf("%.60s", name)})
	}
	return wrong
}

// mayBeEmpty reports whether a parameter is plain text.
func mayBeEmpty(s *huma.Schema) bool {
	if s == nil {
		return true
	}
	if s.Type == huma.TypeArray {
		return mayBeEmpty(s.Items)
	}
	return s.Type == huma.TypeString && s.Format == "" && len(s.Enum) == 0
}
