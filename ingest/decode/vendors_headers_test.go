package decode

// headed are lines with headers and pairs as relays, switches and programs make of them.
var headed = map[string]vendorSample{
	"a collector's time before the line's own": {
		`2026-03-01T10:00:05.000Z Mar  1 10:00:00 ip-192-0-2-9 dhclient[3000]: XMT: Solicit on eth0`,
		`syslog 2026-03-01T10:00:05Z
host.name=ip-192-0-2-9
process.name=dhclient
process.pid=3000
`,
	},
	"a host's address behind its name": {
		`<141>Mar  1 10:00:00  ns1.shop.example 192.0.2.7 named: zone shop.example/IN: loaded serial 7`,
		`syslog 0000-03-01T10:00:00Z
host.name=ns1.shop.example
host.ip=192.0.2.7
process.name=named
`,
	},
	"a switch's own time behind a relay's": {
		`<187>Mar  1 10:00:00 192.0.2.7 : 2026 Mar  1 10:00:00.206 UTC: last message repeated 4 time`,
		`syslog 2026-03-01T10:00:00.206Z
host.name=192.0.2.7
`,
	},
	"a switch without a name": {
		`<189>: 2026 Mar  1 10:00:00 UTC: %ETHPORT-5-SPEED: Interface Ethernet1/33, operational speed changed to 100 Mbps`,
		`cisco_ios 2026-03-01T10:00:00Z
event.code=SPEED
host.name=(absent)
`,
	},
	"a router's number, name and number": {
		`<190>45: gw-1: 46: *Mar  1 2026 11:00:00.250 CET: %SYS-5-RESTART: System restarted`,
		`cisco_ios 2026-03-01T10:00:00.25Z
host.name=gw-1
event.code=RESTART
`,
	},
	"a router's own time behind a relay's": {
		`<190>Mar  1 10:00:01 192.0.2.7 gw-1: 4711: Mar  1 10:00:00.250: %SYS-5-RESTART: System restarted`,
		`cisco_ios 0000-03-01T10:00:00.25Z
host.name=192.0.2.7
`,
	},
	"a relay's time has the year": {
		`2026-03-01T10:00:01Z gw-1 4711: Mar  1 10:00:00.250: %SYS-5-RESTART: System restarted`,
		`cisco_ios 2026-03-01T10:00:01Z
host.name=gw-1
`,
	},
	"a task of a wireless controller": {
		`<134>wlc-1: *SISF BT Process: Mar  1 10:00:00.250: %SISF-6-ENTRY_DELETED: sisf_shim_utils.c:482 Entry deleted`,
		`cisco_ios 0000-03-01T10:00:00.25Z
host.name=wlc-1
process.name=SISF BT Process
`,
	},
	"a switch's day of one digit": {
		`<185>sw-1: 2026 Mar 1 10:00:00 UTC: %PLATFORM-1-PFM_ALERT: FAN_BAD: fan1`,
		`cisco_ios 2026-03-01T10:00:00Z
host.name=sw-1
`,
	},
	"a program of two words": {
		`Mar  1 10:00:00 mac-1 Google Chrome[85294]: objc[85294]: __weak variable`,
		`syslog 0000-03-01T10:00:00Z
process.name=Google Chrome
process.pid=85294
`,
	},
	"the time of Sophos UTM": {
		`2026:03:01-10:00:00 utm-1 aua[4321]: id="3006" severity="info" sys="System" sub="auth" name="Child is running too long"`,
		`sophos_utm 2026-03-01T10:00:00Z
host.name=utm-1
process.name=aua
process.pid=4321
`,
	},
	"Junos' gravity is its priority": {
		`<14>1 2026-03-01T10:00:00Z srx-1 RT_FLOW - RT_FLOW_SESSION_DENY [junos@2636.1.1.1.2.129 source-address="192.0.2.9" source-port="50100" destination-address="203.0.113.7" destination-port="443"]`,
		`syslog 2026-03-01T10:00:00Z
event.severity=14
tocsin.severity=1
observer.vendor=Juniper
source.ip=192.0.2.9
`,
	},
	"a list of one object": {
		`<14>1 2026-03-01T10:00:00Z esx-1 agent 1402  - [{"srcaddr":"192.0.2.9","destaddr":"203.0.113.7","destport":80,"action":"allow"}]`,
		`syslog 2026-03-01T10:00:00Z
source.ip=192.0.2.9
destination.ip=203.0.113.7
`,
	},
	"pairs behind an address, a day and its clock apart": {
		`192.0.2.1 sn=123 time=2026-03-01 10:00:00 fw=192.0.2.1 pri=6 src=192.0.2.9:50100:X0 dst=203.0.113.7:443:X1 rule_name="out"`,
		`plain 2026-03-01T10:00:00Z
event.severity=6
source.ip=192.0.2.9
destination.port=443
rule.name=out
`,
	},
	"where an administrator sits": {
		`<190>date=2026-03-01 time=11:00:00 tz="+0100" devname="fw-1" logid="0100044546" type="event" subtype="system" level="information" user="alice" ui="GUI(192.0.2.9)" action="Edit"`,
		`keyvalue 2026-03-01T10:00:00Z
source.ip=192.0.2.9
user.name=alice
`,
	},
	"pairs in single quotation marks, a zone by its name": {
		`active='true',computer_name='pc-1',cve_code='CVE-2026-1',seen_at='2026-03-01 11:00:00 CET',time='2026-03-01 11:00:00 CET'`,
		`keyvalue 2026-03-01T10:00:00Z
host.name=pc-1
`,
	},
	"pages and traffic have the policy's rule": {
		`1,2026/03/01 10:00:00,0164,TRAFFIC,end,2305,2026/03/01 10:00:00,192.0.2.9,203.0.113.7,0.0.0.0,0.0.0.0,out,,,dns,vsys1,in,out,e1,e2,fwd,2026/03/01 10:00:00,7,1,50100,53,0,0,0x0,udp,allow,205`,
		`panos 2026-03-01T10:00:00Z
rule.name=out
rule.ruleset=out
event.kind=event
`,
	},
}
