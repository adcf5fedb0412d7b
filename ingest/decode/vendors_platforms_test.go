package decode

// platforms are samples of what SIEMs and clouds alert.
var platforms = map[string]vendorSample{
	"wazuh5": {
		`{"@timestamp":"2026-03-01T10:00:00Z","event":{"action":"ssh_login","category":["authentication"],"kind":"event","module":"logcollector","outcome":"failure"},
		"host":{"hostname":"relay"},"source":{"ip":"203.0.113.7"},"user":{"name":"oracle"},"wazuh":{"agent":{"id":"001","name":"agent-1","host":{"hostname":"web-1","ip":["192.0.2.2"]}},
		"rule":{"id":"r-1","title":"Login refused","level":"high","tags":["ssh"],"mitre":{"technique":{"id":["T1110"],"name":["Brute Force"]}}}}}`,
		`wazuh5 2026-03-01T10:00:00Z
event.kind=alert
event.severity=73
event.category=authentication
rule.name=Login refused
rule.id=r-1
host.name=web-1
host.ip=192.0.2.2
threat.technique.id=T1110
user.name=oracle
`,
	},
	"elastic": {
		`{"@timestamp":"2026-03-01T10:00:00Z","event.kind":"signal","kibana.alert.uuid":"u-9","kibana.alert.rule.name":"Odd child","kibana.alert.rule.uuid":"ru","kibana.alert.risk_score":73,
		"kibana.alert.severity":"high","kibana.alert.rule.threat":[{"framework":"MITRE ATT&CK","tactic":{"id":"TA0002","name":"Execution"},"technique":[{"id":"T1059","name":"Command and Scripting Interpreter"}]}],
		"host":{"name":"ws-1"},"process":{"name":"cmd.exe","pid":7}}`,
		`elastic 2026-03-01T10:00:00Z
event.kind=alert
event.severity=73
event.risk_score=73
event.risk_score_norm=73
rule.name=Odd child
threat.technique.id=T1059
threat.tactic.id=TA0002
process.name=cmd.exe
`,
	},
	"elastic 7": {
		`{"_index":".siem-signals-default","_id":"sig-1","_source":{"@timestamp":"2026-03-01T10:00:00Z","signal":{"rule":{"id":"ru","rule_id":"rid","name":"Old rule","severity":"low","risk_score":21},
		"original_event":{"category":["process"]}},"user":{"name":"eve"}}}`,
		`elastic 2026-03-01T10:00:00Z
event.kind=alert
event.severity=21
rule.name=Old rule
event.category=process
user.name=eve
`,
	},
	"splunk row": {
		`{"preview":false,"result":{"_raw":"<38>1 2026-03-01T10:00:00Z bastion sshd 7 - - Failed password for root from 203.0.113.7 port 50022 ssh2","_time":"2026-03-01T11:00:00.000+0100","host":"bastion",
		"sourcetype":"linux_secure","search_name":"Brute force","urgency":"high"}}`,
		`splunk 2026-03-01T10:00:00Z
event.kind=alert
event.severity=73
rule.name=Brute force
source.ip=203.0.113.7
user.name=root
host.name=bastion
event.outcome=failure
splunk.result.sourcetype=linux_secure
splunk.result._raw=(absent)
`,
	},
	"splunk hec": {
		`{"time":1772359200.5,"host":"fw-1","sourcetype":"acme:json","index":"main","event":{"product":"Acme","level":3}}`,
		`splunk 2026-03-01T10:00:00.5Z
host.name=fw-1
json.product=Acme
splunk.index=main
`,
	},
	"splunk notable": {
		`{"result":{"_time":"1772359200","rule_title":"Beacon","src":"192.0.2.5","dest":"203.0.113.7","user":"eve","urgency":"medium","event_id":"n@@1","sourcetype":"stash"}}`,
		`splunk 2026-03-01T10:00:00Z
event.kind=alert
rule.name=Beacon
source.ip=192.0.2.5
destination.ip=203.0.113.7
user.name=eve
event.severity=47
`,
	},
	"falco": {
		`{"hostname":"node-1","output":"10:00:00.1: Warning Shell in container","priority":"Warning","rule":"Terminal shell","source":"syscall","tags":["shell","mitre_execution","T1059"],"time":"2026-03-01T10:00:00.1Z",
		"output_fields":{"evt.time":1772359200100000000,"container.id":"c1","proc.name":"sh","proc.cmdline":"sh -i","proc.pid":77,"proc.pname":"runc","user.name":"root","k8s.pod.name":"web-0","k8s.ns.name":"shop"}}`,
		`falco 2026-03-01T10:00:00.1Z
event.kind=alert
event.severity=47
rule.name=Terminal shell
process.name=sh
process.command_line=sh -i
process.pid=77
process.parent.name=runc
user.name=root
host.name=node-1
container.id=c1
orchestrator.namespace=shop
threat.technique.id=T1059
threat.tactic.name=execution
`,
	},
	"guardduty": {
		`{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","id":"gd-1","type":"UnauthorizedAccess:EC2/SSHBruteForce",
		"resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-1","networkInterfaces":[{"privateIpAddress":"192.0.2.10"}]}},"service":{"serviceName":"guardduty","detectorId":"d","action":{"actionType":"NETWORK_CONNECTION",
		"networkConnectionAction":{"connectionDirection":"INBOUND","remoteIpDetails":{"ipAddressV4":"203.0.113.7"},"remotePortDetails":{"port":40000},"localPortDetails":{"port":22},"protocol":"TCP"}}},
		"severity":5.5,"createdAt":"2026-03-01T09:00:00Z","updatedAt":"2026-03-01T10:00:00Z","title":"Brute force against i-1","description":"d"}}`,
		`guardduty 2026-03-01T10:00:00Z
event.kind=alert
event.severity=5
tocsin.severity=55
rule.name=UnauthorizedAccess:EC2/SSHBruteForce
source.ip=203.0.113.7
source.port=40000
destination.ip=192.0.2.10
destination.port=22
network.transport=tcp
cloud.account.id=111122223333
aws.guardduty.id=gd-1
`,
	},
	"security hub": {
		`{"SchemaVersion":"2018-10-08","Id":"arn:f/1","ProductArn":"arn:p","ProductName":"Inspector","CompanyName":"AWS","GeneratorId":"g-1","AwsAccountId":"111122223333","Region":"eu-west-1","Types":["TTPs/Discovery"],
		"CreatedAt":"2026-03-01T09:00:00Z","UpdatedAt":"2026-03-01T10:00:00Z","Severity":{"Label":"HIGH","Normalized":70},"Title":"Port probe","Description":"d","Network":{"SourceIpV4":"203.0.113.7","DestinationPort":22}}`,
		`security_hub 2026-03-01T10:00:00Z
event.severity=70
event.risk_score_norm=70
event.category=intrusion_detection
rule.name=Port probe
source.ip=203.0.113.7
destination.port=22
observer.product=Inspector
`,
	},
	"gcp audit": {
		`{"insertId":"x","logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"google.iam.admin.v1.CreateServiceAccountKey",
		"serviceName":"iam.googleapis.com","authenticationInfo":{"principalEmail":"eve@corp.example"},"requestMetadata":{"callerIp":"203.0.113.7","callerSuppliedUserAgent":"cli"},"status":{"code":7,"message":"denied"}},
		"resource":{"labels":{"project_id":"p"}},"timestamp":"2026-03-01T10:00:00Z","severity":"NOTICE"}`,
		`gcp_audit 2026-03-01T10:00:00Z
event.action=google.iam.admin.v1.CreateServiceAccountKey
event.outcome=failure
event.category=iam
event.type=creation
user.name=eve@corp.example
source.ip=203.0.113.7
cloud.project.id=p
`,
	},
	"gcp finding": {
		`{"notificationConfigName":"n","finding":{"name":"organizations/1/findings/f","category":"Persistence: New Geography","state":"ACTIVE","severity":"LOW","findingClass":"THREAT","eventTime":"2026-03-01T10:00:00Z",
		"resourceName":"//cloud/p","access":{"principalEmail":"eve@corp.example","callerIp":"203.0.113.7"},"mitreAttack":{"primaryTactic":"PERSISTENCE"}},"resource":{"projectDisplayName":"shop"}}`,
		`gcp_finding 2026-03-01T10:00:00Z
event.severity=21
event.category=threat
rule.name=Persistence: New Geography
source.ip=203.0.113.7
user.name=eve@corp.example
`,
	},
	"sentinel": {
		`{"Type":"SecurityAlert","TimeGenerated":"2026-03-01T10:00:00Z","StartTimeUtc":"2026-03-01 09:59:00","SystemAlertId":"sa-1","ProviderName":"MDATP","VendorName":"Microsoft","AlertType":"T","AlertName":"A","AlertDisplayName":"Odd process","Severity":"High",
		"ExtendedProperties":"{\"User Name\":\"CORP\\\\eve\",\"Report Id\":\"7\"}","Entities":"[{\"$id\":\"1\",\"HostName\":\"ws-1\",\"Type\":\"host\"},{\"$id\":\"2\",\"Directory\":\"c:\\\\t\",\"Name\":\"a.exe\",\"Type\":\"file\"},{\"$id\":\"3\",\"ProcessId\":\"0x10\",\"CommandLine\":\"a.exe -x\",\"ImageFile\":{\"$ref\":\"2\"},\"Type\":\"process\"},{\"$id\":\"4\",\"Address\":\"203.0.113.7\",\"Type\":\"ip\"}]"}`,
		`sentinel 2026-03-01T10:00:00Z
event.severity=73
rule.name=Odd process
host.name=ws-1
user.name=eve
user.domain=CORP
source.ip=203.0.113.7
process.executable=c:\t\a.exe
process.name=a.exe
process.pid=16
process.command_line=a.exe -x
microsoft.sentinel.properties.Report_Id=7
`,
	},
	"sentinel incident": {
		`{"id":"/subscriptions/s/incidents/i","type":"Microsoft.SecurityInsights/Incidents","properties":{"incidentNumber":7,"title":"Several alerts","severity":"Medium","status":"New","lastModifiedTimeUtc":"2026-03-01T10:00:00Z",
		"additionalData":{"tactics":["Persistence"]}}}`,
		`sentinel_incident 2026-03-01T10:00:00Z
event.severity=47
event.action=new
rule.name=Several alerts
threat.tactic.name=Persistence
`,
	},
	"defender": {
		`{"id":"da-1","incidentId":"3","status":"new","severity":"high","serviceSource":"microsoftDefenderForEndpoint","title":"Ransom note","category":"Impact","createdDateTime":"2026-03-01T09:59:00Z","lastUpdateDateTime":"2026-03-01T10:00:00Z",
		"mitreTechniques":["T1486"],"evidence":[{"deviceDnsName":"ws-1.corp.example"},{"processCommandLine":"x.exe /all","processId":41,"imageFile":{"fileName":"x.exe"},"userAccount":{"accountName":"eve"}},{"ipAddress":"203.0.113.7"}]}`,
		`defender 2026-03-01T10:00:00Z
event.severity=73
rule.name=Ransom note
host.name=ws-1.corp.example
process.command_line=x.exe /all
process.pid=41
process.name=x.exe
user.name=eve
source.ip=203.0.113.7
threat.technique.id=T1486
`,
	},
	"hunting": {
		`{"time":"2026-03-01T10:00:05Z","tenantId":"t","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2026-03-01T10:00:00Z","ActionType":"ProcessCreated","DeviceName":"ws-1",
		"AccountName":"eve","FileName":"x.exe","ProcessCommandLine":"x.exe","ProcessId":41,"InitiatingProcessFileName":"winword.exe"}}`,
		`hunting 2026-03-01T10:00:00Z
event.kind=event
event.category=process
event.action=ProcessCreated
host.name=ws-1
user.name=eve
process.pid=41
process.parent.name=winword.exe
`,
	},
	"crowdstrike": {
		`{"metadata":{"customerIDString":"c","offset":1,"eventType":"DetectionSummaryEvent","eventCreationTime":1772359201000,"version":"1.0"},"event":{"ProcessStartTime":1772359200,"ProcessId":9,"ComputerName":"ws-1","UserName":"eve","DetectName":"NGAV",
		"DetectDescription":"d","Severity":4,"SeverityName":"High","FileName":"x.exe","FilePath":"\\Device\\Disk","CommandLine":"x.exe /q","SHA256String":"ab","Tactic":"Malware","Technique":"PUP","LocalIP":"192.0.2.5"}}`,
		`crowdstrike 2026-03-01T10:00:01Z
event.kind=alert
event.severity=4
tocsin.severity=73
event.category=intrusion_detection,malware
rule.name=NGAV
host.name=ws-1
user.name=eve
process.executable=\Device\Disk\x.exe
process.name=x.exe
process.command_line=x.exe /q
`,
	},
	"crowdstrike fdr": {
		`{"event_simpleName":"ProcessRollup2","name":"ProcessRollup2V19","aid":"a1","aip":"198.51.100.9","cid":"c","event_platform":"Win","timestamp":"1772359200000","ImageFileName":"\\Device\\x.exe","CommandLine":"x","RawProcessId":"41","ParentBaseFileName":"p.exe"}`,
		`crowdstrike 2026-03-01T10:00:00Z
event.kind=event
event.category=process
event.type=start
event.action=ProcessRollup2
host.id=a1
process.pid=41
process.parent.name=p.exe
`,
	},
	"sentinel one": {
		`{"threatInfo":{"threatId":"t1","threatName":"eicar.com","classification":"Malware","confidenceLevel":"malicious","identifiedAt":"2026-03-01T10:00:00Z","filePath":"/tmp/eicar.com","sha1":"aa","processUser":"eve"},
		"agentRealtimeInfo":{"agentComputerName":"ws-1","agentId":"a"},"agentDetectionInfo":{"agentIpV4":"192.0.2.5,192.0.2.6"}}`,
		`sentinel_one 2026-03-01T10:00:00Z
event.kind=alert
event.category=malware
rule.name=eicar.com
host.name=ws-1
host.ip=192.0.2.5,192.0.2.6
file.path=/tmp/eicar.com
file.name=eicar.com
user.name=eve
`,
	},
}
