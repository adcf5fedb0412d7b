package api

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// intake describes the one operation below /api/v1 that is served by package ingest/http: alerts are a stream of any
// format and any size, which no type of this package is.
func (a *routes) intake() {
	text := &huma.Schema{Type: huma.TypeString}
	op := &huma.Operation{
		OperationID: "send-alerts", Method: http.MethodPost, Path: "/api/v1/alerts", Summary: "Send alerts",
		Description: "The body is one JSON record a line, one JSON array or object, or, as text/plain, one record a line in any format that is known; gzip and zstd are read. " +
			"What is no record is kept as a dead letter and told in the answer.",
		Extensions: map[string]any{"x-role": viewer},
		Parameters: []*huma.Param{
			{Name: "source", In: "query", Description: "the source's name; the first one where it is left out", Schema: text},
			{Name: "Idempotency-Key", In: "header", Description: "records sent again under the same key are taken once", Schema: &huma.Schema{Type: huma.TypeString, MaxLength: new(200)}},
		},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			"application/x-ndjson": {Schema: text}, "application/json": {Schema: &huma.Schema{}}, "text/plain": {Schema: text},
		}},
		Responses: map[string]*huma.Response{},
	}
	answer := taken()
	op.Responses["202"] = &huma.Response{Description: http.StatusText(http.StatusAccepted), Content: map[string]*huma.MediaType{"application/json": {Schema: answer}}}
	for _, code := range []int{400, 401, 403, 408, 413, 415, 429, 503, 507} {
		no := taken()
		no.Required = []string{"title", "status", "reason", "detail"}
		for _, name := range []string{"title", "reason", "detail"} {
			no.Properties[name] = text
		}
		no.Properties["status"] = whole()
		op.Responses[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code), Content: map[string]*huma.MediaType{"application/problem+json": {Schema: no}}}
	}
	a.api.OpenAPI().AddOperation(op)
}

func whole() *huma.Schema { return &huma.Schema{Type: huma.TypeInteger} }

// taken is the schema of what became of the records of a request.
func taken() *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	return &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{
		"accepted": whole(), "duplicate": whole(), "rejected": whole(),
		"rejections": {Type: huma.TypeArray, Items: &huma.Schema{
			Type: huma.TypeObject, Required: []string{"ordinal", "reason", "detail"},
			Properties: map[string]*huma.Schema{"ordinal": whole(), "reason": text, "detail": text},
		}},
	}}
}
