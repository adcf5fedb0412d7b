package http

import (
	"fmt"
	"maps"
	nethttp "net/http"
	"net/url"
	"slices"
	"strings"

	"tocsin/internal/fault"
)

// unknown refuses a query that has another parameter than those known, or that cannot be read: who mistypes the source would
// send in the name of another one.
func unknown(r *nethttp.Request, known ...string) *refusal {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &refusal{code: nethttp.StatusBadRequest, reason: "parameter", detail: fmt.Sprintf("the query cannot be read: %.100v", err)}
	}
	const told = 5
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains(known, name) && len(wrong) < told {
			wrong = append(wrong, fmt.Sprintf("this operation has no parameter %.60q: %s", name, fault.DidYouMean(name, known)))
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &refusal{code: nethttp.StatusBadRequest, reason: "parameter", detail: strings.Join(wrong, "; ")}
}
