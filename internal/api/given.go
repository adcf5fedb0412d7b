package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// given refuses a parameter that is there and empty where it cannot be: huma takes it for one that is not there, and
// who asks for alerts until nothing would get all of them.
func (a *routes) given(ctx huma.Context, next func(huma.Context)) {
	u := ctx.URL()
	q := u.Query()
	var wrong []error
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
