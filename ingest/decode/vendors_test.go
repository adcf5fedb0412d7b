package decode

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/internal/ecs"
)

// A vendorSample is a record written for these tests, and what must become of it: the format, the time, and lines of
// field and text.
type vendorSample struct{ text, want string }

func withVendors(m map[string]string) map[string]string {
	for name, s := range vendors {
		m[name] = s.text
	}
	return m
}

var vendors = map[string]vendorSample{
	"wazuh5": {`{"@timestamp":"2026-03-01T10:00:00Z","event":{"action":"ssh_login","category":["authentication"],"kind":"event","module":"logcollector","outcome":"failure"},
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
`},
	"elastic": {`{"@timestamp":"2026-03-01T10:00:00Z","event.kind":"signal","kibana.alert.uuid":"u-9","kibana.alert.rule.name":"Odd child","kibana.alert.rule.uuid":"ru","kibana.alert.risk_score":73,
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
`},
	"elastic 7": {`{"_index":".siem-signals-default","_id":"sig-1","_source":{"@timestamp":"2026-03-01T10:00:00Z","signal":{"rule":{"id":"ru","rule_id":"rid","name":"Old rule","severity":"low","risk_score":21},
		"original_event":{"category":["process"]}},"user":{"name":"eve"}}}`,
		`elastic 2026-03-01T10:00:00Z
event.kind=alert
event.severity=21
rule.name=Old rule
event.category=process
user.name=eve
`},
	"splunk row": {`{"preview":false,"result":{"_raw":"<38>1 2026-03-01T10:00:00Z bastion sshd 7 - - Failed password for root from 203.0.113.7 port 50022 ssh2","_time":"2026-03-01T11:00:00.000+0100","host":"bastion",
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
`},
	"splunk hec": {`{"time":1772359200.5,"host":"fw-1","sourcetype":"acme:json","index":"main","event":{"product":"Acme","level":3}}`,
		`splunk 2026-03-01T10:00:00.5Z
host.name=fw-1
json.product=Acme
splunk.index=main
`},
	"splunk notable": {`{"result":{"_time":"1772359200","rule_title":"Beacon","src":"192.0.2.5","dest":"203.0.113.7","user":"eve","urgency":"medium","event_id":"n@@1","sourcetype":"stash"}}`,
		`splunk 2026-03-01T10:00:00Z
event.kind=alert
rule.name=Beacon
source.ip=192.0.2.5
destination.ip=203.0.113.7
user.name=eve
event.severity=47
`},
	"falco": {`{"hostname":"node-1","output":"10:00:00.1: Warning Shell in container","priority":"Warning","rule":"Terminal shell","source":"syscall","tags":["shell","mitre_execution","T1059"],"time":"2026-03-01T10:00:00.1Z",
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
`},
	"guardduty": {`{"version":"0","detail-type":"GuardDuty Finding","source":"aws.guardduty","detail":{"schemaVersion":"2.0","accountId":"111122223333","region":"eu-west-1","id":"gd-1","type":"UnauthorizedAccess:EC2/SSHBruteForce",
		"resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-1","networkInterfaces":[{"privateIpAddress":"192.0.2.10"}]}},"service":{"serviceName":"guardduty","detectorId":"d","action":{"actionType":"NETWORK_CONNECTION",
		"networkConnectionAction":{"connectionDirection":"INBOUND","remoteIpDetails":{"ipAddressV4":"203.0.113.7"},"remotePortDetails":{"port":40000},"localPortDetails":{"port":22},"protocol":"TCP"}}},
		"severity":5.5,"createdAt":"2026-03-01T09:00:00Z","updatedAt":"2026-03-01T10:00:00Z","title":"Brute force against i-1","description":"d"}}`,
		`guardduty 2026-03-01T10:00:00Z
event.kind=alert
event.severity=55
rule.name=Brute force against i-1
source.ip=203.0.113.7
source.port=40000
destination.ip=192.0.2.10
destination.port=22
network.transport=tcp
cloud.account.id=111122223333
aws.guardduty.id=gd-1
`},
	"security hub": {`{"SchemaVersion":"2018-10-08","Id":"arn:f/1","ProductArn":"arn:p","ProductName":"Inspector","CompanyName":"AWS","GeneratorId":"g-1","AwsAccountId":"111122223333","Region":"eu-west-1","Types":["TTPs/Discovery"],
		"CreatedAt":"2026-03-01T09:00:00Z","UpdatedAt":"2026-03-01T10:00:00Z","Severity":{"Label":"HIGH","Normalized":70},"Title":"Port probe","Description":"d","Network":{"SourceIpV4":"203.0.113.7","DestinationPort":22}}`,
		`security_hub 2026-03-01T10:00:00Z
event.severity=70
event.risk_score_norm=70
event.category=intrusion_detection
rule.name=Port probe
source.ip=203.0.113.7
destination.port=22
observer.product=Inspector
`},
	"gcp audit": {`{"insertId":"x","logName":"projects/p/logs/cloudaudit.googleapis.com%2Factivity","protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"google.iam.admin.v1.CreateServiceAccountKey",
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
`},
	"gcp finding": {`{"notificationConfigName":"n","finding":{"name":"organizations/1/findings/f","category":"Persistence: New Geography","state":"ACTIVE","severity":"LOW","findingClass":"THREAT","eventTime":"2026-03-01T10:00:00Z",
		"resourceName":"//cloud/p","access":{"principalEmail":"eve@corp.example","callerIp":"203.0.113.7"},"mitreAttack":{"primaryTactic":"PERSISTENCE"}},"resource":{"projectDisplayName":"shop"}}`,
		`gcp_finding 2026-03-01T10:00:00Z
event.severity=21
event.category=threat
rule.name=Persistence: New Geography
source.ip=203.0.113.7
user.name=eve@corp.example
`},
	"sentinel": {`{"Type":"SecurityAlert","TimeGenerated":"2026-03-01T10:00:00Z","StartTimeUtc":"2026-03-01 09:59:00","SystemAlertId":"sa-1","ProviderName":"MDATP","VendorName":"Microsoft","AlertType":"T","AlertName":"A","AlertDisplayName":"Odd process","Severity":"High",
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
`},
	"sentinel incident": {`{"id":"/subscriptions/s/incidents/i","type":"Microsoft.SecurityInsights/Incidents","properties":{"incidentNumber":7,"title":"Several alerts","severity":"Medium","status":"New","lastModifiedTimeUtc":"2026-03-01T10:00:00Z",
		"additionalData":{"tactics":["Persistence"]}}}`,
		`sentinel_incident 2026-03-01T10:00:00Z
event.severity=47
event.action=new
rule.name=Several alerts
threat.tactic.name=Persistence
`},
	"defender": {`{"id":"da-1","incidentId":"3","status":"new","severity":"high","serviceSource":"microsoftDefenderForEndpoint","title":"Ransom note","category":"Impact","createdDateTime":"2026-03-01T09:59:00Z","lastUpdateDateTime":"2026-03-01T10:00:00Z",
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
`},
	"hunting": {`{"time":"2026-03-01T10:00:05Z","tenantId":"t","operationName":"Publish","category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2026-03-01T10:00:00Z","ActionType":"ProcessCreated","DeviceName":"ws-1",
		"AccountName":"eve","FileName":"x.exe","ProcessCommandLine":"x.exe","ProcessId":41,"InitiatingProcessFileName":"winword.exe"}}`,
		`hunting 2026-03-01T10:00:00Z
event.kind=event
event.category=process
event.action=ProcessCreated
host.name=ws-1
user.name=eve
process.pid=41
process.parent.name=winword.exe
`},
	"crowdstrike": {`{"metadata":{"customerIDString":"c","offset":1,"eventType":"DetectionSummaryEvent","eventCreationTime":1772359201000,"version":"1.0"},"event":{"ProcessStartTime":1772359200,"ProcessId":9,"ComputerName":"ws-1","UserName":"eve","DetectName":"NGAV",
		"DetectDescription":"d","Severity":4,"SeverityName":"High","FileName":"x.exe","FilePath":"\\Device\\Disk","CommandLine":"x.exe /q","SHA256String":"ab","Tactic":"Malware","Technique":"PUP","LocalIP":"192.0.2.5"}}`,
		`crowdstrike 2026-03-01T10:00:00Z
event.kind=alert
event.severity=73
event.category=intrusion_detection
rule.name=NGAV
host.name=ws-1
user.name=eve
process.executable=\Device\Disk\x.exe
process.name=x.exe
process.command_line=x.exe /q
`},
	"crowdstrike fdr": {`{"event_simpleName":"ProcessRollup2","name":"ProcessRollup2V19","aid":"a1","aip":"198.51.100.9","cid":"c","event_platform":"Win","timestamp":"1772359200000","ImageFileName":"\\Device\\x.exe","CommandLine":"x","RawProcessId":"41","ParentBaseFileName":"p.exe"}`,
		`crowdstrike 2026-03-01T10:00:00Z
event.kind=event
event.category=process
event.type=start
event.action=ProcessRollup2
host.id=a1
process.pid=41
process.parent.name=p.exe
`},
	"sentinel one": {`{"threatInfo":{"threatId":"t1","threatName":"eicar.com","classification":"Malware","confidenceLevel":"malicious","identifiedAt":"2026-03-01T10:00:00Z","filePath":"/tmp/eicar.com","sha1":"aa","processUser":"eve"},
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
`},
	"kubernetes": {`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods/web/exec","verb":"create","user":{"username":"eve","groups":["system:authenticated"]},
		"sourceIPs":["203.0.113.7","192.0.2.1"],"userAgent":"kubectl","objectRef":{"resource":"pods","namespace":"shop","name":"web"},"responseStatus":{"code":403},"stageTimestamp":"2026-03-01T10:00:00.000000Z",
		"annotations":{"authorization.k8s.io/decision":"forbid"}}`,
		`kubernetes 2026-03-01T10:00:00Z
event.action=create
event.type=creation
event.outcome=failure
user.name=eve
source.ip=203.0.113.7
orchestrator.namespace=shop
orchestrator.resource.name=web
`},
	"osquery": {`{"name":"pack_ir_processes","hostIdentifier":"db-1","calendarTime":"Sun Mar 01 10:00:00 2026 UTC","unixTime":1772359200,"columns":{"pid":"41","name":"nc","path":"/usr/bin/nc","cmdline":"nc -l 1","username":"eve"},"action":"added"}`,
		`osquery 2026-03-01T10:00:00Z
event.category=process
event.type=creation
host.name=db-1
process.pid=41
process.name=nc
process.executable=/usr/bin/nc
process.command_line=nc -l 1
user.name=eve
`},
	"ocsf finding": {`{"class_uid":2004,"class_name":"Detection Finding","category_uid":2,"activity_id":1,"severity_id":4,"severity":"High","time":1772359200000,"metadata":{"version":"1.1.0","product":{"name":"EDR","vendor_name":"Acme"}},"risk_score":80,
		"finding_info":{"uid":"f","title":"Odd child","attacks":[{"technique":{"uid":"T1059"},"tactic":{"uid":"TA0002"}}]},"device":{"hostname":"ws-1"},"evidences":[{"process":{"name":"x.exe","pid":41,"cmd_line":"x"},"src_endpoint":{"ip":"203.0.113.7"}}]}`,
		`ocsf 2026-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection
event.severity=73
event.risk_score_norm=80
event.code=2004
rule.name=Odd child
host.name=ws-1
process.name=x.exe
source.ip=203.0.113.7
threat.technique.id=T1059
observer.vendor=Acme
`},
	"ocsf login": {`{"class_uid":3002,"category_uid":3,"activity_id":1,"status_id":2,"severity_id":1,"time":1772359200000,"metadata":{"version":"1.3.0"},"user":{"name":"eve"},"src_endpoint":{"ip":"203.0.113.7","port":1},"dst_endpoint":{"hostname":"dc"}}`,
		`ocsf 2026-03-01T10:00:00Z
event.kind=event
event.category=authentication
event.type=start
event.outcome=failure
user.name=eve
source.ip=203.0.113.7
destination.domain=dc
`},
	"opensearch": {`{"id":"oa","monitor_id":"m","monitor_name":"Logins","trigger_id":"t","trigger_name":"Too many","state":"ACTIVE","severity":"2","start_time":1772359200000,"end_time":null}`,
		`opensearch 2026-03-01T10:00:00Z
event.kind=alert
event.severity=73
event.action=active
rule.name=Too many
rule.ruleset=Logins
`},
	"alertmanager": {`{"version":"4","groupKey":"{}","status":"firing","receiver":"soc","groupLabels":{"alertname":"Down"},"commonLabels":{"alertname":"Down","severity":"critical","instance":"db-1:9100","job":"node"},
		"commonAnnotations":{"summary":"db-1 is down"},"alerts":[{"status":"firing","labels":{"alertname":"Down"},"startsAt":"2026-03-01T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"f"}]}`,
		`alertmanager 2026-03-01T10:00:00Z
event.kind=alert
event.severity=99
event.action=firing
rule.name=Down
host.name=db-1:9100
message=db-1 is down
event.end=(absent)
`},
	"okta": {`{"uuid":"o-1","published":"2026-03-01T10:00:00.000Z","eventType":"user.session.start","severity":"INFO","displayMessage":"User login to Okta","actor":{"id":"a","alternateId":"eve@corp.example","displayName":"Eve"},
		"client":{"ipAddress":"203.0.113.7","userAgent":{"rawUserAgent":"curl"}},"outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"}}`,
		`okta 2026-03-01T10:00:00Z
event.action=user.session.start
event.category=authentication
event.type=start
event.outcome=failure
user.name=eve@corp.example
source.ip=203.0.113.7
`},
	"github": {`{"@timestamp":1772359200000,"_document_id":"g","action":"org.add_member","actor":"eve","actor_ip":"203.0.113.7","org":"acme","user":"bob"}`,
		`github 2026-03-01T10:00:00Z
event.action=org.add_member
user.name=eve
user.target.name=bob
source.ip=203.0.113.7
organization.name=acme
`},
	"azure": {`{"time":"2026-03-01T10:00:00Z","resourceId":"/tenants/t/providers/Microsoft.aadiam","operationName":"Sign-in activity","category":"SignInLogs","tenantId":"t","resultType":"50126","callerIpAddress":"203.0.113.7","properties":{"userPrincipalName":"eve@corp.example"}}`,
		`azure 2026-03-01T10:00:00Z
event.category=authentication
event.type=start
event.outcome=failure
user.name=eve@corp.example
source.ip=203.0.113.7
`},
	"office": {`{"CreationTime":"2026-03-01T10:00:00","Id":"i","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"UserId":"eve@corp.example","ClientIP":"203.0.113.7","ResultStatus":"Failed"}`,
		`office 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
user.name=eve@corp.example
source.ip=203.0.113.7
`},
	"leef 1": {"<134>Mar  1 10:00:00 fw-1 LEEF:1.0|Acme|Wall|2.1|100|src=203.0.113.7\tdst=192.0.2.10\tsrcPort=1024\tdstPort=80\tproto=TCP\tsev=8\tcat=anomaly\tusrName=eve\tdevTime=1772359200\tmsg=a=b\tc",
		`leef 2026-03-01T10:00:00Z
observer.vendor=Acme
event.code=100
event.severity=8
source.ip=203.0.113.7
destination.port=80
network.transport=tcp
rule.category=anomaly
user.name=eve
message=a=b	c
`},
	"leef 2": {"LEEF:2.0|Acme|Wall|2.1|login|0x5E|src=203.0.113.7^usrName=eve^action=login failed^devTime=2026.03.01 10h00^devTimeFormat=yyyy.MM.dd HH'h'mm^odd=1",
		`leef 2026-03-01T10:00:00Z
source.ip=203.0.113.7
event.category=authentication
event.outcome=failure
leef.extensions.odd=1
`},
	"windows xml": {`<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID Qualifiers="">4625</EventID><Keywords>0x8010000000000000</Keywords>
		<TimeCreated SystemTime="2026-03-01T10:00:00.5Z"/><EventRecordID>9</EventRecordID><Channel>Security</Channel><Computer>dc-1</Computer></System>
		<EventData><Data Name="TargetUserName">bob</Data><Data Name="LogonType">10</Data><Data Name="IpAddress">203.0.113.7</Data></EventData></Event>`,
		`windows_xml 2026-03-01T10:00:00.5Z
event.code=4625
event.outcome=failure
host.name=dc-1
user.name=bob
source.ip=203.0.113.7
winlog.event_data.LogonType=10
`},
	"access log": {`203.0.113.7 - eve [01/Mar/2026:11:00:00 +0100] "GET /a/b.php?x=1 HTTP/1.1" 404 209 "https://shop.example/" "probe/1.0"`,
		`weblog 2026-03-01T10:00:00Z
event.category=web
event.outcome=failure
source.ip=203.0.113.7
user.name=eve
http.request.method=GET
http.response.status_code=404
url.original=/a/b.php?x=1
url.path=/a/b.php
url.extension=php
user_agent.original=probe/1.0
`},
	"error log": {`2026/03/01 10:00:00 [error] 11#11: *3 user "eve" was not found in "/etc/htpasswd", client: 203.0.113.7, server: _, request: "GET /admin HTTP/2.0", host: "shop.example"`,
		`weblog 2026-03-01T10:00:00Z
event.type=error
event.outcome=failure
log.level=error
source.ip=203.0.113.7
user.name=eve
url.path=/admin
url.domain=shop.example
`},
	"error log of apache": {`[Sun Mar 01 10:00:00.5 2026] [auth_basic:error] [pid 77:tid 1] [client 203.0.113.7:50000] AH01617: user eve: authentication failure for "/x": Password Mismatch`,
		`weblog 2026-03-01T10:00:00.5Z
source.ip=203.0.113.7
source.port=50000
user.name=eve
event.outcome=failure
process.pid=77
`},
	"key value": {`<189>date=2026-03-01 time=11:00:00 tz="+0100" devname="fw-1" logid="0100" type="event" subtype="system" level="alert" user="eve" action="login" status="failed" srcip=203.0.113.7 msg="Administrator login failed"`,
		`keyvalue 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
event.action=login
user.name=eve
source.ip=203.0.113.7
observer.name=fw-1
keyvalue.subtype=system
log.syslog.priority=189
`},
	"key value behind a header": {`<134>1 2026-03-01T10:00:00Z gw-1 app - - - src=203.0.113.7 dst=192.0.2.10 proto=6 dport=443 action=drop`,
		`syslog 2026-03-01T10:00:00Z
event.category=network
event.type=denied
source.ip=203.0.113.7
destination.port=443
network.transport=tcp
host.name=gw-1
`},
	"time in brackets": {`[2026-03-01 10:00:00.25] Login failed for user "eve" from 203.0.113.7`,
		`syslog 2026-03-01T10:00:00.25Z
event.category=authentication
event.outcome=failure
user.name=eve
source.ip=203.0.113.7
`},
	"cef login": {`CEF:0|Acme|VPN|1|7|User login failed|5|cat=authentication act=login src=203.0.113.7 suser=eve rt=1772359200000`,
		`cef 2026-03-01T10:00:00Z
event.category=authentication
event.type=start
event.outcome=failure
user.name=eve
`},
	"wazuh web": {`{"timestamp":"2026-03-01T10:00:00Z","rule":{"level":5,"description":"Web attack","id":"31101","groups":["web","accesslog"]},"agent":{"id":"003","name":"web-1"},"decoder":{"name":"web-accesslog"},"data":{"protocol":"GET","srcip":"203.0.113.7","url":"/x"}}`,
		`wazuh 2026-03-01T10:00:00Z
http.request.method=GET
network.transport=(absent)
url.original=/x
`},
}

// TestVendors says where the values of the vendors' samples go.
func TestVendors(t *testing.T) {
	d := newTest(t)
	for name, s := range vendors {
		t.Run(name, func(t *testing.T) {
			a := alert(t, d, s.text)
			var fields []string
			for line := range strings.Lines(s.want) {
				if field, _, ok := strings.Cut(line, "="); ok {
					fields = append(fields, field)
				}
			}
			if diff := cmp.Diff(s.want, show(a, strings.Join(fields, " "))); diff != "" {
				t.Errorf("alert (-want +got):\n%s", diff)
			}
			for field, v := range a.Fields.All() {
				if strings.HasPrefix(field, "tocsin.unfit") {
					t.Errorf("%s = %s does not fit its field", field, v.Text())
				}
				if _, known := ecs.Lookup(field); !known {
					t.Errorf("rules do not know the field %s", field)
				}
			}
		})
	}
}

// TestOwnIDs holds that what a source promises never to give twice makes the alert's id.
func TestOwnIDs(t *testing.T) {
	d := newTest(t)
	for name, own := range map[string]string{
		"elastic": "u-9", "elastic 7": "sig-1", "guardduty": "gd-1@2026-03-01T10:00:00Z", "security hub": "arn:f/1@2026-03-01T10:00:00Z",
		"sentinel": "sa-1@2026-03-01T10:00:00Z", "defender": "da-1@2026-03-01T10:00:00Z", "okta": "o-1", "office": "i",
	} {
		if got, want := alert(t, d, samples[name]).ID, tocsin.SourceAlertID("default", "s", own); got != want {
			t.Errorf("%s: id %s, want %s", name, got, want)
		}
	}
}
