package decode

import (
	"strconv"

	"tocsin"
)

// ocsf reads events of the Open Cybersecurity Schema Framework 1.x, and of its drafts: all classes, by their common
// objects.
func ocsf(d *dictionary) object {
	return product{
		prefix: "ocsf",
		signs:  "class_uid metadata.version\nclass_uid time\nclass_uid category_uid\nclass_name category_uid metadata.product.name",
		times:  "time time_dt start_time metadata.original_time metadata.logged_time finding_info.created_time",
		fixed:  "event.module ocsf",
		moves: `
			metadata.uid event.id
			finding_info.uid event.id
			finding.uid event.id
			api.request.uid event.id
			severity_id event.severity
			class_uid event.code text
			metadata.event_code event.code
			finding_info.title rule.name
			finding.title rule.name
			finding_info.analytic.name rule.name
			finding_info.analytic.uid rule.id
			rule.name rule.name
			rule.uid rule.id
			rule_name rule.name
			malware.name rule.name first
			finding_info.types rule.category
			finding.types rule.category
			message message
			finding_info.desc message
			finding.desc message
			metadata.product.vendor_name observer.vendor
			metadata.product.name observer.product
			metadata.product.version observer.version
			metadata.product.feature.name event.provider
			api.operation event.action
			api.service.name service.name
			activity_name event.action lower
			status_detail event.reason
			start_time event.start time
			end_time event.end time
			src_endpoint.ip source.ip
			src_endpoint.port source.port
			src_endpoint.hostname source.domain
			src_endpoint.domain source.domain
			src_endpoint.mac source.mac
			src_endpoint.location.country source.geo.country_iso_code
			dst_endpoint.ip destination.ip
			dst_endpoint.port destination.port
			dst_endpoint.hostname destination.domain
			dst_endpoint.domain destination.domain
			dst_endpoint.svc_name network.protocol lower
			dst_endpoint.mac destination.mac
			evidences.src_endpoint.ip source.ip first
			evidences.src_endpoint.port source.port first
			evidences.dst_endpoint.ip destination.ip first
			evidences.dst_endpoint.port destination.port first
			evidences.connection_info.protocol_name network.transport transport
			connection_info.protocol_name network.transport transport
			connection_info.protocol_num network.transport transport
			connection_info.direction network.direction lower
			connection_info.community_uid network.community_id
			traffic.bytes network.bytes
			traffic.packets network.packets
			traffic.bytes_out source.bytes
			traffic.bytes_in destination.bytes
			device.hostname host.name
			device.name host.name
			device.uid host.id
			device.ip host.ip
			device.mac host.mac
			device.os.name host.os.name
			evidences.device.hostname host.name first
			resources.hostname host.name first
			actor.user.name user.name
			user.name user.name
			identity.user.name user.name
			evidences.actor.user.name user.name first
			evidences.user.name user.name first
			actor.user.uid user.id
			user.uid user.id
			identity.user.uid user.id
			actor.user.domain user.domain
			user.domain user.domain
			actor.user.email_addr user.email
			user.email_addr user.email
			user_result.name user.target.name
			process.name process.name
			process.file.path process.executable
			process.cmd_line process.command_line
			process.pid process.pid
			process.parent_process.name process.parent.name
			process.parent_process.file.path process.parent.executable
			process.parent_process.cmd_line process.parent.command_line
			process.parent_process.pid process.parent.pid
			actor.process.name process.name
			actor.process.file.path process.executable
			actor.process.cmd_line process.command_line
			actor.process.pid process.pid
			actor.process.parent_process.name process.parent.name
			actor.process.parent_process.file.path process.parent.executable
			actor.process.parent_process.pid process.parent.pid
			evidences.actor.process.name process.name first
			evidences.actor.process.cmd_line process.command_line first
			evidences.actor.process.pid process.pid first
			evidences.actor.process.file.path process.executable first
			evidences.process.name process.name first
			evidences.process.cmd_line process.command_line first
			evidences.process.pid process.pid first
			evidences.process.file.path process.executable first
			evidences.process.parent_process.name process.parent.name first
			file.path file.path
			file.name file.name
			evidences.file.path file.path first
			evidences.file.name file.name first
			query.hostname dns.question.name
			query.type dns.question.type
			query.class dns.question.class
			rcode dns.response_code
			answers.rdata dns.answers.data
			evidences.query.hostname dns.question.name first
			http_request.url.url_string url.original
			http_request.url.hostname url.domain
			http_request.url.path url.path
			http_request.http_method http.request.method
			http_request.user_agent user_agent.original
			http_request.referrer http.request.referrer
			http_response.code http.response.status_code
			url.url_string url.original
			evidences.url.url_string url.original first
			email.from email.from.address
			email.to email.to.address
			email.subject email.subject
			tls.sni tls.client.server_name
			tls.version tls.version
			app_name service.name
			cloud.provider cloud.provider lower
			cloud.region cloud.region
			cloud.account.uid cloud.account.id
			cloud.account_uid cloud.account.id
			attacks.tactic.uid threat.tactic.id
			attacks.tactic.name threat.tactic.name
			attacks.tactics.uid threat.tactic.id
			attacks.tactics.name threat.tactic.name
			attacks.technique.uid threat.technique.id
			attacks.technique.name threat.technique.name
			finding_info.attacks.tactic.uid threat.tactic.id
			finding_info.attacks.tactic.name threat.tactic.name
			finding_info.attacks.technique.uid threat.technique.id
			finding_info.attacks.technique.name threat.technique.name
			vulnerabilities.cve.uid vulnerability.id`,
		words: "severity event.severity" + gravity +
			"\nstatus_id event.outcome 1=success 2=failure\nstatus event.outcome success=success failure=failure",
		before: ocsfWho,
		then:   ocsfClass,
	}.object(d)
}

// ocsfCategories are the categories of OCSF's classes, by class, else by the thousands of the class: category and type.
var ocsfCategories = map[int]string{
	1: "host", 1001: "file", 1002: "driver", 1003: "driver", 1004: "process", 1005: "library", 1006: "host", 1007: "process", 1008: "host", 1009: "process", 201001: "registry", 201002: "registry",
	2: "intrusion_detection", 2001: "intrusion_detection", 2002: "vulnerability", 2003: "configuration", 2004: "intrusion_detection", 2005: "intrusion_detection",
	3: "iam", 3001: "iam", 3002: "authentication", 3003: "session,iam", 3004: "iam", 3005: "iam", 3006: "iam",
	4: "network", 4001: "network", 4002: "network,web", 4003: "network", 4004: "network", 4005: "network,session", 4006: "network,file", 4007: "network", 4008: "network,file", 4009: "email", 4010: "file", 4011: "email", 4012: "email",
	5: "configuration", 6: "web", 6001: "web", 6002: "package", 6003: "api,web", 6004: "web", 6005: "database", 6006: "file,web", 6007: "host", 6008: "host",
}

// ocsfClass sets kind, category, type and outcome from the class, the activity and the state of the event.
func ocsfClass(d *dictionary) func(*doc, *output) {
	from := d.names("class_uid", "activity_id", "api.response.error", "disposition_id", "risk_score", "severity_id")
	below := d.names("malware", "vulnerabilities")
	kind, category, types, outcome, score, norm := d.name("event.kind"), d.name("event.category"), d.name("event.type"), d.name("event.outcome"), d.name("event.risk_score"), d.name("event.risk_score_norm")
	return func(in *doc, o *output) {
		class, _ := strconv.Atoi(in.text(from[0]))
		group := class / 1000
		if group > 100 {
			group = 1
		}
		k := "event"
		if group == 2 {
			k = "alert"
		}
		o.put(kind, k)
		if o.scale = hundred; in.has(from[5]) {
			o.scale = ofOCSF
		}
		if group == 2 {
			o.keep(category, findingCategory(in, below, class))
		}
		if c, ok := ocsfCategories[class]; ok {
			o.keep(category, listOf(c))
		} else if c, ok := ocsfCategories[group]; ok {
			o.keep(category, listOf(c))
		}
		o.keep(types, listOf(ocsfType(class, group, in.text(from[1]))))
		switch in.text(from[3]) {
		case "1":
			o.put(types, "allowed")
		case "2":
			o.put(types, "denied")
		}
		if !in.value(from[2]).IsAbsent() {
			o.put(outcome, "failure")
		}
		if f, ok := in.value(from[4]).Float(); ok {
			o.set(score, in.value(from[4]))
			if f >= 0 && f <= 100 {
				o.set(norm, in.value(from[4]))
			}
		}
	}
}

// findingCategory is the category of a finding that says what it found; absent for one that does not.
func findingCategory(in *doc, below []*name, class int) tocsin.Value {
	switch {
	case in.below(below[0]):
		return listOf("malware,intrusion_detection")
	case in.below(below[1]) && class != 2004:
		return listOf("vulnerability")
	}
	return tocsin.Value{}
}

// ocsfWho sets the user of a logon and of a session, which is the account, not who asked for it.
func ocsfWho(d *dictionary) func(*doc, *output) {
	class, from := d.name("class_uid"), d.names("user.name", "user.domain", "user.uid", "user.email_addr")
	to := d.names("user.name", "user.domain", "user.id", "user.email")
	return func(in *doc, o *output) {
		if c := in.text(class); c != "3002" && c != "3003" {
			return
		}
		for i, n := range from {
			o.set(to[i], in.value(n))
		}
	}
}

// ocsfType is the type of an activity, whose numbers mean different things in different classes.
func ocsfType(class, group int, activity string) string {
	words := map[string]string{}
	switch {
	case class == 1001 || class == 6001 || class == 6003 || class == 5001 || class == 3004:
		words = map[string]string{"1": "creation", "2": "access", "3": "change", "4": "deletion"}
	case class == 1007 || class == 3002:
		words = map[string]string{"1": "start", "2": "end"}
	case group == 4:
		words = map[string]string{"1": "connection,start", "2": "connection,end", "5": "connection,denied", "6": "connection"}
	case class == 3001:
		words = map[string]string{"1": "user,creation", "6": "user,deletion", "3": "user,change", "4": "user,change"}
	}
	if t, ok := words[activity]; ok {
		return t
	}
	return "info"
}
