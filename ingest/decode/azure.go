package decode

import "strings"

// azure reads the logs that Azure's diagnostic settings export: activity, sign-ins, directory audit.
func azure(d *dictionary) object {
	return product{
		prefix: "azure",
		signs:  "operationName time resourceId\noperationName category time tenantId\noperationName category resourceId properties.id",
		times:  "time properties.createdDateTime properties.activityDateTime",
		fixed:  "event.kind event\nevent.module azure\ncloud.provider azure",
		moves: `
			operationName event.action
			operationName.value event.action
			category event.provider
			correlationId event.id
			callerIpAddress source.ip
			properties.ipAddress source.ip
			properties.initiatedBy.user.ipAddress source.ip
			properties.userPrincipalName user.name
			properties.initiatedBy.user.userPrincipalName user.name
			properties.initiatedBy.app.displayName user.name
			identity.claims.name user.name
			identity user.full_name
			properties.userId user.id
			properties.initiatedBy.user.id user.id
			properties.userDisplayName user.full_name
			properties.userAgent user_agent.original
			properties.appDisplayName service.name
			properties.location.countryOrRegion source.geo.country_iso_code
			properties.targetResources.userPrincipalName user.target.name first
			properties.deviceDetail.displayName host.name
			location cloud.region
			tenantId cloud.account.id
			resultDescription message`,
		words: "resultType event.outcome 0|success|succeeded|start|accept|accepted=success active=unknown *=failure\nproperties.result event.outcome success=success failure=failure\n" +
			"category event.category signinlogs|noninteractiveusersigninlogs|serviceprincipalsigninlogs|managedidentitysigninlogs=authentication usermanagement|rolemanagement|groupmanagement=iam auditlogs=iam *=configuration\n" +
			"category event.type signinlogs|noninteractiveusersigninlogs|serviceprincipalsigninlogs|managedidentitysigninlogs=start",
		then: func(d *dictionary) func(*doc, *output) {
			action, types := d.name("event.action"), d.name("event.type")
			return func(_ *doc, o *output) { o.put(types, changeKind(strings.ToLower(o.text(action)))) }
		},
	}.object(d)
}

// office reads the unified audit log of Microsoft 365.
func office(d *dictionary) object {
	return product{
		prefix: "o365.audit",
		signs:  "Workload Operation CreationTime\nRecordType Operation UserType",
		times:  "CreationTime",
		own:    "Id",
		fixed:  "event.kind event\nevent.module o365\nevent.dataset o365.audit\ncloud.provider azure",
		moves: `
			Id event.id
			Operation event.action
			Workload event.provider
			UserId user.name
			UserKey user.id
			ClientIP source.ip
			ClientIPAddress source.ip
			ActorIpAddress source.ip
			UserAgent user_agent.original
			ObjectId file.path
			SourceFileName file.name
			OrganizationId organization.id`,
		words: "ResultStatus event.outcome succeeded|success|true|partiallysucceeded=success failed|fail|false|failure=failure\n" +
			"Operation event.outcome userloggedin=success userloginfailed=failure\nOperation event.category userloggedin|userloginfailed=authentication",
		then: func(d *dictionary) func(*doc, *output) {
			action, category, types := d.name("event.action"), d.name("event.category"), d.name("event.type")
			return func(_ *doc, o *output) {
				c, t := accountKind(o.text(action))
				o.keep(category, listOf(c))
				o.keep(types, listOf(t))
			}
		},
	}.object(d)
}
