package decode

import "testing"

// evidence are records whose sort, ends and names follow from what stands beside them, and shapes that wrap others.
var evidence = map[string]vendorSample{
	"xml of a vendor": {
		`<?xml version="1.0"?><alarm id="7"><eventTime>2026-03-01T10:00:00Z</eventTime><severity>High</severity><rule_name>Beacon</rule_name><field name="src_ip">203.0.113.7</field><field name="user_name">eve</field><host name="ws-1"/></alarm>`,
		`xml 2026-03-01T10:00:00Z
event.kind=alert
event.module=xml
rule.name=Beacon
source.ip=203.0.113.7
user.name=eve
event.severity=73
json.id=7
xml.root=alarm
`,
	},
	"xml behind syslog's header": {
		`<29>1 2026-03-01T10:00:00Z epo EPOEvents - - - <EPOevent><MachineInfo><MachineName>ws-2</MachineName><UserName>alice</UserName></MachineInfo><ThreatName>EICAR</ThreatName></EPOevent>`,
		`syslog 2026-03-01T10:00:00Z
host.name=ws-2
user.name=alice
rule.name=EICAR
xml.root=EPOevent
log.syslog.appname=EPOEvents
`,
	},
	"xml that is broken behind a header": {
		`<29>1 2026-03-01T10:00:00Z epo EPOEvents - - - <EPOevent><a x="1></EPOevent>`,
		`syslog 2026-03-01T10:00:00Z
host.name=epo
message=<EPOevent><a x="1></EPOevent>
event.module=syslog
`,
	},
	"windows without its data": {
		`{"winlog":{"channel":"Security","event_id":4625,"provider_name":"Microsoft-Windows-Security-Auditing","computer_name":"dc-1","time_created":"2026-03-01T10:00:00Z"},"message":"An account failed to log on.\n\nSubject:\n\tSecurity ID:\t\tS-1-5-18\n\tAccount Name:\t\tDC-1$\n\tLogon ID:\t\t0x3E7\n\nLogon Type:\t\t\t3\n\nAccount For Which Logon Failed:\n\tSecurity ID:\t\tS-1-0-0\n\tAccount Name:\t\tbob\n\tAccount Domain:\t\tCORP\n\nProcess Information:\n\tCaller Process ID:\t0x2c\n\tCaller Process Name:\tC:\\Windows\\x.exe\n\nNetwork Information:\n\tWorkstation Name:\tWS-9\n\tSource Network Address:\t203.0.113.7\n\tSource Port:\t\t50001\n"}`,
		`windows 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
user.name=bob
user.domain=CORP
source.ip=203.0.113.7
source.port=50001
source.domain=WS-9
process.executable=C:\Windows\x.exe
process.pid=44
winlog.event_data.SubjectUserName=DC-1$
winlog.event_data.LogonType=3
`,
	},
	"sysmon without its data": {
		`{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":1,"provider_name":"Microsoft-Windows-Sysmon","computer_name":"ws-1","time_created":"2026-03-01T10:00:01Z"},"message":"Process Create:\r\nUtcTime: 2026-03-01 10:00:00.100\r\nProcessId: 77\r\nImage: C:\\t\\a.exe\r\nCommandLine: a.exe /x: y\r\nUser: CORP\\eve\r\nParentImage: C:\\p.exe"}`,
		`windows 2026-03-01T10:00:01Z
event.action=process-create
process.executable=C:\t\a.exe
process.pid=77
process.command_line=a.exe /x: y
user.name=eve
process.parent.executable=C:\p.exe
`,
	},
	"sysmon of linux": {
		`{"winlog":{"channel":"Linux-Sysmon/Operational","event_id":"5","computer_name":"web-1","time_created":"2026-03-01T10:00:00Z","event_data":{"ProcessId":"783","Image":"/usr/bin/x","User":"root"}},"@timestamp":"2026-03-01T12:00:00Z"}`,
		`windows 2026-03-01T10:00:00Z
event.category=process
event.action=process-terminated
process.executable=/usr/bin/x
process.pid=783
`,
	},
	"zeek without its log's name": {
		`{"ts":1772359200.25,"uid":"C1","id.orig_h":"192.0.2.5","id.orig_p":38334,"id.resp_h":"198.51.100.9","id.resp_p":53,"proto":"udp","service":"dns","conn_state":"SF"}`,
		`zeek 2026-03-01T10:00:00.25Z
event.dataset=zeek.conn
event.category=network
source.ip=192.0.2.5
destination.port=53
network.transport=udp
zeek.conn.conn_state=SF
`,
	},
	"zeek's notice without its name": {
		`{"ts":1772359200.25,"note":"Scan::Port_Scan","msg":"scanned","src":"203.0.113.7","dst":"192.0.2.5","actions":["Notice::ACTION_LOG"],"suppress_for":3600.0}`,
		`zeek 2026-03-01T10:00:00.25Z
event.kind=alert
event.dataset=zeek.notice
rule.name=Scan::Port_Scan
source.ip=203.0.113.7
destination.ip=192.0.2.5
`,
	},
	"zeek's files of SMB without its name": {
		`{"ts":1772359200.25,"uid":"C1","id.orig_h":"192.0.2.5","id.orig_p":49239,"id.resp_h":"192.0.2.6","id.resp_p":445,"action":"SMB::FILE_OPEN","path":"\\\\pc\\ADMIN$","name":"x.exe"}`,
		`zeek 2026-03-01T10:00:00.25Z
event.dataset=zeek.smb_files
event.action=SMB::FILE_OPEN
file.path=\\pc\ADMIN$\x.exe
network.transport=tcp
`,
	},
	"zeek's kerberos without its name": {
		`{"ts":1772359200.25,"uid":"C1","id.orig_h":"192.0.2.5","id.orig_p":49239,"id.resp_h":"192.0.2.6","id.resp_p":88,"request_type":"TGS","client":"alice/CORP","success":true}`,
		`zeek 2026-03-01T10:00:00.25Z
event.dataset=zeek.kerberos
event.action=TGS
event.outcome=success
user.name=alice
`,
	},
	"defender's file event": {
		`{"category":"AdvancedHunting-DeviceFileEvents","time":"2026-03-01T10:00:09Z","properties":{"Timestamp":"2026-03-01T10:00:00Z","ActionType":"FileCreated","DeviceName":"ws-1","FileName":"a.dll","FolderPath":"C:\\t\\a.dll","InitiatingProcessFileName":"cmd.exe","InitiatingProcessFolderPath":"c:\\windows\\cmd.exe","InitiatingProcessId":44,"InitiatingProcessCommandLine":"cmd /c x","InitiatingProcessParentFileName":"explorer.exe","InitiatingProcessAccountName":"eve","AdditionalFields":"{\"FileType\":\"PortableExecutable\",\"Size\":7,\"Signed\":false,\"More\":[1]}"}}`,
		`hunting 2026-03-01T10:00:00Z
event.category=file
process.name=cmd.exe
process.executable=c:\windows\cmd.exe
process.pid=44
process.command_line=cmd /c x
process.parent.name=explorer.exe
file.path=C:\t\a.dll
user.name=eve
microsoft.defender.additional.FileType=PortableExecutable
microsoft.defender.additional.Size=7
microsoft.defender.additional.Signed=false
`,
	},
	"defender's process event": {
		`{"category":"AdvancedHunting-DeviceProcessEvents","time":"2026-03-01T10:00:09Z","properties":{"Timestamp":"2026-03-01T10:00:00Z","ActionType":"ProcessCreated","DeviceName":"ws-1","FileName":"a.exe","FolderPath":"C:\\t\\a.exe","ProcessId":45,"ProcessCommandLine":"a.exe","InitiatingProcessFileName":"cmd.exe","InitiatingProcessId":44,"InitiatingProcessCommandLine":"cmd /c a.exe"}}`,
		`hunting 2026-03-01T10:00:00Z
event.category=process
process.executable=C:\t\a.exe
process.pid=45
process.command_line=a.exe
process.parent.name=cmd.exe
process.parent.pid=44
process.parent.command_line=cmd /c a.exe
`,
	},
	"defender's logon": {
		`{"category":"AdvancedHunting-DeviceLogonEvents","time":"2026-03-01T10:00:09Z","properties":{"Timestamp":"2026-03-01T10:00:00Z","ActionType":"LogonFailed","DeviceName":"ws-1","AccountName":"bob","RemoteIP":"203.0.113.7","RemotePort":50001}}`,
		`hunting 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
user.name=bob
source.ip=203.0.113.7
source.port=50001
destination.ip=(absent)
`,
	},
	"one address and no traffic": {
		`{"time":"2026-03-01T10:00:00Z","item":"report","ip_address":"203.0.113.7","action":"Exported"}`,
		`json 2026-03-01T10:00:00Z
source.ip=203.0.113.7
event.kind=event
event.category=(absent)
`,
	},
	"one address in brackets and its port": {
		`{"time":"2026-03-01T10:00:00Z","item":"report","downstream_remote_address":"[2001:db8::36]:5000"}`,
		`json 2026-03-01T10:00:00Z
source.ip=2001:db8::36
source.port=5000
`,
	},
	"an alert that names an indicator": {
		`{"time":"2026-03-01T10:00:00Z","alert_name":"Beacon","severity":"high","ioc_type":"url"}`,
		`json 2026-03-01T10:00:00Z
event.kind=alert
rule.name=Beacon
`,
	},
	"one address and its port": {
		`{"time":"2026-03-01T10:00:00Z","item":"report","clientIp":"203.0.113.7:4411"}`,
		`json 2026-03-01T10:00:00Z
source.ip=203.0.113.7
source.port=4411
event.category=network
`,
	},
	"a record in an object that holds it": {
		`{"version":"1","data":{"timestamp":1772359200,"event_type":"Threat Detected","detection":"W32.X","severity":"High","computer":{"hostname":"ws-1","user":"eve@corp.example"},"file":{"file_path":"C:\\t\\a.exe"}}}`,
		`json 2026-03-01T10:00:00Z
event.kind=alert
event.severity=73
rule.name=W32.X
host.name=ws-1
user.name=eve@corp.example
event.category=file,intrusion_detection
`,
	},
	"who did what to whose rights": {
		`{"timestamp":"2026-03-01T10:00:00Z","author":{"name":"ops","uri":"https://wiki.example/users/ops"},"type":{"category":"Permissions","action":"Space permission added"},"source":"203.0.113.7"}`,
		`product 2026-03-01T10:00:00Z
event.category=iam,configuration
event.action=Space permission added
user.name=ops
source.ip=203.0.113.7
url.original=(absent)
`,
	},
	"an indicator": {
		`{"ioc":"https://bad.example/x","ioc_type":"url","threat_type":"botnet_cc","first_seen":"2026-03-01 10:00:00 UTC"}`,
		`product 2026-03-01T10:00:00Z
event.kind=enrichment
event.category=threat
event.type=indicator
`,
	},
	"a record that another carries": {
		`{"deviceid":"86","rawmsg":"{\"timestamp\":\"2026-03-01T10:00:00Z\",\"event_type\":\"flow\",\"src_ip\":\"192.0.2.5\",\"dest_ip\":\"198.51.100.9\",\"proto\":\"TCP\",\"flow_id\":1}"}`,
		`json 2026-03-01T10:00:00Z
source.ip=192.0.2.5
destination.ip=198.51.100.9
json.deviceid=86
`,
	},
	"text that only looks like a carried record": {
		`{"time":"2026-03-01T10:00:00Z","user":"eve","raw":"{ not json }"}`,
		`json 2026-03-01T10:00:00Z
user.name=eve
json.raw={ not json }
`,
	},
	"an envelope of splunk's with the kind of source alone": {
		`{"sourcetype":"proxy","event":{"time":"2026-03-01 10:00:00","login":"eve","action":"Blocked","threatname":"None","cip":"203.0.113.7"}}`,
		`splunk 2026-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
rule.name=(absent)
splunk.sourcetype=proxy
`,
	},
	"snort's line": {
		`<33>Mar  1 10:00:00 ids snort[77]: [1:2019284:3] ET SCAN x [Classification: Attempted Recon] [Priority: 2] {TCP} 203.0.113.7:4411 -> 192.0.2.5:80`,
		`syslog 0000-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection,network
event.severity=2
tocsin.severity=73
rule.id=2019284
rule.version=3
rule.name=ET SCAN x
rule.category=Attempted Recon
network.transport=tcp
source.port=4411
destination.ip=192.0.2.5
`,
	},
	"the packet filter of BSD": {
		`<134>Mar  1 10:00:00 filterlog[77]: 146,,,1535324496,igb1.12,match,block,in,4,0x0,,63,47260,0,DF,6,tcp,60,203.0.113.7,192.0.2.5,49726,853,0,S,2457553480,,64240,,mss`,
		`syslog 0000-03-01T10:00:00Z
event.action=block
event.type=connection,denied
rule.id=1535324496
network.direction=inbound
network.transport=tcp
source.ip=203.0.113.7
source.port=49726
destination.ip=192.0.2.5
destination.port=853
`,
	},
	"the packet filter of BSD, of version 6": {
		`<134>Mar  1 10:00:00 fw filterlog[77]: 6,,,1000000105,igb1,match,pass,out,6,0x00,0xf6279,1,UDP,17,32,2001:db8::5,2001:db8::9,546,547,32`,
		`syslog 0000-03-01T10:00:00Z
event.action=pass
event.type=connection,allowed
network.direction=outbound
network.transport=udp
source.ip=2001:db8::5
destination.port=547
`,
	},
	"the packet filter of BSD, cut off": {
		`<134>Mar  1 10:00:00 fw filterlog[77]: 6,,,1000000105,igb1,match,pass,out,6,0x00`,
		`syslog 0000-03-01T10:00:00Z
event.action=(absent)
source.ip=(absent)
process.name=filterlog
`,
	},
	"pairs between commas": {
		`<190>date=2026-03-01,time=10:00:00.506,device_id=FE1,log_id=0700001767,type=kevent,user=admin,ui=http(203.0.113.7),msg="port, changed"`,
		`keyvalue 2026-03-01T10:00:00.506Z
event.code=0700001767
user.name=admin
observer.serial_number=FE1
message=port, changed
keyvalue.ui=http(203.0.113.7)
`,
	},
	"pairs in quotation marks between blanks": {
		`a="1" b="2" c="3" d="4" time=2026-03-01T10:00:00Z src=203.0.113.7 user=eve`,
		`keyvalue 2026-03-01T10:00:00Z
source.ip=203.0.113.7
user.name=eve
`,
	},
	"pairs behind words": {
		`2026-03-01 10:00:00,076 WARN  [org.keycloak.events] (default task-10) type=LOGIN_ERROR, realmId=master, userId=null, ipAddress=203.0.113.7, error=user_not_found`,
		`keycloak 2026-03-01T10:00:00.076Z
event.category=authentication
source.ip=203.0.113.7
`,
	},
	"a device's name for an attack": {
		`<14>1 2026-03-01T10:00:00Z fw-1 RT_IDP - IDP_ATTACK_LOG_EVENT [junos@2636 source-address="203.0.113.7" destination-address="192.0.2.5"]`,
		`syslog 2026-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection,network
source.ip=203.0.113.7
`,
	},
	"json behind a host of RFC 5424": {
		`<5>1 2026-03-01T10:00:00Z vault {"format":"x","syslog":{"audit_record":{"Hostname":"vault","Severity":"Info","Action":"Add User","Station":"203.0.113.7","MessageID":"180"}}}`,
		`syslog 2026-03-01T10:00:00Z
host.name=vault
event.action=add user
event.category=iam
event.code=180
source.ip=203.0.113.7
`,
	},
	"json behind the name of what wrote it": {
		`sensor_audit -: {"user": "ops", "source_ip": "203.0.113.7", "timestamp": "2026-03-01T10:00:00Z"}`,
		`plain 2026-03-01T10:00:00Z
user.name=ops
source.ip=203.0.113.7
event.module=json
`,
	},
	"cef of a connection": {
		`CEF:0|Acme|Wall|1|9|Accept|3|rt=1772359200000 src=192.0.2.5 dst=198.51.100.9 dpt=443 proto=TCP act=accept cs1Label=Rule Name cs1=out-web`,
		`cef 2026-03-01T10:00:00Z
event.kind=event
event.category=network
rule.name=Accept
rule.ruleset=out-web
`,
	},
	"cef of what its product calls grave": {
		`CEF:0|Acme|Agent|1|9|Tamper|8|rt=1772359200000 dhost=ws-1`,
		`cef 2026-03-01T10:00:00Z
event.kind=alert
rule.name=Tamper
`,
	},
	"leef of a detection": {
		"LEEF:1.0|Acme|Agent|1|9|devTime=1772359200000\tcat=Malware\tusrName=eve\tsev=4",
		`leef 2026-03-01T10:00:00Z
event.kind=alert
event.category=malware
`,
	},
	"ecs without a kind": {
		`{"@timestamp":"2026-03-01T10:00:00Z","event":{"action":"read"},"host":{"name":"db-1"}}`,
		`ecs 2026-03-01T10:00:00Z
event.kind=event
`,
	},
}

// TestKindOfECS holds that a document of ECS that does not say what kind it is is a metric where Metricbeat wrote it, else an
// event.
func TestKindOfECS(t *testing.T) {
	d := newTest(t)
	for text, want := range map[string]string{
		`{"@timestamp":"2026-03-01T10:00:00Z","metricset":{"name":"cache"},"event":{"dataset":"x.cache"}}`:          "metric",
		`{"@timestamp":"2026-03-01T10:00:00Z","event":{"dataset":"x.log"}}`:                                         "event",
		`{"@timestamp":"2026-03-01T10:00:00Z","metricset":{"name":"cache"},"event":{"kind":"state","dataset":"x"}}`: "state",
	} {
		if got := alert(t, d, text).Fields.Get("event.kind").Text(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}
