package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tocsin/register"
)

type regimesAnswer struct {
	Body []register.Regime
}

// regimes registers what can be asked of regulatory regimes.
func (a *routes) regimes() {
	huma.Register(a.api, operation("get-regimes", http.MethodGet, "/regimes", viewer, "List the regulatory regimes whose clocks can be started", 503),
		func(context.Context, *struct{}) (*regimesAnswer, error) {
			out := &regimesAnswer{[]register.Regime{}}
			if a.Regimes != nil {
				out.Body = append(out.Body, a.Regimes()...)
			}
			return out, nil
		})
}
