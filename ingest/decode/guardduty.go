package decode

import "tocsin"

// guardduty reads the findings of Amazon GuardDuty, alone or inside an EventBridge envelope.
func guardduty(d *dictionary) object {
	const action = "service.action."
	return product{
		prefix: "aws.guardduty",
		signs:  "type severity service.detectorId\ntype severity service.serviceName=guardduty\nType Severity Service.DetectorId",
		inside: []string{"detail"},
		times:  "updatedAt UpdatedAt createdAt CreatedAt service.eventLastSeen",
		own:    "id updatedAt", // the id stays the same through a finding's updates
		fixed:  "event.kind alert\nevent.category intrusion_detection threat\nevent.type info\nevent.module aws\nevent.dataset aws.guardduty\ncloud.provider aws\nobserver.vendor AWS\nobserver.product GuardDuty",
		moves: `
			id event.id
			type rule.name
			type rule.id
			type event.code
			description message
			severity aws.guardduty.severity
			accountId cloud.account.id
			region cloud.region
			service.eventFirstSeen event.start time
			service.eventLastSeen event.end time
			resource.instanceDetails.instanceId cloud.instance.id
			resource.instanceDetails.instanceId host.id
			resource.instanceDetails.instanceType cloud.machine.type
			resource.instanceDetails.availabilityZone cloud.availability_zone
			resource.instanceDetails.networkInterfaces.privateDnsName host.name first
			resource.accessKeyDetails.userName user.name
			resource.accessKeyDetails.principalId user.id
			resource.kubernetesDetails.kubernetesUserDetails.username user.name
			resource.rdsDbUserDetails.user user.name
			resource.eksClusterDetails.name orchestrator.cluster.name
			service.ebsVolumeScanDetails.scanDetections.threatDetectedByName.threatNames.filePaths.filePath file.path first
			service.ebsVolumeScanDetails.scanDetections.threatDetectedByName.threatNames.filePaths.hash file.hash.sha256 first
			service.malwareScanDetails.threats.itemPaths.nestedItemPath file.path first
			service.runtimeDetails.process.name process.name
			service.runtimeDetails.process.executablePath process.executable
			service.runtimeDetails.process.executableSha256 process.hash.sha256
			service.runtimeDetails.process.pid process.pid
			service.runtimeDetails.process.user user.name
			` + action + `actionType event.action lower
			` + action + `awsApiCallAction.remoteIpDetails.ipAddressV4 source.ip
			` + action + `awsApiCallAction.remoteIpDetails.ipAddressV6 source.ip
			` + action + `rdsLoginAttemptAction.remoteIpDetails.ipAddressV4 source.ip
			` + action + `rdsLoginAttemptAction.LoginAttributes.user user.name first
			` + action + `awsApiCallAction.api aws.guardduty.api
			` + action + `kubernetesApiCallAction.remoteIpDetails.ipAddressV4 source.ip
			` + action + `portProbeAction.portProbeDetails.remoteIpDetails.ipAddressV4 source.ip first
			` + action + `portProbeAction.portProbeDetails.localPortDetails.port destination.port first
			` + action + `dnsRequestAction.domain dns.question.name
			` + action + `dnsRequestAction.protocol network.transport transport
			` + action + `networkConnectionAction.protocol network.transport transport`,
		then: guarddutyPeers,
	}.object(d)
}

// guarddutyPeers sets who talks to whom, by the direction of the connection, and the severity, of which tocsin.severity keeps the
// fraction: 0 to 10 becomes 0 to 100.
func guarddutyPeers(d *dictionary) func(*doc, *output) {
	const action = "service.action.networkConnectionAction."
	at := d.names(action+"connectionDirection", action+"remoteIpDetails.ipAddressV4", action+"remotePortDetails.port",
		"resource.instanceDetails.networkInterfaces.privateIpAddress", action+"localPortDetails.port")
	ends := d.names("source.ip", "source.port", "destination.ip", "destination.port", "network.direction")
	severity, graded := d.name("severity"), d.name("event.severity")
	return func(in *doc, o *output) {
		if f, ok := in.value(severity).Float(); ok && f >= 0 && f <= 10 {
			o.keep(graded, tocsin.IntValue(int64(f)))
			o.keep(o.grade, tocsin.IntValue(int64(f*10+0.5)))
		}
		remote, local := in.value(at[1]), tocsin.Value{}
		if items := in.value(at[3]).Items(); len(items) > 0 {
			local = items[0]
		}
		if remote.IsAbsent() {
			return
		}
		switch in.text(at[0]) {
		case "OUTBOUND":
			o.set(ends[0], local)
			o.set(ends[1], in.value(at[4]))
			o.set(ends[2], remote)
			o.set(ends[3], in.value(at[2]))
			o.put(ends[4], "outbound")
		default:
			o.set(ends[0], remote)
			o.set(ends[1], in.value(at[2]))
			o.set(ends[2], local)
			o.set(ends[3], in.value(at[4]))
			o.put(ends[4], "inbound")
		}
	}
}
