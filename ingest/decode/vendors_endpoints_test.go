package decode

// endpoints are samples of what agents on machines send.
var endpoints = map[string]vendorSample{
	"windows message": {
		"A user account was changed.\n\nSubject:\n\tSecurity ID:\t\tS-1-5-21-7\n\tAccount Name:\t\tops\n\tAccount Domain:\t\tCORP\n\tLogon ID:\t\t0x5E28\n\nTarget Account:\n\tSecurity ID:\t\tS-1-5-21-8\n\tAccount Name:\t\teve\n\tAccount Domain:\t\tCORP\n",
		`windows_message 0001-01-01T00:00:00Z
event.kind=event
event.code=4738
event.category=iam
event.type=user,change
event.action=modified-user-account
event.outcome=success
user.name=ops
user.target.name=eve
`,
	},
	"windows message by way of syslog": {
		`An account was logged off.#015#012#015#012Subject:#015#012#011Security ID:#011#011S-1-5-21-7#015#012#011Account Name:#011#011alice#015#012#011Account Domain:#011#011CORP#015#012#015#012Logon Type:#011#011#0113`,
		`windows_message 0001-01-01T00:00:00Z
event.code=4634
event.category=authentication
event.type=end
winlog.event_data.LogonType=3
`,
	},
	"windows message of PowerShell": {
		"Pipeline execution details for command line: Get-Item x\n. \n\nContext Information: \n\tDetailSequence=1\n\n\tUserId=CORP\\alice\n\tHostName=ConsoleHost\n\tHostApplication=powershell.exe -File c:\\x.ps1\n\tScriptName=c:\\x.ps1\n",
		`windows_message 0001-01-01T00:00:00Z
event.code=800
event.category=process
user.name=alice
process.command_line=powershell.exe -File c:\x.ps1
file.path=c:\x.ps1
`,
	},
	"windows message of Defender": {
		"Microsoft Defender Antivirus has detected malware or other potentially unwanted software.\r\n \tName: Virus:DOS/Sample\r\n \tPath: file:_C:\\x\\a.exe\r\n \tUser: CORP\\alice\r\n",
		`windows_message 0001-01-01T00:00:00Z
event.kind=alert
event.code=1116
event.category=malware
rule.name=Virus:DOS/Sample
file.path=C:\x\a.exe
user.name=alice
`,
	},
	"windows AppLocker": {
		`{"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-AppLocker"},"EventID":8004,"TimeCreated":{"SystemTime":"2026-03-01T10:00:00Z"},"Channel":"Microsoft-Windows-AppLocker/EXE and DLL","Computer":"ws-1"},
		"UserData":{"RuleAndFileData":{"RuleName":"No tools","FullFilePath":"C:\\t\\a.exe","TargetUser":"S-1-5-21-7"}}}}`,
		`windows 2026-03-01T10:00:00Z
event.category=process
event.type=start,denied
rule.name=No tools
file.path=C:\t\a.exe
user.id=S-1-5-21-7
`,
	},
	"auditd of a packet": {
		`type=NETFILTER_PKT msg=audit(1772359200.125:43): mark=0 saddr=203.0.113.7 daddr=192.0.2.9 proto=6`,
		`auditd 2026-03-01T10:00:00.125Z
event.category=network
source.ip=203.0.113.7
destination.ip=192.0.2.9
`,
	},
	"auditd of a program": {
		`type=EXECVE msg=audit(1772359200.125:44): argc=2 a0="/usr/bin/id" a1="-u"`,
		`auditd 2026-03-01T10:00:00.125Z
process.executable=/usr/bin/id
process.name=id
process.command_line=/usr/bin/id -u
`,
	},
	"crowdstrike firewall": {
		`{"metadata":{"customerIDString":"c","offset":2,"eventType":"FirewallMatchEvent","eventCreationTime":1772359200000,"version":"1.0"},"event":{"ConnectionDirection":"1","EventType":"FirewallRuleIP4Matched","HostName":"ws-1","ImageFileName":"/usr/sbin/a","LocalAddress":"192.0.2.9","LocalPort":"445","RemoteAddress":"203.0.113.7","RemotePort":"50001","PID":"77","Protocol":"6","RuleName":"No shares"}}`,
		`crowdstrike 2026-03-01T10:00:00Z
event.category=network
event.code=FirewallRuleIP4Matched
network.direction=ingress
source.ip=203.0.113.7
source.port=50001
destination.ip=192.0.2.9
destination.port=445
rule.name=No shares
`,
	},
	"crowdstrike identity": {
		`{"metadata":{"customerIDString":"c","offset":3,"eventType":"IdpDetectionSummaryEvent","eventCreationTime":1772359200000,"version":"1.0"},"event":{"DetectName":"Odd login","Severity":34,"SeverityName":"Low","SourceAccountName":"eve","SourceAccountDomain":"CORP","SourceEndpointHostName":"ws-1","SourceEndpointIpAddress":"192.0.2.9"}}`,
		`crowdstrike 2026-03-01T10:00:00Z
event.kind=alert
event.severity=34
tocsin.severity=34
rule.name=Odd login
user.name=eve
host.name=ws-1
source.ip=192.0.2.9
`,
	},
	"hunting of a device": {
		`{"category":"AdvancedHunting-DeviceEvents","time":"2026-03-01T10:00:09Z","properties":{"Timestamp":"2026-03-01T10:00:00Z","ActionType":"OpenProcessApiCall","DeviceName":"ws-1","InitiatingProcessFileName":"a.exe","InitiatingProcessFolderPath":"c:\\t","InitiatingProcessId":44}}`,
		`hunting 2026-03-01T10:00:00Z
event.category=process,api,host
event.type=access
process.executable=c:\t\a.exe
`,
	},
	"hunting of who connects": {
		`{"category":"AdvancedHunting-DeviceNetworkEvents","time":"2026-03-01T10:00:09Z","properties":{"Timestamp":"2026-03-01T10:00:00Z","ActionType":"InboundConnectionAccepted","DeviceName":"ws-1","LocalIP":"192.0.2.9","LocalPort":445,"RemoteIP":"203.0.113.7","RemotePort":50001}}`,
		`hunting 2026-03-01T10:00:00Z
event.category=network
event.type=connection,start
source.ip=203.0.113.7
destination.ip=192.0.2.9
destination.port=445
`,
	},
	"sentinel_one custom rule": {
		`{"alertInfo":{"alertId":"a","createdAt":"2026-03-01T10:00:00Z","srcIp":"192.0.2.9","srcPort":"50001","dstIp":"203.0.113.7","dstPort":"443","dnsRequest":"bad.example"},"ruleInfo":{"id":"9","name":"Odd child","severity":"High"},"agentDetectionInfo":{"name":"ws-1"}}`,
		`sentinel_one 2026-03-01T10:00:00Z
event.kind=alert
rule.id=9
source.port=50001
destination.port=443
dns.question.name=bad.example
host.name=ws-1
`,
	},
	"sshd who left with a reason": {
		`Mar  1 10:00:00 bastion sshd[7]: Received disconnect from 203.0.113.7 port 33980:11: Bye`,
		`syslog 0000-03-01T10:00:00Z
event.category=authentication,network
event.type=end
source.ip=203.0.113.7
source.port=33980
`,
	},
	"syslog with JSON that a relay has escaped": {
		`2026-03-01T10:00:00.494Z INFO websso[77:tomcat-http--42] [auditlogger] {\"user\":\"alice@shop.example\",\"client\":\"203.0.113.7\",\"description\":\"User alice@shop.example logged in\",\"type\":\"com.vmware.sso.LoginSuccess\"}`,
		`syslog 2026-03-01T10:00:00.494Z
user.name=alice@shop.example
source.ip=203.0.113.7
`,
	},
	"windows by NXLog's syslog": {
		`<14>1 2026-03-01T10:00:00.5+00:00 dc-1.shop.example Microsoft-Windows-Security-Auditing 592 - [NXLOG@14506 Keywords="-9214364837600034816" EventType="AUDIT_SUCCESS" EventID="4624" RecordNumber="77" Channel="Security" TargetUserName="alice" TargetDomainName="SHOP" LogonType="3" IpAddress="203.0.113.7" IpPort="50001"] An account was successfully logged on.`,
		`windows_syslog 2026-03-01T10:00:00.5Z
event.code=4624
event.category=authentication
event.outcome=success
host.name=dc-1.shop.example
user.name=alice
source.ip=203.0.113.7
winlog.event_data.LogonType=3
`,
	},
	"windows by Snare": {
		"<13>Mar  1 10:00:00 dc-1 MSWinEventLog\t1\tSecurity\t77\tSun Mar 01 10:00:00 2026\t4625\tMicrosoft-Windows-Security-Auditing\tSHOP\\ops\tN/A\tFailure Audit\tdc-1\tLogon\t\tAn account failed to log on.    Subject:   Security ID:  S-1-0-0   Account Name:  -    Account For Which Logon Failed:   Account Name:  eve   Account Domain:  SHOP    Network Information:   Workstation Name: WS-1   Source Network Address: 203.0.113.7   Source Port:  50001\t12",
		`windows_syslog 2026-03-01T10:00:00Z
event.code=4625
event.category=authentication
event.outcome=failure
host.name=dc-1
user.name=eve
source.ip=203.0.113.7
source.port=50001
`,
	},
	"windows by OSSEC": {
		`Mar  1 10:00:00 dc-1 WinEvtLog: Security: AUDIT_FAILURE(4625): Microsoft-Windows-Security-Auditing: (no user): no domain: dc-1.shop.example: An account failed to log on. Subject:  Security ID:  S-1-0-0  Account Name:  -  Logon Type:   3  Account For Which Logon Failed:  Security ID:  S-1-0-0  Account Name:  eve  Account Domain:  SHOP`,
		`windows_syslog 0000-03-01T10:00:00Z
event.code=4625
event.category=authentication
event.outcome=failure
host.name=dc-1.shop.example
user.name=eve
`,
	},
	"windows by the number before the message": {
		`<134>Mar  1 10:00:00 dc-1 Security-Auditing: 4634: AUDIT_SUCCESS An account was logged off.  Subject:  Security ID:  S-1-5-21-7  Account Name:  alice`,
		`windows_syslog 0000-03-01T10:00:00Z
event.code=4634
event.category=authentication
event.type=end
event.outcome=success
host.name=dc-1
`,
	},
	"cef of Cortex XDR": {
		`CEF:0|Palo Alto Networks|Cortex XDR|Cortex XDR 3.1|XDR Agent|Behavioral Threat|6|end=1772359200000 shost=WS-1 cat=Malware suser=CORP\\alice cs1=a.exe cs1Label=Initiated by cs2=a.exe /x cs2Label=Initiator CMD act=Detected (Reported) src=192.0.2.9 dst=203.0.113.7`,
		`cef 2026-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection,malware,process
host.name=WS-1
user.name=CORP\alice
process.name=a.exe
process.command_line=a.exe /x
`,
	},
	"cef of Apex Central": {
		`CEF:0|Trend Micro|Apex Central|2019|AV:File renamed|JS_SAMPLE|3|rt=Mar 01 2026 10:00:00 GMT+00:00 dhost=WS-1 duser=alice act=File renamed dvchost=server-1 shost=WS-1 suser=WS-1 dst=192.0.2.9`,
		`cef 2026-03-01T10:00:00Z
event.kind=alert
event.category=malware
host.name=WS-1
user.name=alice
`,
	},
}
