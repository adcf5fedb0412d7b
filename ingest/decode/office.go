package decode

import (
	"strings"

	"tocsin"
)

// office reads the unified audit log of Microsoft 365.
func office(d *dictionary) object {
	return product{
		prefix: "o365.audit",
		signs:  "Workload Operation CreationTime\nRecordType Operation UserType\nRecordType CreationTime Id",
		inside: []string{"o365audit"},
		times:  "CreationTime",
		own:    "Id",
		fixed:  "event.module o365\nevent.dataset o365.audit\ncloud.provider azure\nobserver.vendor Microsoft",
		moves: `
			Id event.id
			Operation event.action
			Workload event.provider
			UserKey user.id
			SenderIp source.ip
			UserAgent user_agent.original
			SourceFileName file.name
			Subject email.subject
			P2Sender email.from.address
			P1Sender email.from.address
			Recipients email.to.address
			PolicyId rule.id
			PolicyDetails.Rules.RuleId rule.id
			PolicyDetails.Rules.RuleName rule.name
			PolicyDetails.PolicyId rule.id
			PolicyDetails.PolicyName rule.name first
			PolicyDetails.PolicyName rule.ruleset first
			SharePointMetaData.FileName file.name
			SharePointMetaData.FileOwner file.owner
			SharePointMetaData.FilePathUrl url.original
			FileData.FileName file.name
			FileData.FilePath url.original
			FileData.SHA256 file.hash.sha256
			FileData.MalwareFamily rule.name
			EndpointMetaData.DeviceName host.name
			EndpointMetaData.TargetDomain destination.domain
			MessageURLs url.original first
			Url url.original
			AlertDisplayName rule.name
			AlertDescription message
			ClientIPs source.ip first
			DeviceName host.name
			ClientProcessName process.name
			Item.Subject email.subject
			OrganizationName organization.name
			OrganizationId organization.id`,
		words: officeRecords + "\nRecordType event.kind " + officeAlerts + "=alert\n" +
			"Severity event.severity" + officeGrades + "\nAlertSeverity event.severity" + officeGrades + "\nPolicyDetails.Rules.Severity event.severity" + officeGrades + "\n" +
			"Severity tocsin.severity" + gravity + "\nAlertSeverity tocsin.severity" + gravity + "\nPolicyDetails.Rules.Severity tocsin.severity" + gravity + "\n" +
			"PolicyDetails.Rules.Actions event.outcome blockaccess|block=failure\n" +
			"ResultStatus event.outcome succeeded|success|successful|true|partiallysucceeded=success failed|fail|false|failure=failure\nOperation event.outcome userloginfailed=failure *=success\n" +
			"Operation event.category userloggedin|userloginfailed=authentication\nOperation event.type userloggedin|userloginfailed=start\n" +
			"Operation event.category teamcreated|teamdeleted|memberadded|memberremoved|memberrolechanged=iam,web\n" +
			"Operation event.type teamcreated=group,creation teamdeleted=group,deletion memberadded|memberremoved|memberrolechanged=group,change\n" +
			"RecordType event.category 2|3|13|50|107=email,file,web 6|11|14|33|63|99|100=file,web 8=iam,web 28|41|47=email,web,intrusion_detection 40|51|61|62|64|78|85|86|98|113=intrusion_detection,web",
		before: officeFirst,
		then:   officeSort,
	}.object(d)
}

// officeFirst says first what the tables do not: that a login failed, though the question of whether it did was answered
// with success, and who and where.
func officeFirst(d *dictionary) func(*doc, *output) {
	operation, outcome, user, name := d.name("Operation"), d.name("event.outcome"), d.name("UserId"), d.name("user.name")
	ends, subject, properties := officeEnds(d), officeSubject(d), officeProperties(d)
	return func(in *doc, o *output) {
		if strings.EqualFold(in.text(operation), "UserLoginFailed") {
			o.put(outcome, "failure")
		}
		ends(in, o)
		subject(in, o)
		properties(in, o)
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
		if at := in.text(object); strings.ContainsAny(at, `/\`) {
			o.put(path, at)
		}
		if o.text(kind) == "alert" {
			o.set(rule, in.value(alert))
			o.set(message, in.value(alert))
		}
		o.keep(kind, tocsin.StringValue("event"))
	}
}
