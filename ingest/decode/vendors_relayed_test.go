package decode

// relayed are records as relays and vendors leave them: without a prefix, a header or a delimiter, with keys of their own.
var relayed = map[string]vendorSample{
	"cef whose prefix a relay took for a program": {
		`0|Acme|Wall|1|100|Connection allowed|3|src=203.0.113.7 dst=192.0.2.10 dpt=443 proto=TCP act=allowed smac=0000.5e00.5301 rt=Mar 01 2026 11:00:00.250 GMT+01:00`,
		`cef 2026-03-01T10:00:00.25Z
source.ip=203.0.113.7
source.mac=00-00-5E-00-53-01
observer.product=Wall
event.category=network
event.type=allowed
`,
	},
	"cef with its prefix twice": {
		`CEF:CEF:0|Acme|Wall|1|100|Exploit stopped|9|src=203.0.113.7 dst=192.0.2.10 act=IPS:Reset end=1772359200`,
		`cef 2026-03-01T10:00:00Z
event.category=network,intrusion_detection
`,
	},
	"cef of one machine, with a time of its own": {
		`CEF:0|Acme|OS|1|7|Job ended|Low|shost=srv-1 sproc=backup suser=op Acme_EventTime=2026-03-01T10:00:00Z`,
		`cef 2026-03-01T10:00:00Z
host.name=srv-1
process.name=backup
user.name=op
event.category=process
`,
	},
	"leef between blanks": {
		`LEEF:1.0|Acme|Vault|1|7|devTime=Mar 01 2026 10:00:00 UTC src=203.0.113.7 usrName=eve Action=Logon EventMessage=Logon`,
		`leef 2026-03-01T10:00:00Z
rule.name=Logon
source.ip=203.0.113.7
user.name=eve
event.category=authentication
event.type=start
`,
	},
	"leef whose tabs a daemon escaped": {
		`1.0|Acme|Wall|1|9|src=203.0.113.7#011dst=192.0.2.10#011dstPort=443#011devTime=2026-03-01T10:00:00Z`,
		`leef 2026-03-01T10:00:00Z
source.ip=203.0.113.7
destination.port=443
event.category=network
`,
	},
	"seconds before a host": {
		`1772359200.5 gate-1 traffic src=203.0.113.7 dst=192.0.2.10 protocol=tcp sport=1024 dport=443`,
		`syslog 2026-03-01T10:00:00.5Z
host.name=gate-1
source.ip=203.0.113.7
destination.port=443
`,
	},
	"json behind a mark": {
		`@cee: {"time":"2026-03-01T10:00:00Z","user":"eve","action":"login","src_ip":"203.0.113.7"}`,
		`plain 2026-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
`,
	},
	"pairs behind a program's name": {
		`[audit] action="edit" type="user" object="u" user="eve" client_ip="203.0.113.7" time="2026-03-01T10:00:00Z"`,
		`plain 2026-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
event.action=edit
`,
	},
	"sysmon by NXLog, whose own ProcessID took the place of the event's": {
		`{"EventTime":"2026-03-01 10:00:00","Hostname":"ws-1","EventID":13,"SourceName":"Microsoft-Windows-Sysmon","ProcessID":4420,"Channel":"Microsoft-Windows-Sysmon/Operational","AccountName":"SYSTEM","Message":"Registry value set:\r\nUtcTime: 2026-03-01 10:00:00.000\r\nProcessId: 572\r\nImage: C:\\x\\y.exe","UtcTime":"2026-03-01 10:00:00.000","Image":"C:\\x\\y.exe","TargetObject":"HKLM\\a\\b","EventReceivedTime":"2026-03-01 10:00:01","SourceModuleName":"in","SourceModuleType":"im_msvistalog"}`,
		`windows 2026-03-01T10:00:00Z
process.pid=572
process.name=y.exe
user.name=SYSTEM
`,
	},
	"who wrote an event that names nobody": {
		`{"EventTime":"2026-03-01 10:00:00","Hostname":"ws-1","EventID":2500,"SourceName":"Acme","ProcessID":4420,"Channel":"Application","AccountName":"op","Message":"m","SourceModuleType":"im_msvistalog"}`,
		`windows 2026-03-01T10:00:00Z
process.pid=4420
user.name=op
`,
	},
}
