package decode

import "strings"

// defender reads the alerts of Microsoft Defender: XDR's by way of Graph, and those of Defender for Endpoint.
func defender(d *dictionary) object {
	return product{
		prefix: "microsoft.defender",
		signs: "title serviceSource createdDateTime\ntitle detectionSource incidentId\ntitle detectionSource alertCreationTime\ntitle computerDnsName machineId\n" +
			"alertId title serviceSource\nincidentId incidentName alerts.alertId\nvendorInformation.provider title createdDateTime",
		inside: []string{"properties"},
		times:  "lastUpdateDateTime createdDateTime alertCreationTime creationTime createdTime firstActivityDateTime firstEventTime",
		own:    "id lastUpdateDateTime",
		fixed:  "event.kind alert\nevent.category intrusion_detection\nevent.type info\nevent.module microsoft\nevent.dataset microsoft.defender.alert\nobserver.vendor Microsoft",
		moves: `
			id event.id
			alertId event.id
			title rule.name
			alerts.title rule.name first
			incidentName rule.name
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
			hostStates.fqdn host.name first
			relatedUser.userName user.name
			relatedUser.domainName user.domain
			evidence.userAccount.accountName user.name first
			evidence.userAccount.domainName user.domain first
			evidence.accountName user.name first
			evidence.domainName user.domain first
			alerts.entities.accountName user.name first
			userStates.accountName user.name first
			evidence.ipAddress source.ip first
			alerts.entities.ipAddress source.ip first
			networkConnections.sourceAddress source.ip first
			networkConnections.destinationAddress destination.ip first
			evidence.processCommandLine process.command_line first
			alerts.entities.processCommandLine process.command_line first
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
		words: "severity event.severity" + gravity,
	}.object(d)
}

// hunting reads the tables of Defender's advanced hunting, as they are streamed.
func hunting(d *dictionary) object {
	return product{
		prefix: "microsoft.defender",
		signs:  "category^AdvancedHunting properties.Timestamp\nActionType DeviceName Timestamp\nAlertId Title ServiceSource",
		times:  "properties.Timestamp Timestamp time",
		fixed:  "event.module microsoft\nobserver.vendor Microsoft\nobserver.product Defender",
		moves:  huntingMoves("") + huntingMoves("properties."),
		words: "properties.Severity event.severity" + gravity + "\nSeverity event.severity" + gravity + "\nproperties.AlertId event.kind *=alert\nAlertId event.kind *=alert\n" +
			"category event.category advancedhunting-deviceprocessevents=process advancedhunting-devicenetworkevents=network advancedhunting-devicefileevents=file " +
			"advancedhunting-deviceregistryevents=registry advancedhunting-devicelogonevents=authentication advancedhunting-alertinfo|advancedhunting-alertevidence=intrusion_detection",
		then: func(d *dictionary) func(*doc, *output) {
			kind := d.name("event.kind")
			return func(_ *doc, o *output) { o.put(kind, "event") }
		},
	}.object(d)
}

// huntingMoves are the columns of advanced hunting below prefix.
func huntingMoves(prefix string) string {
	var text strings.Builder
	for _, m := range [][2]string{
		{"ActionType", "event.action"},
		{"DeviceName", "host.name"},
		{"DeviceId", "host.id"},
		{"Title", "rule.name"},
		{"AlertId", "event.id"},
		{"Category", "rule.category"},
		{"AccountName", "user.name"},
		{"AccountDomain", "user.domain"},
		{"AccountSid", "user.id"},
		{"ProcessCommandLine", "process.command_line"},
		{"ProcessId", "process.pid"},
		{"InitiatingProcessCommandLine", "process.parent.command_line"},
		{"InitiatingProcessFileName", "process.parent.name"},
		{"InitiatingProcessId", "process.parent.pid"},
		{"InitiatingProcessAccountName", "user.name"},
		{"FileName", "file.name"},
		{"FolderPath", "file.path"},
		{"SHA256", "file.hash.sha256"},
		{"SHA1", "file.hash.sha1"},
		{"MD5", "file.hash.md5"},
		{"RemoteIP", "destination.ip"},
		{"RemotePort", "destination.port"},
		{"LocalIP", "source.ip"},
		{"LocalPort", "source.port"},
		{"RemoteUrl", "url.original"},
		{"Protocol", "network.transport transport"},
		{"RegistryKey", "registry.path"},
		{"RegistryValueName", "registry.value"},
		{"AttackTechniques", "threat.technique.name"},
		{"ServiceSource", "event.provider"},
	} {
		text.WriteString(prefix + m[0] + " " + m[1] + "\n")
	}
	return text.String()
}
