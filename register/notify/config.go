package notify

import (
	"slices"
	"time"

	"tocsin"
)

// A Config is who is told of what: receivers, routes to them, and windows in which nothing is sent.
type Config struct {
	Receivers []ReceiverConfig // in the order of their names
	Routes    []Route          // in the file's order
	Windows   []Window
	Page      string // address of the page that notices link to; "" is none
	Title     string // template of a notice's title; "": the shipped one
	Text      string // template of its text
	// Keep is how long notices are kept that were sent, or never will be; 0: 90 days.
	Keep time.Duration
}

// A ReceiverConfig is one place that notices are sent to. Which members count depends on its kind.
type ReceiverConfig struct {
	Name string
	Kind string // webhook, slack, teams, smtp or kafka

	URL      string   // webhook, slack, teams; often a secret
	Secret   string   // webhook: the key of its signature; "" sends none
	Allow    []string // addresses and networks that are allowed although they are not public
	Insecure bool     // plain text off loopback
	CAFile   string   // PEM; "": the system's

	Server   string // smtp: host:port
	TLS      string // smtp: starttls (default), tls or none
	From     string
	To       []string
	User     string
	Password string

	Topic string // kafka
}

// A Route says which log entries are told to which receivers. Of the conditions each that is not empty must hold.
type Route struct {
	Name       string        `json:"name"`
	To         []string      `json:"to"`
	Actions    []string      `json:"actions"`
	Priorities []string      `json:"priority,omitempty"`
	Categories []string      `json:"category,omitempty"` // class or class/type
	Platforms  []string      `json:"platform,omitempty"`
	Teams      []string      `json:"team,omitempty"`
	Tenants    []string      `json:"tenant,omitempty"`
	Restricted bool          `json:"restricted,omitempty"` // it tells of restricted incidents too
	Tell       []string      `json:"tell,omitempty"`       // of an escalation: who is to be told
	Repeat     time.Duration `json:"repeat,omitempty"`
	Dedup      time.Duration `json:"dedup,omitempty"`
}

// defaultActions are what a route tells that names none.
func defaultActions() []string {
	return []string{
		"promote", "create", "split_off", "declare", "reject", "acknowledge", "contain", "eradicate", "recover", "resolve", "close", "reopen", "merge",
		"assign", "hand_over", "hold", "release", "crisis", "return", "timer", "clock_start", "clock_submit", "clock_waive", "propose",
	}
}

// actions are all that a log has.
func actions() []string {
	return append(defaultActions(), "attach", "revise", "late_evidence", "absorb", "comment", "set", "decline", "confirm", "relate", "recur", "follow_up", "review",
		"escalate", "team", "split", "visibility")
}

// Matches reports whether the route tells of an entry of an incident.
func (r Route) Matches(i *tocsin.Incident, e *tocsin.LogEntry, tell []string) bool {
	within := func(list []string, values ...string) bool {
		return len(list) == 0 || slices.ContainsFunc(values, func(v string) bool { return slices.Contains(list, v) })
	}
	class := i.Category
	for n := range class {
		if class[n] == '/' {
			class = class[:n]
			break
		}
	}
	teams := []string{}
	for _, t := range i.Teams {
		teams = append(teams, t.Name)
	}
	return slices.Contains(r.Actions, string(e.Action)) && r.may(i) && within(r.Priorities, i.Priority) && within(r.Categories, i.Category, class) &&
		within(r.Platforms, i.Platform) && within(r.Tenants, i.Tenant) && within(r.Teams, teams...) && (len(r.Tell) == 0 || within(r.Tell, tell...))
}

// may reports whether the route may tell of an incident at all: of a restricted one only if it says so.
func (r Route) may(i *tocsin.Incident) bool { return r.Restricted || i.Visibility != tocsin.Restricted }

// opening are the actions after which somebody is to take an incident up: their notices are repeated until one does.
func opening(a tocsin.Action) bool {
	return a.Founds() || a == tocsin.ActDeclare
}

// taken reports whether an incident that was opened into a status has been taken up since, or is over.
func taken(i *tocsin.Incident, into tocsin.Status) bool {
	return i.Status != into || into != tocsin.Proposed && into != tocsin.Declared
}

// route finds one by its name.
func (c *Config) route(name string) (Route, bool) {
	n := slices.IndexFunc(c.Routes, func(r Route) bool { return r.Name == name })
	if n < 0 {
		return Route{}, false
	}
	return c.Routes[n], true
}
