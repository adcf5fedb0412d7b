package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A resend is a form that was not carried out and can be sent again as it was: nobody has to write it twice.
type resend struct {
	To     string
	Fields []named
}

// resendOf is the form of a request; nil where there is none, or where it was one to sign in by.
func resendOf(r *http.Request) *resend {
	if r.Method != http.MethodPost || strings.HasPrefix(r.URL.Path, "/login") || r.ParseForm() != nil {
		return nil
	}
	again := &resend{To: r.URL.RequestURI()}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		for _, value := range r.PostForm[name] {
			again.Fields = append(again.Fields, named{name, value})
		}
	}
	return again
}
