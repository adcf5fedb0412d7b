package decode

import "strings"

// gcpAudit reads Google Cloud's audit logs.
func gcpAudit(d *dictionary) object {
	return product{
		prefix: "gcp.audit",
		signs:  "protoPayload.methodName\nprotoPayload.serviceName logName\nprotoPayload.@type\nprotoPayload.at_sign_type",
		inside: []string{"jsonPayload"},
		times:  "timestamp receiveTimestamp",
		fixed:  "event.kind event\nevent.module gcp\nevent.dataset gcp.audit\ncloud.provider gcp",
		moves: `
			insertId event.id
			protoPayload.methodName event.action
			protoPayload.serviceName service.name
			protoPayload.authenticationInfo.principalEmail user.name
			protoPayload.authenticationInfo.principalEmail user.email
			protoPayload.requestMetadata.callerIp source.ip
			protoPayload.requestMetadata.callerIP source.ip
			protoPayload.requestMetadata.callerSuppliedUserAgent user_agent.original
			protoPayload.resourceName orchestrator.resource.name
			protoPayload.status.message error.message
			protoPayload.status.code error.code text
			resource.labels.project_id cloud.project.id
			resource.labels.location cloud.region
			resource.labels.zone cloud.availability_zone
			resource.labels.cluster_name orchestrator.cluster.name
			resource.labels.instance_id cloud.instance.id text
			logName log.logger
			severity log.level lower`,
		then: gcpOutcome,
	}.object(d)
}

// gcpOutcome sets how the call ended and what kind of call it was.
func gcpOutcome(d *dictionary) func(*doc, *output) {
	in3 := d.names("protoPayload.status.code", "protoPayload.authorizationInfo.granted", "protoPayload.methodName")
	outcome, category, types := d.name("event.outcome"), d.name("event.category"), d.name("event.type")
	return func(in *doc, o *output) {
		result := "success"
		if code := in.text(in3[0]); code != "" && code != "0" {
			result = "failure"
		}
		for _, v := range in.value(in3[1]).Items() {
			if v.Text() == "false" {
				result = "failure"
			}
		}
		o.put(outcome, result)
		method := in.text(in3[2])
		c, t := "configuration", changeKind(strings.ToLower(method[strings.LastIndexByte(method, '.')+1:]))
		if strings.Contains(strings.ToLower(method), "login") {
			c, t = "authentication", "start"
		} else if strings.Contains(method, "iam.admin") || strings.Contains(method, "IamPolicy") {
			c = "iam"
		}
		o.put(category, c)
		o.put(types, t)
	}
}

// gcpFinding reads the findings of Google's Security Command Center, as its notifications carry them.
func gcpFinding(d *dictionary) object {
	return product{
		prefix: "gcp.scc",
		signs:  "finding.category finding.name\nfinding.category finding.resourceName\nfinding.findingClass finding.category",
		times:  "finding.eventTime finding.createTime",
		fixed:  "event.kind alert\nevent.type info\nevent.module gcp\nevent.dataset gcp.scc\ncloud.provider gcp\nobserver.vendor Google\nobserver.product Security_Command_Center",
		moves: `
			finding.name event.id
			finding.category rule.name
			finding.findingClass rule.category
			finding.description message
			finding.resourceName cloud.instance.name base
			finding.indicator.ipAddresses source.ip first
			finding.indicator.domains source.domain first
			finding.access.principalEmail user.name
			finding.access.callerIp source.ip
			finding.access.methodName event.action
			finding.access.serviceName service.name
			finding.access.userAgentFamily user_agent.name
			finding.connections.sourceIp source.ip first
			finding.connections.sourcePort source.port first
			finding.connections.destinationIp destination.ip first
			finding.connections.destinationPort destination.port first
			finding.processes.name process.name first
			finding.processes.binary.path process.executable first
			finding.processes.pid process.pid first
			finding.processes.parentPid process.parent.pid first
			finding.processes.args process.args
			finding.mitreAttack.primaryTactic threat.tactic.name first
			finding.mitreAttack.primaryTechniques threat.technique.name
			finding.vulnerability.cve.id vulnerability.id
			finding.kubernetes.pods.name orchestrator.resource.name first
			resource.projectDisplayName cloud.project.name
			resource.project cloud.project.id base
			resource.display_name host.name`,
		words: "finding.severity event.severity" + gravity +
			"\nfinding.findingClass event.category vulnerability=vulnerability misconfiguration|posture_violation=configuration *=threat",
	}.object(d)
}
