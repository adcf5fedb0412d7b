package decode

import (
	"strings"

	"tocsin"
)

// azure reads the logs that Azure's diagnostic settings export: activity, sign-ins, directory audit.
func azure(d *dictionary) object {
	return product{
		prefix: "azure",
		signs:  "operationName time resourceId\noperationName timeStamp resourceId\noperationName category time tenantId\noperationName category resourceId properties.id",
		times:  "time timeStamp properties.createdDateTime properties.activityDateTime",
		fixed:  "event.kind event\nevent.module azure\ncloud.provider azure\nobserver.vendor Microsoft",
		moves: `
			properties.Action event.action lower
			properties.action event.action
			operationName event.action
			operationName.value event.action
			category event.provider
			correlationId event.id
			callerIpAddress source.ip
			properties.ipAddress source.ip
			properties.clientIp source.ip
			properties.clientIP source.ip
			properties.ClientIP source.ip
			properties.socketIp source.ip
			properties.clientIPAddress source.ip
			properties.SourceIp source.ip
			properties.SourceIP source.ip
			properties.sourceIp source.ip
			properties.clientPort source.port
			properties.SourcePort source.port
			properties.DestinationIp destination.ip
			properties.DestinationIP destination.ip
			properties.destinationIp destination.ip
			properties.serverRouted destination.ip
			properties.DestinationPort destination.port
			properties.Protocol network.transport transport
			properties.Fqdn url.domain
			properties.QueryName dns.question.name
			properties.requestUri url.original
			properties.requestURI url.original
			properties.RequestUri url.original
			properties.TargetUrl url.original
			uri url.original
			properties.httpMethod http.request.method
			properties.requestMethod http.request.method
			properties.httpStatusCode http.response.status_code
			properties.httpStatus http.response.status_code
			properties.ruleName rule.name
			properties.Rule rule.name
			properties.ruleId rule.id
			properties.Actor.UPN user.name
			identity.claim.upn user.name
			identity.claim.unique_name user.name
			identity.claim.oid user.id
			identity.UserName user.name
			properties.UserName user.name
			properties.UPN user.name
			properties.UserEmail user.email
			properties.DeviceHostName host.name
			properties.DeviceName host.name
			properties.initiatedBy.user.ipAddress source.ip
			properties.userPrincipalName user.name
			properties.initiatedBy.user.userPrincipalName user.name
			properties.initiatedBy.app.displayName user.name
			identity.claims.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn user.name
			identity.claims.http://schemas.microsoft.com/identity/claims/objectidentifier user.id
			identity.claims.name user.full_name
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
			"category event.category signinlogs|noninteractiveusersigninlogs|serviceprincipalsigninlogs|managedidentitysigninlogs|adfssigninlogs=authentication usermanagement|rolemanagement|groupmanagement=iam auditlogs=iam auditevent=database " +
			"azurefirewallnetworkrule|azurefirewallapplicationrule|azurefirewalldnsproxy|azfwnetworkrule|azfwapplicationrule|azfwnatrule|azfwdnsquery|azfwthreatintel|networksecuritygroupflowevent|networksecuritygrouprulecounter=network " +
			"frontdooraccesslog|frontdoorwebapplicationfirewalllog|frontdoorhealthprobelog|applicationgatewayaccesslog|applicationgatewayfirewalllog|appservicehttplogs|frontdooraccesslogs=web,network " +
			"azfwidpssignature|azfwidpssignaturedetection=network,intrusion_detection storageread|storagewrite|storagedelete=file microsoftgraphactivitylogs=iam,web mysqlauditlogs|postgresqllogs|sqlsecurityauditevents=database userriskevents|riskyusers=iam *=configuration\n" +
			"category event.type signinlogs|noninteractiveusersigninlogs|serviceprincipalsigninlogs|managedidentitysigninlogs|adfssigninlogs=start auditevent=access frontdooraccesslog|applicationgatewayaccesslog|appservicehttplogs|microsoftgraphactivitylogs=access storageread=access storagewrite=change storagedelete=deletion" +
			"\ncategory event.kind azfwidpssignature|azfwthreatintel|alert|security|userriskevents=alert\nproperties.ActivityResultStatus event.outcome 1=success",
		then: azureEnds,
	}.object(d)
}

// azureEnds sets the ports that stand behind addresses, and the type where the category tells none.
func azureEnds(d *dictionary) func(*doc, *output) {
	action, types := d.name("event.action"), d.name("event.type")
	at := d.names("callerIpAddress", "properties.serverRouted")
	ports := d.names("source.port", "destination.port")
	return func(in *doc, o *output) {
		o.put(types, changeKind(strings.ToLower(o.text(action))))
		for i, n := range at {
			text := in.text(n)
			if withoutPort(text) == text {
				continue
			}
			if n, ok := digits(text[strings.LastIndexByte(text, ':')+1:], 1, 5); ok {
				o.keep(ports[i], tocsin.IntValue(int64(n)))
			}
		}
	}
}
