package main

import "regexp"

// A view is a page, and what of it is asked for. {id} is an incident, {event}, {alert} and {exhibit} are those of one.
type view struct {
	name, path string
	next       bool // the page behind it is asked for, by its own link
}

// views are all pages that can be looked at, and of the queue each filter, order and place.
func views() []view {
	all := []view{
		{name: "the queue, first page", path: "/"},
		{name: "the queue: its second page", path: "/?status=open", next: true},
		{name: "the queue: all, its second page", path: "/?status=", next: true},
	}
	for _, q := range []string{
		"status=", "status=open", "status=closed", "status=acknowledged", "status=proposed", "priority=P2", "status=closed&priority=P3", "entity=user17", "entity=nobody", "category=fraud",
		"category=fraud%2Fbrute-force", "platform=linux", "team=soc", "assignee=ann", "status=open&whose=nobody", "late=yes", "status=open&late=yes&sort=due", "rule=rule-07",
		"title=passwords", "title=passwords+guessed+accounts", "title=guessed&status=open", "title=guessed&sort=due", "title=p", "title=nothing", "sort=due", "sort=opened", "sort=updated",
		"team=soc&title=passwords&priority=P4&platform=cloud&sort=opened",
	} {
		all = append(all, view{name: "the queue: " + q, path: "/?" + q})
	}
	return append(all,
		view{name: "an incident", path: "/incidents/{id}"},
		view{name: "an incident, what people did", path: "/incidents/{id}?log=people"},
		view{name: "an incident, with its report", path: "/incidents/{id}?preview=1"},
		view{name: "a report", path: "/incidents/{id}/report"},
		view{name: "a report as Markdown", path: "/incidents/{id}/report?format=markdown"},
		view{name: "a copy of an alert", path: "/incidents/{id}/evidence/{exhibit}"},
		view{name: "its record", path: "/incidents/{id}/evidence/{exhibit}/record"},
		view{name: "an event", path: "/events/{event}"},
		view{name: "an alert", path: "/alerts/{alert}"},
		view{name: "its record", path: "/alerts/{alert}/record"},
		view{name: "an entity", path: "/entities?value=user17"},
		view{name: "an entity that nobody knows", path: "/entities?value=nobody"},
		view{name: "trends, as they open", path: "/trends"},
		view{name: "trends: time to resolve by priority", path: "/trends?metric=resolve&by=priority"},
		view{name: "trends: incidents by category and week", path: "/trends?metric=incidents&by=category&interval=week"},
		view{name: "trends: where the time goes", path: "/trends?metric=stages"},
		view{name: "rules", path: "/rules"},
		view{name: "a rule", path: "/rules/rule-01"},
		view{name: "what to draft", path: "/rules/rule-01/draft?kind=shadow"},
		view{name: "a draft of an incident", path: "/rules/rule-01/draft?kind=exception&incident={id}"},
		view{name: "dead letters", path: "/dead-letters"},
		view{name: "dead letters of a reason", path: "/dead-letters?reason=json&source=edge"},
		view{name: "health", path: "/health"},
		view{name: "the form of a report", path: "/report"},
		view{name: "signing in", path: "/login"},
		view{name: "no page", path: "/nowhere"},
	)
}

// nextPage is the link to the page behind one.
var nextPage = regexp.MustCompile(`<a href="([^"]+)">Next page</a>`)
