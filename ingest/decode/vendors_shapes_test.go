package decode

// shapes are records of sources that no format knows by name, and other shapes of those that one does.
var shapes = map[string]vendorSample{
	"audit items": {
		`{"eventid":"42","timestamp":"1772359200","timestampfractional":"125","node":"192.0.2.9","items":{"USER_LOGIN":["pid=77 uid=0 auid=1000 ses=3 msg='op=login acct=\"root\" exe=\"/usr/sbin/sshd\" hostname=? addr=203.0.113.7 terminal=ssh res=failed'"]}}`,
		`audit_items 2026-03-01T10:00:00.125Z
event.category=authentication
event.outcome=failure
user.name=root
source.ip=203.0.113.7
destination.ip=192.0.2.9
host.ip=192.0.2.9
process.executable=/usr/sbin/sshd
auditd.items.eventid=42
`,
	},
	"windows by WMI": {
		`{"ComputerName":"dc-1.corp.example","EventCode":4625,"EventIdentifier":4625,"EventType":"5","InsertionStrings":["S-1-0-0","-","-","0x0","S-1-0-0","bob","CORP","0xc000006d","%%2313","0xc000006a","3","NtLmSsp ","NTLM","WS-9","-","-","0","0x0","-","203.0.113.7","50001"],
		"Logfile":"Security","Message":"-","RecordNumber":99,"SourceName":"Microsoft-Windows-Security-Auditing","TimeGenerated":"20260301110000.000000+060","Type":"Audit Failure","User":null}`,
		`windows 2026-03-01T10:00:00Z
event.code=4625
event.category=authentication
event.outcome=failure
user.name=bob
user.domain=CORP
source.ip=203.0.113.7
source.port=50001
source.domain=WS-9
host.name=dc-1.corp.example
winlog.event_data.SubStatus=0xc000006a
winlog.record_id=99
`,
	},
	"windows who asks the directory": {
		`{"Event":{"System":{"Channel":"Directory Service","EventID":1644,"Computer":"dc-1","TimeCreated":{"SystemTime":"2026-03-01T10:00:00Z"}},"EventData":{"Data":["DC=corp","(objectClass=*)","9","9","203.0.113.7:51463","subtree","[all]",null,"i","1","0","0","0","0","1","none","CORP\\eve"]}}}`,
		`windows 2026-03-01T10:00:00Z
source.ip=203.0.113.7
user.name=eve
event.action=ldap-query
`,
	},
	"an alert of no known format": {
		`{"alertName":"Credential dumping","alert_type":"detection","severity":"high","occurred_at":"2026-03-01T10:00:00Z","endpoint":{"host_name":"ws-1","ip_address":"192.0.2.5"},"actor":{"user-name":"CORP\\eve"},
		"process":{"commandLine":"procdump -ma lsass","file_path":"C:\\t\\procdump.exe","pid":41},"mitre":{"technique_id":"T1003.001"},"sha256":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"}`,
		`json 2026-03-01T10:00:00Z
event.kind=alert
event.category=process,network,intrusion_detection
event.severity=73
tocsin.severity=73
rule.name=Credential dumping
host.name=ws-1
user.name=CORP\eve
process.command_line=procdump -ma lsass
process.pid=41
threat.technique.id=T1003.001
json.alertName=Credential dumping
`,
	},
	"a login of no known format": {
		`{"event":"user.login","result":"FAILED","actor":"alice@corp.example","clientIp":"203.0.113.7:4711","time":1772359200}`,
		`json 2026-03-01T10:00:00Z
event.kind=event
event.category=authentication
event.type=start
event.outcome=failure
user.name=alice@corp.example
source.ip=203.0.113.7
`,
	},
	"a request of no known format": {
		`{"ts":"2026-03-01T10:00:00Z","request":{"remote_ip":"203.0.113.7","method":"GET","host":"shop.example","uri":"/a?b"},"status":404}`,
		`json 2026-03-01T10:00:00Z
event.category=network,web
http.request.method=GET
url.domain=shop.example
url.original=/a?b
source.ip=203.0.113.7
host.name=(absent)
`,
	},
	"columns of no known format": {
		`"2026-03-01 10:00:00","alice","login failed from 203.0.113.7","gate 4"`,
		`plain 2026-03-01T10:00:00Z
event.kind=event
source.ip=203.0.113.7
event.category=authentication
event.outcome=failure
`,
	},
	"check point": {
		`<134>1 2026-03-01T10:00:00Z gw-1 CheckPoint 1930 - [action:"Drop"; flags:"4"; ifdir:"inbound"; src:"203.0.113.7"; dst:"192.0.2.10"; s_port:"40000"; proto:"6"; rule_name:"Cleanup"; product:"VPN-1"]`,
		`syslog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
destination.ip=192.0.2.10
event.action=Drop
event.type=denied
event.category=network
network.transport=tcp
`,
	},
	"sonicwall": {
		`<134>Mar  1 10:00:00 192.0.2.1  id=firewall sn=18B1 time="2026-03-01 10:00:00 UTC" pri=6 m=537 msg="Connection Closed" src=192.0.2.5:57850:X0 dst=203.0.113.7:53:X1 usr="alice" proto=udp/dns`,
		`syslog 2026-03-01T10:00:00Z
source.ip=192.0.2.5
source.port=57850
destination.ip=203.0.113.7
destination.port=53
network.transport=udp
user.name=alice
`,
	},
	"meraki": {
		`<134>1 1772359200.774247467 branch-1 flows allow src=192.0.2.5 dst=203.0.113.7 mac=00:11:22:33:44:55 protocol=tcp sport=50001 dport=443`,
		`cisco_meraki 2026-03-01T10:00:00.774247467Z
host.name=branch-1
source.ip=192.0.2.5
destination.port=443
event.category=network
`,
	},
	"juniper": {
		`<14>1 2026-03-01T10:00:00.000Z srx-1 RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.40 source-address="203.0.113.7" source-port="40000" destination-address="192.0.2.10" destination-port="22" protocol-id="6" policy-name="deny-all" username="N/A"]`,
		`syslog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
destination.port=22
rule.name=deny-all
user.name=(absent)
event.category=network
`,
	},
	"pairs between bars": {
		`datetime=2026-03-01T10:00:00+0000|acc=C46A75|Sender=eve@bad.example|SourceIP=203.0.113.7|Recipient=bob@corp.example|Subject=hi there|Act=Rej`,
		`keyvalue 2026-03-01T10:00:00Z
source.ip=203.0.113.7
email.from.address=eve@bad.example
email.to.address=bob@corp.example
event.category=email
`,
	},
	"a line as OSSEC keeps it": {
		`2026 Mar 01 10:00:00 fw-1->192.0.2.1 date=2026-03-01 time=10:00:00 devname="fw-1" logid="0100032002" type="event" level="alert" srcip=203.0.113.7 action="login" msg="Administrator root login failed"`,
		`syslog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
host.name=fw-1
event.category=authentication
`,
	},
}
