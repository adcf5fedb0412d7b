package app

import (
	"encoding/json"
	"net/http"
	"strings"
)

// ownPages lets no page of another site change anything by the browser of whoever looks at it.
func ownPages() *http.CrossOriginProtection {
	p := http.NewCrossOriginProtection()
	p.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse(w, r, http.StatusForbidden, "this comes from a page of another site, as its Origin or Sec-Fetch-Site says")
	}))
	return p
}

// refuse turns down what reaches no route: by problem details (RFC 9457) where the API was asked, in a line of text else.
func refuse(w http.ResponseWriter, r *http.Request, code int, why string) {
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		http.Error(w, why, code)
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{http.StatusText(code), code, why})
}
