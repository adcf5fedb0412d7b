package http

import (
	"errors"
	nethttp "net/http"
	"strings"
)

// keyOf is the key that a request shows: as a bearer token, as Splunk's senders do, as the password of basic
// authentication, which is all that some webhooks can be told, or as X-Api-Key.
func keyOf(r *nethttp.Request) string {
	header := r.Header.Get("Authorization")
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	if kind, key, ok := strings.Cut(header, " "); ok && (strings.EqualFold(kind, "Bearer") || strings.EqualFold(kind, "Splunk")) {
		return strings.TrimSpace(key)
	}
	if header == "" {
		return r.Header.Get("X-Api-Key")
	}
	return ""
}

// sender finds the source of a request: the one whose key it shows, else the one that it names and may send to.
func (h *Handler) sender(r *nethttp.Request) (Source, *refusal) {
	if key := keyOf(r); key != "" && h.opts.Keyed != nil {
		if source, ok := h.opts.Keyed(key); ok {
			if name := r.URL.Query().Get("source"); name != "" && name != source.Name {
				return Source{}, &refusal{code: nethttp.StatusForbidden, reason: "forbidden", detail: "the key is of another source than the one named"}
			}
			return source, nil
		}
	}
	if h.opts.Authorize != nil {
		if err := h.opts.Authorize(r); errors.Is(err, ErrForbidden) {
			return Source{}, &refusal{code: nethttp.StatusForbidden, reason: "forbidden", detail: err.Error()}
		} else if err != nil {
			return Source{}, &refusal{code: nethttp.StatusUnauthorized, reason: "unauthorized", detail: "a token is needed that may send alerts, or the key of a source"}
		}
	}
	return h.source(r)
}
