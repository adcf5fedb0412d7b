package decode

import (
	"strings"

	"tocsin"
)

// officeRecords are what the numbers of Microsoft's record types stand for, as far as they tell sorts apart.
const officeRecords = `RecordType event.code 1=ExchangeAdmin 2=ExchangeItem 3=ExchangeItemGroup 4=SharePoint 6=SharePointFileOperation 8=AzureActiveDirectory 9=AzureActiveDirectoryAccountLogon ` +
	`11=ComplianceDLPSharePoint 13=ComplianceDLPExchange 14=SharePointSharingOperation 15=AzureActiveDirectoryStsLogon 18=SecurityComplianceCenterEOPCmdlet 20=PowerBIAudit 21=CRM 22=Yammer ` +
	`24=Discovery 25=MicrosoftTeams 28=ThreatIntelligence 29=MailSubmission 30=MicrosoftFlow 31=AeD 32=MicrosoftStream 35=Project 36=SharePointListOperation 38=DataGovernance 40=SecurityComplianceAlerts ` +
	`41=ThreatIntelligenceUrl 42=SecurityComplianceInsights 44=WorkplaceAnalytics 45=PowerAppsApp 47=ThreatIntelligenceAtpContent 50=ExchangeItemAggregated 52=DataInsightsRestApiAudit 54=SharePointListItemOperation ` +
	`55=SharePointContentTypeOperation 56=SharePointFieldOperation 64=AirInvestigation 65=Quarantine 66=MicrosoftForms 68=ComplianceSupervisionExchange 75=SecurityComplianceUserChange 78=Campaign 87=SafeDelivery`

// office reads the unified audit log of Microsoft 365.
func office(d *dictionary) object {
	return product{
		prefix: "o365.audit",
		signs:  "Workload Operation CreationTime\nRecordType Operation UserType",
		times:  "CreationTime",
		own:    "Id",
		fixed:  "event.module o365\nevent.dataset o365.audit\ncloud.provider azure\nobserver.vendor Microsoft",
		moves: `
			Id event.id
			Operation event.action
			Workload event.provider
			UserKey user.id
			ClientIP source.ip
			ClientIPAddress source.ip
			ActorIpAddress source.ip
			SenderIp source.ip
			UserAgent user_agent.original
			SourceFileName file.name
			Subject email.subject
			P2Sender email.from.address
			P1Sender email.from.address
			Recipients email.to.address
			PolicyId rule.id
			PolicyDetails.PolicyId rule.id
			PolicyDetails.PolicyName rule.name first
			PolicyDetails.Rules.RuleName rule.name first
			Item.Subject email.subject
			OrganizationName organization.name
			OrganizationId organization.id`,
		words: officeRecords + "\nRecordType event.kind 28|40|41|47|64|78=alert\nSeverity event.severity" + gravity + "\n" +
			"ResultStatus event.outcome succeeded|success|true|partiallysucceeded=success failed|fail|false|failure=failure\nOperation event.outcome userloginfailed=failure *=success\n" +
			"Operation event.category userloggedin|userloginfailed=authentication\nOperation event.type userloggedin|userloginfailed=start\n" +
			"RecordType event.category 2|3|50=email,web 6|14=file,web 28|41|47=email,web,intrusion_detection 40|64|78=intrusion_detection,web",
		before: officeLogin,
		then:   officeSort,
	}.object(d)
}

// officeLogin says first what ResultStatus does not: that a login failed, though the question of whether it did was answered
// with success.
func officeLogin(d *dictionary) func(*doc, *output) {
	operation, outcome, user, name := d.name("Operation"), d.name("event.outcome"), d.name("UserId"), d.name("user.name")
	return func(in *doc, o *output) {
		if strings.EqualFold(in.text(operation), "UserLoginFailed") {
			o.put(outcome, "failure")
		}
		o.put(name, strings.TrimPrefix(in.text(user), "urn:spo:guest#"))
	}
}

// officeSort sets what the operation and the object say.
func officeSort(d *dictionary) func(*doc, *output) {
	action, category, types, kind := d.name("event.action"), d.name("event.category"), d.name("event.type"), d.name("event.kind")
	object, rule, alert, message := d.name("ObjectId"), d.name("rule.name"), d.name("Name"), d.name("message")
	path, url := d.name("file.path"), d.name("url.original")
	return func(in *doc, o *output) {
		c, t := accountKind(o.text(action))
		if o.has(category) && !strings.HasPrefix(c, "authentication") {
			t = changeKind(strings.ToLower(o.text(action)))
		}
		if c == "configuration" || c == "iam" {
			c += ",web"
		}
		o.keep(category, listOf(c))
		o.keep(types, listOf(t))
		if at := in.text(object); strings.HasPrefix(at, "http://") || strings.HasPrefix(at, "https://") {
			o.put(url, at)
		}
		o.put(path, in.text(object))
		if o.text(kind) == "alert" {
			o.set(rule, in.value(alert))
			o.set(message, in.value(alert))
		}
		o.keep(kind, tocsin.StringValue("event"))
	}
}
