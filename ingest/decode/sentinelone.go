package decode

import "strings"

// sentinelOne reads SentinelOne's threats and activities, as its API and exports write them.
func sentinelOne(d *dictionary) object {
	return product{
		prefix: "sentinel_one",
		signs:  "threatInfo.threatId\nthreatInfo.threatName agentRealtimeInfo.agentId\nactivityType primaryDescription\nactivitytype primarydescription\nalertInfo.alertId ruleInfo.name\nagentVersion computerName activeThreats\nregistrationToken totalAgents creatorId",
		times:  "threatInfo.identifiedAt threatInfo.createdAt alertInfo.createdAt createdAt createdat",
		fixed:  "event.module sentinel_one\nobserver.vendor SentinelOne\nobserver.type edr",
		moves: `
			threatInfo.threatId event.id
			alertInfo.alertId event.id
			activityUuid event.id
			activityuuid event.id
			ruleInfo.name rule.name
			ruleInfo.id rule.id text
			threatInfo.threatName rule.name
			threatInfo.classification rule.category
			primaryDescription message
			primarydescription message
			activityType event.code text
			activitytype event.code text
			agentRealtimeInfo.agentComputerName host.name
			agentDetectionInfo.name host.name
			data.computerName host.name
			computerName host.name
			lastLoggedInUserName user.name
			networkInterfaces.inet host.ip
			data.computername host.name
			agentRealtimeInfo.agentId host.id
			agentId host.id
			agentid host.id
			agentDetectionInfo.agentIpV4 host.ip words
			agentDetectionInfo.agentLastLoggedInUserName user.name
			threatInfo.processUser user.name
			data.userName user.name
			data.username user.name
			sourceProcessInfo.user user.name
			threatInfo.originatorProcess process.name
			threatInfo.originatorProcess process.parent.name
			threatInfo.maliciousProcessArguments process.command_line
			threatInfo.filePath file.path
			data.filePath file.path
			data.filepath file.path
			threatInfo.sha256 file.hash.sha256
			threatInfo.sha1 file.hash.sha1
			threatInfo.md5 file.hash.md5
			data.fileContentHash file.hash.sha1
			data.filecontenthash file.hash.sha1
			data.origagentname host.name
			data.lastLoggedInUserName user.name
			data.sourceprocessname process.name
			data.sourceprocessfilepath process.executable
			data.sourceprocesscommandline process.command_line
			data.sourceprocesspid process.pid
			data.sourceprocessusername user.name
			data.sourceparentprocessname process.parent.name
			data.sourceparentprocesspath process.parent.executable
			data.sourceparentprocesscommandline process.parent.command_line
			data.sourceparentprocesspid process.parent.pid
			data.ruleName rule.name
			data.rulename rule.name
			sourceParentProcessInfo.name process.parent.name
			sourceParentProcessInfo.filePath process.parent.executable
			sourceParentProcessInfo.commandline process.parent.command_line
			sourceParentProcessInfo.pid process.parent.pid
			sourceProcessInfo.name process.name
			sourceProcessInfo.filePath process.executable
			sourceProcessInfo.commandline process.command_line
			sourceProcessInfo.pid process.pid
			alertInfo.srcIp source.ip
			alertInfo.dstIp destination.ip
			alertInfo.srcPort source.port
			alertInfo.dstPort destination.port
			alertInfo.dnsRequest dns.question.name
			sourceProcessInfo.fileHashSha256 process.hash.sha256
			targetProcessInfo.tgtFilePath file.path
			targetProcessInfo.tgtFileHashSha256 file.hash.sha256
			data.ipAddress source.ip
			data.ruleId rule.id text
			data.ruleid rule.id text
			data.reportedRemoteHost destination.ip
			indicators.tactics.name threat.tactic.name
			indicators.tactics.techniques.name threat.technique.id`,
		words: "threatInfo.threatId event.kind *=alert\nalertInfo.alertId event.kind *=alert\n" +
			"threatInfo.confidenceLevel event.severity malicious=73 suspicious=47\nruleInfo.severity event.severity" + gravity + "\ndata.confidencelevel event.severity malicious=73 suspicious=47\n" +
			"threatInfo.threatId event.category *=malware\nalertInfo.alertId event.category *=intrusion_detection,malware\nactiveThreats event.category *=host\nregistrationToken event.category *=iam\ndata.threatclassification event.category *=malware",
		then: func(d *dictionary) func(*doc, *output) {
			more, said := d.names("event.kind", "event.category", "event.type", "event.outcome"), d.names("primaryDescription", "primarydescription")
			return func(in *doc, o *output) {
				o.put(more[0], "event")
				category, types, outcome := activity(strings.ToLower(in.text(said[0]) + in.text(said[1])))
				o.keep(more[1], listOf(category))
				o.put(more[2], types)
				o.put(more[3], outcome)
			}
		},
	}.object(d)
}

// activity is the category, type and outcome of what an activity's description tells, in small letters.
func activity(said string) (category, types, outcome string) {
	switch {
	case strings.Contains(said, " logged in "):
		return "authentication", "start", "success"
	case strings.Contains(said, " logged out "):
		return "authentication", "end", "success"
	case strings.Contains(said, "failed to log in"):
		return "authentication", "start", "failure"
	case saysAny(said, "threat", "alert created"):
		return "malware,intrusion_detection", "info", ""
	case saysAny(said, "firewall control", "full disk scan", "agent is ", "sentinelone agent"):
		return "intrusion_detection,host", "info", ""
	case saysAny(said, "verification email", "sent an email"):
		return "email,configuration", "info", ""
	case strings.Contains(said, "device ") && saysAny(said, "connected"):
		return "host,configuration", "info", ""
	}
	return "configuration", changeKind(said), ""
}
