package decode

import (
	"strconv"
	"strings"

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
			cis_benchmark_result.rule.name rule.name
			cis_benchmark_result.rule.uid rule.id
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
			src_endpoint.location.city source.geo.city_name
			src_endpoint.autonomous_system.number source.as.number
			src_endpoint.autonomous_system.name source.as.organization.name
			dst_endpoint.location.country destination.geo.country_iso_code
			dst_endpoint.location.city destination.geo.city_name
			dst_endpoint.autonomous_system.number destination.as.number
			dst_endpoint.autonomous_system.name destination.as.organization.name
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
			traffic.packets_out source.packets
			traffic.packets_in destination.packets
			device.name host.name
			device.hostname host.name
			device.hostname host.hostname
			device.uid host.id
			device.ip host.ip
			device.mac host.mac
			device.os.name host.os.name
			device.os.version host.os.version
			device.domain host.domain
			device.type host.type lower
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
			actor.process.parent_process.cmd_line process.parent.command_line
			actor.process.parent_process.pid process.parent.pid
			process.working_directory process.working_directory
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
			file.size file.size
			file.mime_type file.mime_type
			file.owner.name file.owner
			module.file.path dll.path
			module.file.path file.path
			driver.file.path file.path
			module.file.name dll.name
			reg_key.path registry.path
			reg_value.path registry.path
			reg_value.name registry.value
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
			http_request.url.scheme url.scheme
			http_request.url.port url.port
			http_request.url.query_string url.query
			http_request.version http.version
			http_response.length http.response.bytes
			url.url_string url.original
			url.hostname url.domain
			url.path url.path
			url.scheme url.scheme
			url.port url.port
			url.query_string url.query
			evidences.url.url_string url.original first
			email.from email.from.address
			email.to email.to.address
			email.subject email.subject
			email.cc email.cc.address
			email.reply_to email.reply_to.address
			email.message_uid email.message_id
			tls.sni tls.client.server_name
			tls.version tls.version
			tls.cipher tls.cipher
			tls.ja3_hash.value tls.client.ja3
			tls.ja3s_hash.value tls.server.ja3s
			app_name service.name
			cloud.provider cloud.provider lower
			cloud.region cloud.region
			cloud.account.uid cloud.account.id
			cloud.account_uid cloud.account.id
			cloud.account.name cloud.account.name
			cloud.zone cloud.availability_zone
			cloud.project_uid cloud.project.id
			container.name container.name
			container.uid container.id
			container.image.name container.image.name
			metadata.sequence event.sequence
			attacks.tactic.uid threat.tactic.id
			attacks.tactic.name threat.tactic.name
			attacks.tactics.uid threat.tactic.id
			attacks.tactics.name threat.tactic.name
			attacks.technique.uid threat.technique.id
			attacks.technique.name threat.technique.name
			attacks.sub_technique.uid threat.technique.subtechnique.id
			attacks.sub_technique.name threat.technique.subtechnique.name
			finding_info.attacks.sub_technique.uid threat.technique.subtechnique.id
			finding_info.attacks.sub_technique.name threat.technique.subtechnique.name
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
	hashes := ocsfHashes(d)
	kind, category, types, outcome, score, norm := d.name("event.kind"), d.name("event.category"), d.name("event.type"), d.name("event.outcome"), d.name("event.risk_score"), d.name("event.risk_score_norm")
	return func(in *doc, o *output) {
		class, _ := strconv.Atoi(in.text(from[0]))
		group := class / 1000
		if group > 100 {
			group = 1
		}
		hashes(in, o)
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

// ocsfHashes sets the hashes of files, which are told from each other by their length.
func ocsfHashes(d *dictionary) func(*doc, *output) {
	kinds := map[int]string{32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}
	type place struct {
		from *name
		to   map[int]*name
	}
	var places []place
	for _, of := range [][2]string{
		{"file.hashes.value", "file"},
		{"file.fingerprints.value", "file"},
		{"evidences.file.hashes.value", "file"},
		{"malware.files.hashes.value", "file"},
		{"process.file.hashes.value", "process"},
		{"process.file.fingerprints.value", "process"},
		{"actor.process.file.hashes.value", "process"},
		{"evidences.process.file.hashes.value", "process"},
		{"module.file.hashes.value", "dll"},
	} {
		p := place{d.name(of[0]), map[int]*name{}}
		for length, kind := range kinds {
			p.to[length] = d.name(of[1] + ".hash." + kind)
		}
		places = append(places, p)
	}
	return func(in *doc, o *output) {
		for _, p := range places {
			for _, v := range in.value(p.from).Items() {
				if n := p.to[len(v.Text())]; n != nil {
					o.put(n, strings.ToLower(v.Text()))
				}
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
