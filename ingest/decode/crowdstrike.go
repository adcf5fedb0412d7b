package decode

import (
	"strings"

	"tocsin"
)

// crowdstrike reads CrowdStrike Falcon's event stream and the data that its replicator (FDR) writes.
func crowdstrike(d *dictionary) object {
	return product{
		prefix: "crowdstrike",
		signs: "metadata.eventType metadata.customerIDString\nmetadata.eventType event.UTCTimestamp\nevent_simpleName aid\nevent_simpleName cid\nfdr_event_type aid\nEventType^Event_ CustomerIdString\n" +
			"ExternalApiType EventType\nunknown_payload.ExternalApiType\ncomposite_id device.device_id",
		times: "metadata.eventCreationTime event.UTCTimestamp event.ContextTimeStamp event.ProcessStartTime ContextTimeStamp UTCTimestamp timestamp " +
			"ProcessStartTime event.timestamp unknown_payload.UTCTimestamp created_timestamp",
		fixed: "event.module crowdstrike\nobserver.vendor CrowdStrike\nobserver.product Falcon\nobserver.type edr",
		moves: falconMoves("") + falconMoves("event.") + falconMoves("unknown_payload.") + `
			device.hostname host.name
			device.device_id host.id
			user_name user.name
			cmdline process.command_line
			filename process.name
			filepath process.executable
			sha256 process.hash.sha256
			display_name rule.name
			tactic threat.tactic.name
			technique threat.technique.name
			technique_id threat.technique.id
			composite_id event.id
			device.local_ip host.ip
			device.external_ip source.nat.ip
			parent_details.filename process.parent.name
			parent_details.cmdline process.parent.command_line
			local_process_id process.pid
			description message
			metadata.eventType event.action
			fdr_event_type event.action
			aid host.id
			aip source.nat.ip`,
		words: "ExternalApiType event.kind event_detectionsummaryevent|event_eppdetectionsummaryevent|event_idpdetectionsummaryevent|event_incidentsummaryevent=alert\n" +
			"metadata.eventType event.kind detectionsummaryevent|eppdetectionsummaryevent|identityprotectionevent|idpdetectionsummaryevent|incidentsummaryevent|mobiledetectionsummaryevent|xdrdetectionsummaryevent|dataprotectiondetectionsummaryevent|customeriocevent|cspmioastreamingevent|automatedleadsummaryevent|overwatchgenericdetectionsummaryevent|recondnotificationsummaryevent=alert\n" +
			"composite_id event.kind *=alert\nSeverityName event.severity" + gravity + "\nevent.SeverityName event.severity" + gravity + "\nseverity_name event.severity" + gravity +
			"\nevent.Success event.outcome true=success false=failure",
		then: falconKind,
	}.object(d)
}

// falconMoves are Falcon's fields below prefix.
func falconMoves(prefix string) string {
	var b strings.Builder
	for _, m := range [][2]string{
		{"event_simpleName", "event.action"},
		{"ExternalApiType", "event.action"},
		{"OperationName", "event.action"},
		{"CompositeId", "event.id"},
		{"DetectId", "event.id"},
		{"DetectName", "rule.name"},
		{"Name", "rule.name"},
		{"PatternId", "rule.id text"},
		{"DetectDescription", "message"},
		{"Description", "message"},
		{"ComputerName", "host.name"},
		{"Hostname", "host.name"},
		{"HostnameField", "host.name"},
		{"SensorId", "host.id"},
		{"AgentIdString", "host.id"},
		{"UserName", "user.name"},
		{"UserId", "user.name"},
		{"UserSid", "user.id"},
		{"AccountDomain", "user.domain"},
		{"RuleName", "rule.name"},
		{"RuleId", "rule.id"},
		{"DeviceName", "host.name"},
		{"HostName", "host.name"},
		{"LocalAddress", "source.ip"},
		{"RemoteAddress", "destination.ip"},
		{"PID", "process.pid"},
		{"UserIp", "source.ip"},
		{"SourceIp", "source.ip"},
		{"LocalAddressIP4", "source.ip"},
		{"LocalAddressIP6", "source.ip"},
		{"LocalPort", "source.port"},
		{"RemoteAddressIP4", "destination.ip"},
		{"RemoteAddressIP6", "destination.ip"},
		{"RemotePort", "destination.port"},
		{"Protocol", "network.transport transport"},
		{"LocalIP", "host.ip"},
		{"MACAddress", "host.mac"},
		{"ImageFileName", "process.executable"},
		{"CommandLine", "process.command_line"},
		{"RawProcessId", "process.pid"},
		{"ProcessId", "process.pid"},
		{"LocalIP", "source.ip"},
		{"TechniqueId", "threat.technique.id"},
		{"TacticId", "threat.tactic.id"},
		{"ParentImageFileName", "process.parent.executable"},
		{"ParentBaseFileName", "process.parent.name"},
		{"ParentCommandLine", "process.parent.command_line"},
		{"SHA256HashData", "process.hash.sha256"},
		{"SHA256String", "process.hash.sha256"},
		{"MD5HashData", "process.hash.md5"},
		{"MD5String", "process.hash.md5"},
		{"SHA1HashData", "process.hash.sha1"},
		{"SHA1String", "process.hash.sha1"},
		{"TargetFileName", "file.path"},
		{"DomainName", "dns.question.name"},
		{"Tactic", "threat.tactic.name"},
		{"Technique", "threat.technique.name"},
		{"ServiceName", "service.name"},
		{"FalconHostLink", "event.url"},
		{"Objective", "event.reason"},
	} {
		b.WriteString(prefix + m[0] + " " + m[1] + "\n")
	}
	return b.String()
}

// falconKind sets what the sort of event says, and joins the path and name of a detection's file.
func falconKind(d *dictionary) func(*doc, *output) {
	paths := d.names("FilePath", "FileName", "event.FilePath", "event.FileName", "event.Severity", "Severity")
	exe, action := d.name("process.executable"), d.name("event.action")
	kind, category, types, severity := d.name("event.kind"), d.name("event.category"), d.name("event.type"), d.name("event.severity")
	return func(in *doc, o *output) {
		for i := 0; i < 4; i += 2 {
			if name := in.text(paths[i+1]); name != "" {
				path := in.text(paths[i])
				if path != "" && !strings.HasSuffix(path, "/") && !strings.HasSuffix(path, `\`) {
					path += map[bool]string{true: "/", false: `\`}[strings.HasPrefix(path, "/")]
				}
				o.put(exe, path+name)
			}
		}
		a := o.text(action)
		for _, s := range [][3]string{
			{"FirewallDeleteRule", "configuration", "deletion"},
			{"FirewallSetRule", "configuration", "change"},
			{"FirewallChange", "configuration", "change"},
			{"ProcessRollup", "process", "start"},
			{"SyntheticProcess", "process", "info"},
			{"EndOfProcess", "process", "end"},
			{"Dns", "network", "protocol"},
			{"NetworkConnect", "network", "connection,start"},
			{"NetworkListen", "network", "connection"},
			{"NetworkReceive", "network", "connection"},
			{"Auth", "authentication", "info"},
			{"UserLogonFailed", "authentication", "start"},
			{"UserLogoff", "authentication", "end"},
			{"UserLogon", "authentication", "start"},
			{"UserIdentity", "authentication", "info"},
			{"FileWritten", "file", "creation"},
			{"FileDelete", "file", "deletion"},
			{"File", "file", "change"},
			{"Reg", "registry", "change"},
			{"UserAccount", "iam", "user"},
			{"Detection", "intrusion_detection,malware", "info"},
			{"Incident", "intrusion_detection", "info"},
			{"RemoteResponse", "session", "info"},
			{"Lead", "intrusion_detection", "info"},
			{"Ioc", "intrusion_detection", "info"},
			{"Cspm", "intrusion_detection,configuration", "info"},
			{"APIActivity", "api", "info"},
			{"Script", "process", "info"},
			{"CommandHistory", "process", "info"},
			{"ImageLoad", "library,process", "info"},
			{"ModuleLoad", "library,process", "info"},
			{"DriverLoad", "driver", "info"},
			{"RawBind", "network", "info"},
			{"Directory", "file", "creation"},
			{"ExecutableWritten", "file", "creation"},
			{"Asep", "registry", "change"},
			{"ServiceStarted", "process", "start"},
			{"ServiceStopped", "process", "end"},
			{"AssociateIndicator", "process,intrusion_detection", "info"},
			{"ConfigState", "configuration", "change"},
			{"SystemTags", "configuration", "change"},
			{"UserActivity", "iam,configuration", "change"},
			{"Firewall", "network", "info"},
		} {
			if strings.Contains(a, s[0]) {
				o.keep(category, listOf(s[1]))
				o.keep(types, listOf(s[2]))
				break
			}
		}
		if v := in.first(paths[4], paths[5]); !v.IsAbsent() { // 1 to 5, or of late 0 to 100
			if n, ok := v.Int(); ok && n >= 0 && n <= 5 {
				o.keep(severity, tocsin.IntValue([]int64{1, 1, 21, 47, 73, 99}[n]))
			} else {
				o.set(severity, v)
			}
		}
		if o.text(kind) == "alert" {
			o.put(category, "intrusion_detection")
			o.put(types, "info")
		}
		o.put(kind, "event")
		o.put(types, "info")
		o.put(category, "host")
	}
}
