package sinks

import (
	"context"
	"net/netip"
	"slices"

	"tocsin"
)

// A Searcher finds events and alerts by what they are about; it may lag behind by a second. EventsBy lists the newest
// detected first. AlertsBy lists the newest first, by event time or, where a store keeps alerts in the order of their
// storing, by that; next is "" behind the last one, and a page before it may hold fewer than asked for, even none,
// as a store looks at a bounded number of alerts for one page. All stores have it.
type Searcher interface {
	EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error)
	AlertsBy(ctx context.Context, q tocsin.AlertQuery) (alerts []tocsin.Alert, next string, err error)
}

// EntityWords are the fields, beside those of [EntityAddresses], whose values name something that alerts are searched by.
func EntityWords() []string {
	return []string{
		"host.name", "host.hostname", "host.id", "user.name", "user.id", "user.email", "user.target.name", "user.effective.name",
		"source.user.name", "destination.user.name", "client.user.name", "source.address", "destination.address", "client.address", "server.address",
		"source.domain", "destination.domain", "url.domain", "url.full", "dns.question.name", "tls.client.server_name",
		"process.name", "process.executable", "process.hash.sha256", "process.hash.sha1", "process.hash.md5",
		"file.name", "file.path", "file.hash.sha256", "file.hash.sha1", "file.hash.md5", "dll.hash.sha256", "service.name",
		"email.from.address", "email.to.address", "cloud.account.id", "cloud.instance.id", "container.id", "container.name", "observer.name", "agent.id",
		"vulnerability.id", "related.hosts", "related.user", "related.hash",
	}
}

// EntityAddresses are the fields that hold IP addresses.
func EntityAddresses() []string {
	return []string{
		"source.ip", "destination.ip", "client.ip", "server.ip", "host.ip", "source.nat.ip", "destination.nat.ip", "observer.ip", "related.ip",
		"dns.resolved_ip", "threat.indicator.ip",
	}
}

// What normalising and enrichment say of an alert, beside the fields of the Elastic Common Schema.
const (
	FieldSeverity = "tocsin.severity" // of 100
	FieldLists    = "tocsin.lists"    // that have a value of it
)

func reaches(v tocsin.Value, least int64) bool {
	n, ok := v.Int()
	return ok && n >= least
}

// holds reports whether a value, or one of a list, is a text.
func holds(v tocsin.Value, text string) bool {
	return slices.ContainsFunc(v.Items(), func(item tocsin.Value) bool { s, ok := item.Str(); return ok && s == text })
}

// SelectsAlert reports whether a query selects an alert.
func SelectsAlert(q *tocsin.AlertQuery, a *tocsin.Alert) bool {
	switch {
	case q.Tenant != "" && q.Tenant != a.Tenant, q.Source != "" && q.Source != a.Source,
		!q.Since.IsZero() && a.Time.Before(q.Since), !q.Until.IsZero() && !a.Time.Before(q.Until):
		return false
	case q.Severity > 0 && !reaches(a.Fields.Get(FieldSeverity), q.Severity), q.List != "" && !holds(a.Fields.Get(FieldLists), q.List):
		return false
	case q.Entity == "":
		return true
	}
	address, err := netip.ParseAddr(q.Entity)
	for _, l := range a.Fields.Leaves() {
		name := l.Name.Text()
		if q.Field != "" && q.Field != name {
			continue
		}
		isAddress := slices.Contains(EntityAddresses(), name)
		if !isAddress && !slices.Contains(EntityWords(), name) {
			continue
		}
		for _, v := range l.Value.Items() {
			text := v.Text()
			if text == q.Entity {
				return true
			}
			if other, bad := netip.ParseAddr(text); isAddress && err == nil && bad == nil && other == address {
				return true
			}
		}
	}
	return false
}
