package decode

import "strings"

// github reads the audit log of GitHub.
func github(d *dictionary) object {
	return product{
		prefix: "github.audit",
		signs:  "action actor org\naction actor _document_id\naction actor repo\naction actor business\naction actor actor_location.country_code",
		times:  "@timestamp created_at",
		own:    "_document_id",
		fixed:  "event.kind event\nevent.category configuration\nevent.module github\nevent.dataset github.audit\nobserver.vendor GitHub",
		moves: `
			_document_id event.id
			action event.action
			actor user.name
			actor_id user.id text
			user user.target.name
			actor_ip source.ip
			actor_location.country_code source.geo.country_iso_code
			user_agent user_agent.original
			org organization.name
			org_id organization.id text
			team group.name
			message message`,
		then: func(d *dictionary) func(*doc, *output) {
			action, types := d.name("event.action"), d.name("event.type")
			return func(_ *doc, o *output) {
				verb := o.text(action)
				o.put(types, changeKind(strings.ToLower(verb[strings.LastIndexByte(verb, '.')+1:])))
			}
		},
	}.object(d)
}
