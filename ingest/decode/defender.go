package decode

// defender reads the alerts of Microsoft Defender: XDR's by way of Graph, and those of Defender for Endpoint.
func defender(d *dictionary) object {
	return product{
		prefix: "microsoft.defender",
		signs: "title serviceSource createdDateTime\ntitle detectionSource incidentId\ntitle detectionSource alertCreationTime\ntitle computerDnsName machineId\n" +
			"alertId title serviceSource\nincidentId incidentName alerts.alertId\nvendorInformation.provider title createdDateTime\nincidentWebUrl displayName createdDateTime",
		inside: []string{"properties"},
		times:  "lastUpdateDateTime lastUpdateTime createdDateTime alertCreationTime creationTime createdTime firstActivityDateTime firstEventTime",
		own:    "id lastUpdateDateTime",
		fixed:  "event.kind alert\nevent.type info\nevent.module microsoft\nevent.dataset microsoft.defender.alert\nobserver.vendor Microsoft",
		moves: `
			id event.id
			alertId event.id
			title rule.name
			alerts.title rule.name first
			incidentName rule.name
			displayName rule.name
			category rule.category
			detectorId rule.id
			alertPolicyId rule.id
			description message
			productName observer.product
			serviceSource event.provider
			detectionSource event.provider
			alertWebUrl event.url
			mitreTechniques threat.technique.id
			alerts.mitreTechniques threat.technique.id
			firstActivityDateTime event.start time
			firstEventTime event.start time
			lastActivityDateTime event.end time
			lastEventTime event.end time
			computerDnsName host.name
			machineId host.id
			evidence.deviceDnsName host.name first
			evidence.hostName host.name first
			alerts.devices.deviceDnsName host.name first
			alerts.evidence.deviceDnsName host.name first
			alerts.evidence.userAccount.accountName user.name first
			alerts.evidence.userAccount.domainName user.domain first
			alerts.evidence.loggedOnUsers.accountName user.name first
			alerts.evidence.ipAddress source.ip first
			alerts.evidence.processCommandLine process.command_line first
			alerts.evidence.processId process.pid first
			alerts.evidence.imageFile.fileName process.name first
			alerts.evidence.fileDetails.fileName file.name first
			alerts.evidence.fileDetails.sha256 file.hash.sha256 first
			hostStates.fqdn host.name first
			relatedUser.userName user.name
			relatedUser.domainName user.domain
			evidence.userAccount.accountName user.name first
			evidence.userAccount.domainName user.domain first
			evidence.accountName user.name first
			evidence.loggedOnUsers.accountName user.name first
			evidence.domainName user.domain first
			alerts.entities.accountName user.name first
			userStates.accountName user.name first
			evidence.ipAddress source.ip first
			alerts.entities.ipAddress source.ip first
			networkConnections.sourceAddress source.ip first
			networkConnections.destinationAddress destination.ip first
			evidence.processCommandLine process.command_line first
			alerts.entities.processCommandLine process.command_line first
			alerts.entities.processId process.pid first
			alerts.entities.parentProcessId process.parent.pid first
			alerts.entities.fileName file.name first
			alerts.entities.filePath file.directory first
			alerts.entities.sha256 file.hash.sha256 first
			alerts.entities.sha1 file.hash.sha1 first
			evidence.processId process.pid first
			evidence.parentProcessId process.parent.pid first
			evidence.imageFile.fileName process.name first
			evidence.imageFile.sha256 process.hash.sha256 first
			evidence.fileDetails.fileName file.name first
			evidence.fileDetails.sha256 file.hash.sha256 first
			evidence.fileName file.name first
			evidence.sha256 file.hash.sha256 first
			evidence.sha1 file.hash.sha1 first
			evidence.url url.original first`,
		words: "category event.category malware=malware,intrusion_detection,host\nseverity event.severity" + gravity,
		then: func(d *dictionary) func(*doc, *output) {
			category, host := d.name("event.category"), d.name("host.name")
			return func(_ *doc, o *output) {
				if o.has(host) {
					o.keep(category, listOf("intrusion_detection,host"))
				}
				o.put(category, "intrusion_detection")
			}
		},
	}.object(d)
}
