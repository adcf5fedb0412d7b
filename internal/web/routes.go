package web

import (
	"net/http"
	"slices"
	"strings"

	"tocsin/register"
)

// A Route is a page, and the least role that may see it or give its command.
type Route struct {
	Pattern string // as of [http.ServeMux]
	Role    string // "": anybody
	Does    string // of a command: its action
}

// A router keeps what it registers, so that nothing is registered without its role.
type router struct {
	*pages
	mux *http.ServeMux
	all []Route
}

// page registers what takes a role.
func (r *router) page(role, pattern string, serve page) {
	r.all = append(r.all, Route{Pattern: pattern, Role: role})
	r.mux.HandleFunc(pattern, r.needs(role, serve))
}

// open registers what anybody may see, or what decides for itself.
func (r *router) open(pattern string, serve http.HandlerFunc) {
	r.all = append(r.all, Route{Pattern: pattern})
	r.mux.HandleFunc(pattern, serve)
}

// Routes are all pages, and one for each command that a page has a form for.
func Routes() []Route {
	r := &router{pages: &pages{views: &views{static: "/static/"}}, mux: http.NewServeMux()}
	r.routes(r)
	var all []Route
	for _, route := range r.all {
		if !strings.Contains(route.Pattern, "{action}") {
			all = append(all, route)
			continue
		}
		for _, f := range allForms() {
			role, _ := register.RoleFor(f.Action)
			all = append(all, Route{strings.ReplaceAll(route.Pattern, "{action}", string(f.Action)), role, string(f.Action)})
		}
	}
	return all
}

// enough reports whether a role is at least another; a role of no name is nobody's.
func enough(has, wants string) bool {
	roles := register.Roles()
	return slices.Contains(roles, wants) && slices.Index(roles, has) >= slices.Index(roles, wants)
}
