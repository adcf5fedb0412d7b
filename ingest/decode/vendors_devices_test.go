package decode

// devices are samples of the rest: identity services, sensors, hosts, servers.
var devices = map[string]vendorSample{
	"kubernetes": {
		`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/pods/web/exec","verb":"create","user":{"username":"eve","groups":["system:authenticated"]},
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
`,
	},
	"osquery": {
		`{"name":"pack_ir_processes","hostIdentifier":"db-1","calendarTime":"Sun Mar 01 10:00:00 2026 UTC","unixTime":1772359200,"columns":{"pid":"41","name":"nc","path":"/usr/bin/nc","cmdline":"nc -l 1","username":"eve"},"action":"added"}`,
		`osquery 2026-03-01T10:00:00Z
event.category=process
event.type=info
rule.name=pack_ir_processes
host.name=db-1
process.pid=41
process.name=nc
process.executable=/usr/bin/nc
process.command_line=nc -l 1
user.name=eve
`,
	},
	"ocsf finding": {
		`{"class_uid":2004,"class_name":"Detection Finding","category_uid":2,"activity_id":1,"severity_id":4,"severity":"High","time":1772359200000,"metadata":{"version":"1.1.0","product":{"name":"EDR","vendor_name":"Acme"}},"risk_score":80,
		"finding_info":{"uid":"f","title":"Odd child","attacks":[{"technique":{"uid":"T1059"},"tactic":{"uid":"TA0002"}}]},"device":{"hostname":"ws-1"},"evidences":[{"process":{"name":"x.exe","pid":41,"cmd_line":"x"},"src_endpoint":{"ip":"203.0.113.7"}}]}`,
		`ocsf 2026-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection
event.severity=4
tocsin.severity=73
event.risk_score_norm=80
event.code=2004
rule.name=Odd child
host.name=ws-1
process.name=x.exe
source.ip=203.0.113.7
threat.technique.id=T1059
observer.vendor=Acme
`,
	},
	"ocsf file with hashes": {
		`{"class_uid":1001,"category_uid":1,"activity_id":1,"time":1772359200000,"metadata":{"version":"1.3.0","product":{"name":"EDR"},"sequence":7},"file":{"path":"/tmp/x","size":12,"hashes":[{"algorithm_id":3,"value":"E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"},{"algorithm_id":1,"value":"d41d8cd98f00b204e9800998ecf8427e"}]},"device":{"hostname":"pc-1","os":{"version":"11"}},"actor":{"process":{"name":"sh","file":{"hashes":[{"value":"da39a3ee5e6b4b0d3255bfef95601890afd80709"}]}}},"attacks":[{"sub_technique":{"uid":"T1059.004"}}],"url":{"hostname":"shop.example"},"reg_key":{"path":"HKLM\\x"}}`,
		`ocsf 2026-03-01T10:00:00Z
event.category=file
event.type=creation
event.sequence=7
file.size=12
file.hash.md5=d41d8cd98f00b204e9800998ecf8427e
file.hash.sha256=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
process.hash.sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709
host.os.version=11
threat.technique.subtechnique.id=T1059.004
url.domain=shop.example
registry.path=HKLM\x
`,
	},
	"ocsf login": {
		`{"class_uid":3002,"category_uid":3,"activity_id":1,"status_id":2,"severity_id":1,"time":1772359200000,"metadata":{"version":"1.3.0"},"user":{"name":"eve"},"src_endpoint":{"ip":"203.0.113.7","port":1},"dst_endpoint":{"hostname":"dc"}}`,
		`ocsf 2026-03-01T10:00:00Z
event.kind=event
event.category=authentication
event.type=start
event.outcome=failure
user.name=eve
source.ip=203.0.113.7
destination.domain=dc
`,
	},
	"opensearch": {
		`{"id":"oa","monitor_id":"m","monitor_name":"Logins","trigger_id":"t","trigger_name":"Too many","state":"ACTIVE","severity":"2","start_time":1772359200000,"end_time":null}`,
		`opensearch 2026-03-01T10:00:00Z
event.kind=alert
event.severity=73
event.action=active
rule.name=Too many
rule.ruleset=Logins
`,
	},
	"alertmanager": {
		`{"version":"4","groupKey":"{}","status":"firing","receiver":"soc","groupLabels":{"alertname":"Down"},"commonLabels":{"alertname":"Down","severity":"critical","instance":"db-1:9100","job":"node"},
		"commonAnnotations":{"summary":"db-1 is down"},"alerts":[{"status":"firing","labels":{"alertname":"Down"},"startsAt":"2026-03-01T10:00:00Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"f"}]}`,
		`alertmanager 2026-03-01T10:00:00Z
event.kind=alert
event.severity=99
event.action=firing
rule.name=Down
host.name=db-1:9100
message=db-1 is down
event.end=(absent)
`,
	},
	"okta": {
		`{"uuid":"o-1","published":"2026-03-01T10:00:00.000Z","eventType":"user.session.start","severity":"INFO","displayMessage":"User login to Okta","actor":{"id":"a","alternateId":"eve@corp.example","displayName":"Eve"},
		"client":{"ipAddress":"203.0.113.7","userAgent":{"rawUserAgent":"curl"}},"outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"}}`,
		`okta 2026-03-01T10:00:00Z
event.action=user.session.start
event.category=authentication,session
event.type=start
event.outcome=failure
user.name=eve@corp.example
source.ip=203.0.113.7
`,
	},
	"github": {
		`{"@timestamp":1772359200000,"_document_id":"g","action":"org.add_member","actor":"eve","actor_ip":"203.0.113.7","org":"acme","user":"bob"}`,
		`github 2026-03-01T10:00:00Z
event.action=org.add_member
user.name=eve
user.target.name=bob
source.ip=203.0.113.7
organization.name=acme
`,
	},
	"azure": {
		`{"time":"2026-03-01T10:00:00Z","resourceId":"/tenants/t/providers/Microsoft.aadiam","operationName":"Sign-in activity","category":"SignInLogs","tenantId":"t","resultType":"50126","callerIpAddress":"203.0.113.7","properties":{"userPrincipalName":"eve@corp.example"}}`,
		`azure 2026-03-01T10:00:00Z
event.category=authentication
event.type=start
event.outcome=failure
user.name=eve@corp.example
source.ip=203.0.113.7
`,
	},
	"office": {
		`{"CreationTime":"2026-03-01T10:00:00","Id":"i","Operation":"UserLoginFailed","Workload":"AzureActiveDirectory","RecordType":15,"UserType":0,"UserId":"eve@corp.example","ClientIP":"203.0.113.7","ResultStatus":"Failed"}`,
		`office 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
user.name=eve@corp.example
source.ip=203.0.113.7
`,
	},
	"leef 1": {
		"<134>Mar  1 10:00:00 fw-1 LEEF:1.0|Acme|Wall|2.1|100|src=203.0.113.7\tdst=192.0.2.10\tsrcPort=1024\tdstPort=80\tproto=TCP\tsev=8\tcat=anomaly\tusrName=eve\tdevTime=1772359200\tmsg=a=b\tc",
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
`,
	},
	"leef 2": {
		"LEEF:2.0|Acme|Wall|2.1|login|0x5E|src=203.0.113.7^usrName=eve^action=login failed^devTime=2026.03.01 10h00^devTimeFormat=yyyy.MM.dd HH'h'mm^odd=1",
		`leef 2026-03-01T10:00:00Z
source.ip=203.0.113.7
event.category=authentication
event.outcome=failure
leef.extensions.odd=1
`,
	},
	"leef predefined attributes": {
		"LEEF:2.0|Acme|Gate|1|500|^|cat=access^srcPreNAT=10.1.1.9^srcPreNATPort=1024^srcPostNAT=198.51.100.1^srcPostNATPort=2048^dstPreNAT=192.0.2.80^dstPreNATPort=443^dstPostNAT=10.2.2.2^dstPostNATPort=8443^identHostName=pc-9^identNetBios=PC9^identGrpName=sales^identMAC=00:00:5E:00:53:01^vSrc=192.0.2.5^vSrcName=esx-1^accountName=eve^realm=corp.example^role=admin^policy=lan^totalPackets=7^srcBytes=10^dstBytes=20^isLoginEvent=true^calLanguage=en^devTime=1772359200000",
		`leef 2026-03-01T10:00:00Z
source.ip=10.1.1.9
source.port=1024
source.nat.ip=198.51.100.1
source.nat.port=2048
source.domain=pc-9
source.mac=00-00-5E-00-53-01
destination.ip=192.0.2.80
destination.port=443
destination.nat.ip=10.2.2.2
destination.nat.port=8443
host.name=esx-1
host.ip=192.0.2.5
user.name=eve
user.domain=corp.example
user.roles=admin
group.name=sales
rule.ruleset=lan
network.packets=7
event.category=authentication
event.type=start
leef.extensions.identNetBios=PC9
leef.extensions.calLanguage=en
`,
	},
	"leef with keys of CEF": {
		"LEEF:1.0|Acme|EPP|1|Detected|sev=7\tsrcPreNAT=10.9.9.9\tsrc=10.1.1.9\tdhost=pc-1\tduser=eve\tfname=a.exe\tfileHash=44d88612fea8a8f36de82e1278abb02f\tisLogoutEvent=1\trt=1772359200000",
		`leef 2026-03-01T10:00:00Z
source.ip=10.1.1.9
leef.extensions.srcPreNAT=10.9.9.9
destination.domain=pc-1
destination.user.name=eve
user.name=eve
file.name=a.exe
file.hash.md5=44d88612fea8a8f36de82e1278abb02f
event.category=authentication
event.type=end
`,
	},
	"syslog whose message has the year": {
		"<190>Feb 27 17:19:17 teamcity auth.log: [2024-02-27 17:19:17,734]  DEBUG - processing",
		`syslog 2024-02-27T17:19:17.734Z
host.name=teamcity
`,
	},
	"windows xml": {
		`<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System><Provider Name="Microsoft-Windows-Security-Auditing"/><EventID Qualifiers="">4625</EventID><Keywords>0x8010000000000000</Keywords>
		<TimeCreated SystemTime="2026-03-01T10:00:00.5Z"/><EventRecordID>9</EventRecordID><Channel>Security</Channel><Computer>dc-1</Computer></System>
		<EventData><Data Name="TargetUserName">bob</Data><Data Name="LogonType">10</Data><Data Name="IpAddress">203.0.113.7</Data></EventData></Event>`,
		`windows_xml 2026-03-01T10:00:00.5Z
event.code=4625
event.outcome=failure
host.name=dc-1
user.name=bob
source.ip=203.0.113.7
winlog.event_data.LogonType=10
`,
	},
	"access log": {
		`203.0.113.7 - eve [01/Mar/2026:11:00:00 +0100] "GET /a/b.php?x=1 HTTP/1.1" 404 209 "https://shop.example/" "probe/1.0"`,
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
`,
	},
	"error log": {
		`2026/03/01 10:00:00 [error] 11#11: *3 user "eve" was not found in "/etc/htpasswd", client: 203.0.113.7, server: _, request: "GET /admin HTTP/2.0", host: "shop.example"`,
		`weblog 2026-03-01T10:00:00Z
event.type=error
event.outcome=failure
log.level=error
source.ip=203.0.113.7
user.name=eve
url.path=/admin
url.domain=shop.example
`,
	},
	"error log of apache": {
		`[Sun Mar 01 10:00:00.5 2026] [auth_basic:error] [pid 77:tid 1] [client 203.0.113.7:50000] AH01617: user eve: authentication failure for "/x": Password Mismatch`,
		`weblog 2026-03-01T10:00:00.5Z
source.ip=203.0.113.7
source.port=50000
user.name=eve
event.outcome=failure
process.pid=77
`,
	},
	"key value": {
		`<189>date=2026-03-01 time=11:00:00 tz="+0100" devname="fw-1" logid="0100" type="event" subtype="system" level="alert" user="eve" action="login" status="failed" srcip=203.0.113.7 msg="Administrator login failed"`,
		`keyvalue 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
event.action=login
user.name=eve
source.ip=203.0.113.7
observer.name=fw-1
keyvalue.subtype=system
log.syslog.priority=189
`,
	},
	"key value behind a header": {
		`<134>1 2026-03-01T10:00:00Z gw-1 app - - - src=203.0.113.7 dst=192.0.2.10 proto=6 dport=443 action=drop`,
		`syslog 2026-03-01T10:00:00Z
event.category=network
event.type=denied
source.ip=203.0.113.7
destination.port=443
network.transport=tcp
host.name=gw-1
`,
	},
	"time in brackets": {
		`[2026-03-01 10:00:00.25] Login failed for user "eve" from 203.0.113.7`,
		`syslog 2026-03-01T10:00:00.25Z
event.category=authentication
event.outcome=failure
user.name=eve
source.ip=203.0.113.7
`,
	},
	"cef login": {
		`CEF:0|Acme|VPN|1|7|User login failed|5|cat=authentication act=login src=203.0.113.7 suser=eve rt=1772359200000`,
		`cef 2026-03-01T10:00:00Z
event.category=authentication
event.type=start
event.outcome=failure
user.name=eve
`,
	},
	"cef keys that mean the same, or do not fit": {
		`CEF:0|Acme|EDR|1|7|Copy|5|rt=1772359200000 sproc=a.exe dproc=b.exe start=soon deviceDirection=2 fileHash=zz dpriv=Administrator fileCreateTime=1772359200000 fileModificationTime=1772359260000 dtz=Europe/Berlin ahost=relay-1 src=203.0.113.7 sourceAddress=203.0.113.7`,
		`cef 2026-03-01T10:00:00Z
process.name=a.exe
cef.extensions.dproc=b.exe
event.start=(absent)
cef.extensions.start=soon
cef.extensions.deviceDirection=2
cef.extensions.fileHash=zz
destination.user.group.name=Administrator
file.created=2026-03-01T10:00:00Z
file.mtime=2026-03-01T10:01:00Z
event.timezone=Europe/Berlin
agent.name=relay-1
cef.extensions.sourceAddress=(absent)
`,
	},
	"wazuh mail": {
		`{"timestamp":"2026-03-01T10:00:00Z","rule":{"level":5,"description":"Invalid user","id":"9705","groups":["dovecot","authentication_failed"]},"agent":{"id":"003","name":"mx-1"},"decoder":{"name":"dovecot"},"data":{"srcip":"203.0.113.7","srcuser":"<alice>","dstuser":"<>"}}`,
		`wazuh 2026-03-01T10:00:00Z
user.name=alice
wazuh.data.srcuser=<alice>
wazuh.data.dstuser=<>
`,
	},
	"wazuh web": {
		`{"timestamp":"2026-03-01T10:00:00Z","rule":{"level":5,"description":"Web attack","id":"31101","groups":["web","accesslog"]},"agent":{"id":"003","name":"web-1"},"decoder":{"name":"web-accesslog"},"data":{"protocol":"GET","srcip":"203.0.113.7","url":"/x"}}`,
		`wazuh 2026-03-01T10:00:00Z
http.request.method=GET
network.transport=(absent)
url.original=/x
`,
	},
}
