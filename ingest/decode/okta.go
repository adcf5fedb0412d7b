package decode

import "strings"

// okta reads Okta's system log.
func okta(d *dictionary) object {
	return product{
		prefix: "okta",
		signs:  "eventType actor.alternateId published\neventType legacyEventType\neventtype actor.alternateId published",
		times:  "published",
		own:    "uuid",
		fixed:  "event.kind event\nevent.module okta\nevent.dataset okta.system\nobserver.vendor Okta",
		moves: `
			uuid event.id
			eventType event.action
			eventtype event.action
			displayMessage message
			displaymessage message
			outcome.reason event.reason
			actor.alternateId user.name
			actor.displayName user.full_name
			actor.id user.id
			target.alternateId user.target.name first
			client.ipAddress source.ip
			client.userAgent.rawUserAgent user_agent.original
			client.geographicalContext.country source.geo.country_name
			client.geographicalContext.city source.geo.city_name
			securityContext.domain source.domain
			securityContext.asNumber source.as.number
			debugContext.debugData.requestUri url.path`,
		words: "outcome.result event.outcome success|allow=success failure|deny=failure *=unknown\nseverity event.severity debug|info=1 warn=47 error=73",
		then: func(d *dictionary) func(*doc, *output) {
			action, category, types := d.name("event.action"), d.name("event.category"), d.name("event.type")
			return func(_ *doc, o *output) {
				c, t := accountKind(o.text(action))
				switch a := o.text(action); {
				case strings.HasPrefix(a, "policy.evaluate"), strings.HasPrefix(a, "system.push."), strings.HasPrefix(a, "system.sms."), strings.HasPrefix(a, "system.voice."), strings.HasPrefix(a, "system.email."):
					c, t = "authentication", "info"
				case strings.HasPrefix(a, "user.session."):
					c = "authentication,session"
				case strings.HasPrefix(a, "security.threat."), strings.HasPrefix(a, "security.attack."):
					c, t = "intrusion_detection,authentication", "info"
				}
				o.keep(category, listOf(c))
				o.keep(types, listOf(t))
			}
		},
	}.object(d)
}
