package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type rulesAnswer struct {
	Body Rules
}

func (a *routes) system() {
	huma.Register(a.api, operation("list-rules", http.MethodGet, "/rules", viewer, "List the rules in force and how they do"),
		func(context.Context, *struct{}) (*rulesAnswer, error) { return &rulesAnswer{a.Rules()}, nil })
	huma.Register(a.api, operation("get-health", http.MethodGet, "/health", viewer, "How the daemon does"),
		func(context.Context, *struct{}) (*anyAnswer, error) {
			text, err := json.Marshal(a.Health())
			return &anyAnswer{text}, err
		})
}
