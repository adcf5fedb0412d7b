package web

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/auth"
)

// A filter is what the address of the queue asks for, as the API has it. The zero filter is all incidents, the most
// urgent first (ISO/IEC 27035-1, 4.3 d: not in the order of arrival).
type filter struct {
	Status   string // "", open, or a status
	Priority string
	Entity   string
	Category string
	Platform string
	Team     string
	Assignee string
	Whose    string // nobody, or ""
	Late     string // yes: a target was missed; or ""
	Title    string
	Rule     string
	Sort     string // one of sorts
	Cursor   string
}

// sorts are the orders of the queue; the first is taken where none is asked for.
var sorts = []struct{ name, text string }{{"priority", "priority"}, {"due", "time left"}, {"opened", "opened"}, {"updated", "updated"}}

// filterOf reads an address. One that asks for nothing at all is of what is open: that is the queue. All incidents are
// asked for by an empty status.
func filterOf(v url.Values) filter {
	f := filter{}
	if len(v) == 0 {
		f.Status = "open"
	}
	for name, into := range f.members() {
		if v.Has(name) {
			*into = strings.TrimSpace(v.Get(name))
		}
	}
	return f
}

// members are the parameters of the address.
func (f *filter) members() map[string]*string {
	return map[string]*string{
		"status": &f.Status, "priority": &f.Priority, "entity": &f.Entity, "category": &f.Category, "platform": &f.Platform,
		"team": &f.Team, "assignee": &f.Assignee, "whose": &f.Whose, "late": &f.Late, "title": &f.Title, "rule": &f.Rule, "sort": &f.Sort, "cursor": &f.Cursor,
	}
}

// Narrow reports whether more is asked for than all incidents, or all that are open.
func (f filter) Narrow() bool { return f.kind() != filter{} && f.kind() != filter{Status: "open"} }

// More reports whether something is asked for that the form has behind its fold.
func (f filter) More() bool {
	return f.Category != "" || f.Platform != "" || f.Team != "" || f.Assignee != "" || f.Rule != "" || f.Late != "" || f.Whose != ""
}

// kind is the filter without its order and place.
func (f filter) kind() filter { f.Sort, f.Cursor = "", ""; return f }

func (f filter) order() string { return cmp.Or(f.Sort, sorts[0].name) }

// URL is the address of the queue with this filter.
func (f filter) URL() string {
	q := url.Values{}
	for name, value := range f.members() {
		if *value != "" {
			q.Set(name, *value)
		}
	}
	if len(q) == 0 {
		return "/?status="
	}
	return "/?" + q.Encode()
}

func (f filter) by(sort string) filter { f.Sort, f.Cursor = sort, ""; return f }
func (f filter) at(cursor string) filter {
	f.Cursor = cursor
	return f
}

// incidentNumber tells whether a text is what somebody enters who looks for one incident: inc-2026-000042.
func incidentNumber(text string) (string, bool) {
	number := strings.ToUpper(strings.TrimSpace(text))
	digits, found := strings.CutPrefix(number, "INC-")
	year, n, two := strings.Cut(digits, "-")
	return number, found && two && strings.Trim(year, "0123456789") == "" && strings.Trim(n, "0123456789") == "" && n != ""
}

// query turns the filter into what the store is asked.
func (f filter) query(ctx context.Context) (tocsin.Query, error) {
	if number, ok := incidentNumber(f.Title); ok { // whatever else was chosen
		return tocsin.Query{Tenant: auth.From(ctx).Tenant, Number: number, Sort: f.order(), Limit: perPage, Cursor: f.Cursor}, nil
	}
	q := tocsin.Query{
		Tenant: auth.From(ctx).Tenant, Entity: f.Entity, Category: f.Category, Platform: f.Platform, Team: f.Team, Assignee: f.Assignee,
		Title: f.Title, Rule: f.Rule, Sort: f.order(), Limit: perPage, Cursor: f.Cursor,
	}
	switch {
	case f.Status == "":
	case f.Status == "open":
		q.Status = open()
	case slices.Contains(statuses(), f.Status):
		q.Status = []tocsin.Status{tocsin.Status(f.Status)}
	default:
		return q, &badRequest{"There is no status of that name."}
	}
	if f.Priority != "" {
		if !slices.Contains(priorities, f.Priority) {
			return q, &badRequest{"Priorities are P1 to P5."}
		}
		q.Priority = []string{f.Priority}
	}
	if !slices.Contains([]string{"", "nobody"}, f.Whose) || !slices.Contains([]string{"", "yes"}, f.Late) {
		return q, &badRequest{"whose is nobody, and late is yes."}
	}
	q.Unassigned = f.Whose != ""
	if f.Late != "" {
		q.Breached = new(true)
	}
	for _, s := range sorts {
		if s.name == q.Sort {
			return q, nil
		}
	}
	return q, &badRequest{"The list can be sorted by priority, due, opened or updated."}
}

var priorities = []string{"P1", "P2", "P3", "P4", "P5"}

func statuses() []string {
	var all []string
	for _, s := range append(tocsin.Stages(), tocsin.Rejected, tocsin.MergedIncident) {
		all = append(all, string(s))
	}
	return all
}

func open() []tocsin.Status {
	return slices.DeleteFunc(tocsin.Stages(), func(s tocsin.Status) bool { return !s.IsOpen() })
}
