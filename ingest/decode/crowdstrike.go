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
			"ExternalApiType EventType\nunknown_payload.ExternalApiType\ncomposite_id device.device_id\nmetadata.eventType metadata.detectionIdString\n" +
			"aid cid GatewayIP InterfaceAlias\naid cid AgentVersion ConfigBuild\ncid NeighborName MACPrefix",
		times: "event.UTCTimestamp metadata.eventCreationTime event.ContextTimeStamp event.ProcessStartTime ContextTimeStamp UTCTimestamp timestamp " +
			"ProcessStartTime event.timestamp unknown_payload.UTCTimestamp created_timestamp _time Time",
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
			event.EndpointName host.name
			event.EndpointIp source.ip
			event.SourceEndpointHostName host.name
			event.SourceEndpointAccountName host.name
			event.SourceEndpointIpAddress source.ip
			event.SourceEndpointAddressIP4 source.ip
			event.SourceAccountName user.name
			event.SourceAccountDomain user.domain
			event.TargetAccountName user.target.name
			event.UserID user.name
			event.UserSourceIp source.ip
			event.IncidentDescription message
			event.EventType event.code
			event.ThreatgraphIndicators.Hostname host.name
			event.properties.UserName user.name
			event.properties.UserSid user.id
			metadata.eventType event.action
			fdr_event_type event.action
			aid host.id
			aip source.nat.ip`,
		words: "ExternalApiType event.kind event_detectionsummaryevent|event_eppdetectionsummaryevent|event_idpdetectionsummaryevent|event_incidentsummaryevent=alert\n" +
			"metadata.eventType event.kind detectionsummaryevent|eppdetectionsummaryevent|identityprotectionevent|idpdetectionsummaryevent|incidentsummaryevent|mobiledetectionsummaryevent|xdrdetectionsummaryevent|dataprotectiondetectionsummaryevent|customeriocevent|cspmioastreamingevent|cspmsearchstreamingevent|automatedleadsummaryevent|overwatchgenericdetectionsummaryevent|recondnotificationsummaryevent=alert\n" +
			"composite_id event.kind *=alert\nevent.Success event.outcome true=success false=failure" +
			"\nevent_simpleName event.kind localipaddressip4|localipaddressip6|localipaddressremovedip4|localipaddressremovedip6|neighborlistip4|neighborlistip6|systemcapacity|osversioninfo|hostinfo|biosinfo=state" +
			"\nevent.RuleAction event.type 1=connection,allowed 2=connection,denied\nevent.Disposition event.outcome failed=failure passed=success",
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
		{"EventAction", "event.action"},
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
		{"PID", "process.pid"},
		{"UserIp", "source.ip"},
		{"SourceIp", "source.ip"},
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
		{"SHA256HashData", "file.hash.sha256"},
		{"SHA256String", "process.hash.sha256"},
		{"SHA256String", "file.hash.sha256"},
		{"ContextImageFileName", "process.executable"},
		{"ContextBaseFileName", "process.name"},
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

// falconSorts are parts of the names of Falcon's events, with their category and type; the first that fits decides.
const falconSorts = `
	FirewallDeleteRule configuration deletion
	FirewallSetRule configuration change
	FirewallChange configuration change
	FirewallMatch network connection
	ProcessRollup process start
	SyntheticProcess process info
	EndOfProcess process end
	Dns network protocol
	NetworkConnect network connection,start
	NetworkListen network connection
	NetworkReceive network connection
	AuthActivity iam info
	Password iam user,change
	createUser iam user,creation
	deleteUser iam user,deletion
	updateUser iam user,change
	Auth authentication info
	UserLogonFailed authentication start
	UserLogoff authentication end
	UserLogon authentication start
	UserIdentity authentication info
	ScriptWritten file creation
	ExecutableDeleted file deletion
	ExecutableRenamed file change
	FileWritten file creation
	FileDelete file deletion
	File file change
	Reg registry change
	UserAccount iam user
	Detection intrusion_detection,malware info
	Incident intrusion_detection info
	RemoteResponse session info
	Lead intrusion_detection info
	Ioc intrusion_detection info
	CSPM configuration info
	Cspm configuration info
	Recon threat indicator
	APIActivity api info
	Script process info
	CommandHistory process info
	ImageLoad library,process info
	ModuleLoad library,process info
	DriverLoad driver info
	LoadImage driver start
	DllLoaded library,process info
	InjectedThread process,intrusion_detection info
	HttpRequest network,web protocol
	NetworkClose network connection,end
	PromiscuousBind network info
	Smb network info
	TerminateProcess process end
	Wmi process info
	Token process change
	Pty process start
	SymbolicLink file creation
	Motw file change
	Quarantine malware,file info
	ModifyService configuration change
	RawBind network info
	Directory file creation
	ExecutableWritten file creation
	Asep registry change
	ServiceStarted process start
	ServiceStopped process end
	AssociateIndicator process,intrusion_detection info
	ConfigState configuration change
	SystemTags configuration change
	UserActivity iam change
	Firewall network info`

// falconKind sets what the sort of event says, and joins the path and name of a detection's file.
func falconKind(d *dictionary) func(*doc, *output) {
	exe, kind, category, types := d.name("process.executable"), d.name("event.kind"), d.name("event.category"), d.name("event.type")
	paths := d.names("FilePath", "FileName", "event.FilePath", "event.FileName")
	actions := []*name{d.name("event.action"), d.name("metadata.eventType")}
	sorts := sortLines(falconSorts, "")
	weigh, ends := falconGravity(d), falconEnds(d)
	return func(in *doc, o *output) {
		for i := 0; i < 4; i += 2 {
			if name := in.text(paths[i+1]); name != "" {
				o.put(exe, joinPath(in.text(paths[i]), name))
			}
		}
		ends(in, o)
		for _, action := range [...]string{o.text(actions[0]), in.text(actions[1])} {
			if s := sortOf(sorts, action, strings.Contains); s != nil && !o.has(category) {
				o.keep(category, s.category)
				o.keep(types, s.types)
			}
		}
		weigh(in, o)
		if o.text(kind) == "alert" {
			o.put(category, "intrusion_detection")
			o.put(types, "info")
		}
		o.put(kind, "event")
		o.put(types, "info")
		o.put(category, "host")
	}
}

// joinPath is a file's path of its directory and its name, as its system writes it.
func joinPath(path, name string) string {
	if path != "" && !strings.HasSuffix(path, "/") && !strings.HasSuffix(path, `\`) && !strings.HasSuffix(path, name) {
		path += map[bool]string{true: "/", false: `\`}[strings.HasPrefix(path, "/")]
	}
	if strings.HasSuffix(path, name) {
		return path
	}
	return path + name
}

// falconGravity sets the number that Falcon gives, 1 to 5 or of late 0 to 100, and what it is of 100.
func falconGravity(d *dictionary) func(*doc, *output) {
	numbers := d.names("event.Severity", "Severity", "unknown_payload.Severity", "severity", "metadata.severity.code")
	words := d.names("event.SeverityName", "SeverityName", "severity_name", "metadata.severity.name")
	severity := d.name("event.severity")
	return func(in *doc, o *output) {
		word := o.lower(in.first(words...).Text())
		if n, ok := in.first(numbers...).Int(); ok {
			o.keep(severity, tocsin.IntValue(n))
			if level := levelOf(word); n <= 5 && !level.IsAbsent() {
				o.set(o.grade, level)
			} else if of100, ok := pick(n, 1, 1, 21, 47, 73, 99); ok {
				o.set(o.grade, tocsin.IntValue(of100))
			}
		}
		o.set(severity, levelOf(word))
	}
}

// falconEnds sets the ends of a connection.
func falconEnds(d *dictionary) func(*doc, *output) {
	type side struct{ ip, port []*name }
	of := func(which string) side {
		var s side
		for _, prefix := range [...]string{"", "event.", "unknown_payload."} {
			for _, form := range [...]string{"Address", "AddressIP4", "AddressIP6"} {
				s.ip = append(s.ip, d.name(prefix+which+form))
			}
			s.port = append(s.port, d.name(prefix+which+"Port"))
		}
		return s
	}
	local, remote := of("Local"), of("Remote")
	directions, to := d.names("ConnectionDirection", "event.ConnectionDirection"), d.names("source.ip", "source.port", "destination.ip", "destination.port", "network.direction")
	return func(in *doc, o *output) {
		from, at, direction := local, remote, in.first(directions...).Text()
		if in.text(directions[1]) == "1" && !in.first(remote.ip...).IsAbsent() { // of firewalls: who began it
			from, at = remote, local
		}
		switch direction {
		case "1":
			o.put(to[4], "ingress")
		case "0":
			o.put(to[4], "egress")
		}
		ip, _, _ := strings.Cut(in.first(from.ip...).Text(), " ")
		o.address(to[0], nil, ip)
		o.set(to[1], in.first(from.port...))
		o.address(to[2], nil, in.first(at.ip...).Text())
		o.set(to[3], in.first(at.port...))
	}
}
