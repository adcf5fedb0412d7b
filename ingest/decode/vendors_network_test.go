package decode

// network are samples of what network devices and daemons write in lines of their own.
var network = map[string]vendorSample{
	"the end of a session that FortiOS let through": {
		`<189>date=2026-03-01 time=11:00:00 devname="fw-1" devid="FGT60F0000000001" eventtime=1772359200000000000 tz="+0100" logid="0000000013" type="traffic" subtype="forward" level="notice" vd="root" srcip=192.0.2.9 srcport=50100 dstip=203.0.113.7 dstport=443 proto=6 action="close" policyid=7 policyname="out"`,
		`keyvalue 2026-03-01T10:00:00Z
event.kind=event
event.category=network
event.type=connection,end,allowed
event.outcome=success
rule.name=out
source.ip=192.0.2.9
network.transport=tcp
observer.vendor=Fortinet
observer.product=FortiGate
`,
	},
	"an attack that FortiOS found": {
		`date=2026-03-01 time=10:00:00 devname="fw-1" devid="FGT60F0000000001" logid="0419016384" type="utm" subtype="ips" eventtype="signature" level="alert" vd="root" severity="critical" srcip=203.0.113.7 dstip=192.0.2.9 action="dropped" proto=6 attack="Shop.Overflow" attackid=4711`,
		`keyvalue 2026-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection,network
event.type=denied
event.outcome=success
rule.name=Shop.Overflow
`,
	},
	"a tunnel that FortiOS begins": {
		`date=2026-3-1 time=9:05:07 devid="FGT60F0000000001" logid="0101037127" type="event" subtype="vpn" level="notice" vd="root" msg="progress IPsec phase 1" action="negotiate" remip=203.0.113.7 locip=198.51.100.1 remport=500 locport=500 status="success" init="local" dir="outbound"`,
		`keyvalue 2026-03-01T09:05:07Z
event.category=network
event.type=connection
event.outcome=success
source.ip=198.51.100.1
destination.ip=203.0.113.7
`,
	},
	"a tunnel of somebody whom FortiOS serves": {
		`date=2026-03-01 time=10:00:00 devid="FGT60F0000000001" logid="0101039947" type="event" subtype="vpn" level="information" vd="root" logdesc="SSL VPN tunnel up" action="tunnel-up" tunneltype="ssl-tunnel" remip=203.0.113.7 tunnelip=192.0.2.77 user="alice"`,
		`keyvalue 2026-03-01T10:00:00Z
event.type=connection,start
source.ip=203.0.113.7
source.nat.ip=192.0.2.77
user.name=alice
`,
	},
	"a change of FortiOS": {
		`date=2026-03-01 time=10:00:00 devid="FGT60F0000000001" logid="0100044547" type="event" subtype="system" level="information" vd="root" logdesc="Object attribute configured" user="ops" ui="GUI(192.0.2.9)" action="Edit" cfgpath="firewall.policy" cfgobj="7" msg="Edit firewall.policy 7"`,
		`keyvalue 2026-03-01T10:00:00Z
event.category=configuration
event.type=change
user.name=ops
source.ip=192.0.2.9
`,
	},
	"an attack on a site that FortiWeb guards": {
		`date=2026-03-01 time=10:00:00 log_id=20000008 msg_id=000000001 device_id=FV-1KD0000000001 vd="root" timezone="(GMT)" type=attack subtype="waf_signature_detection" pri=alert src=203.0.113.7 src_port=50100 dst=192.0.2.10 dst_port=443 main_type="Signature Detection" sub_type="SQL Injection" action=Alert_Deny`,
		`keyvalue 2026-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection,network,web
rule.name=Signature Detection
observer.product=FortiWeb
`,
	},
	"who sends mail through FortiMail": {
		`date=2026-03-01 time=10:00:00 device_id=FEVM000000000001 log_id=0200025843 type=statistics pri=information session_id="s1" client_name="mx.shop.example [203.0.113.7]" dst_ip="192.0.2.10" from="a@shop.example" to="b@office.example"`,
		`keyvalue 2026-03-01T10:00:00Z
event.category=email
source.ip=203.0.113.7
destination.ip=192.0.2.10
observer.product=FortiMail
`,
	},
	"who cannot log in to FortiMail": {
		`<182>date=2026-03-01,time=10:00:00.521,device_id=FEVM000000000001,log_id=0000004943,type=event,subtype=webmail,pri=information, user=webmail,ui=webmail,action=unknown,status=failure,msg="WebMail: Login for 'alice@shop.example' from 192.0.2.9 failed"`,
		`keyvalue 2026-03-01T10:00:00.521Z
event.category=authentication
event.outcome=failure
user.name=alice@shop.example
`,
	},
	"a month's whole name": {
		`February 12 10:00:00 pc-1 proto=tcp service=https status=deny src=192.0.2.9 dst=203.0.113.7 src_port=50100 dst_port=443`,
		`syslog 0000-02-12T10:00:00Z
host.name=pc-1
source.ip=192.0.2.9
`,
	},
	"a session that Junos denies, in words": {
		`<14>Mar  1 10:00:00 srx-1 RT_FLOW: RT_FLOW_SESSION_DENY: session denied 192.0.2.9/46087->203.0.113.7/25 junos-smtp 6(0) deny-all trust untrust UNKNOWN UNKNOWN N/A(N/A) ge-0/0/1.0`,
		`syslog 0000-03-01T10:00:00Z
event.category=network
event.type=connection,denied
event.outcome=success
event.severity=14
rule.name=deny-all
source.ip=192.0.2.9
source.port=46087
destination.port=25
network.transport=tcp
`,
	},
	"a session of Junos without its header": {
		`RT_FLOW_SESSION_CREATE: session created 192.0.2.9/46087->203.0.113.7/25 0x0 junos-smtp 192.0.2.9/46087->203.0.113.7/25 0x0 N/A N/A static rule R1 6 out trust untrust 1588 N/A(N/A) reth2.1010`,
		`plain 0001-01-01T00:00:00Z
event.type=connection,start,allowed
network.protocol=junos-smtp
rule.name=out
destination.ip=203.0.113.7
`,
	},
	"structured data without an id": {
		`<14>1 2026-03-01T10:00:00Z srx-1 RT_FLOW - RT_FLOW_SESSION_CLOSE [reason="TCP FIN" source-address="192.0.2.9" source-port="50100" destination-address="203.0.113.7" destination-port="443"]`,
		`syslog 2026-03-01T10:00:00Z
event.type=connection,end,allowed
event.severity=14
source.ip=192.0.2.9
`,
	},
	"a command that cron runs": {
		`/usr/sbin/cron[41404]: (root) CMD (   sh /etc/rotate.sh)`,
		`syslog 0001-01-01T00:00:00Z
event.category=process
process.name=cron
process.command_line=sh /etc/rotate.sh
user.name=root
`,
	},
	"a level before the tag": {
		`<141>Mar  1 10:00:00 2026 lb-1 notice named[21]: client 192.0.2.9#3076 (shop.example): query (cache) 'shop.example/A/IN' denied`,
		`syslog 2026-03-01T10:00:00Z
host.name=lb-1
process.name=named
process.pid=21
log.level=notice
source.ip=192.0.2.9
`,
	},
	"a facility and a level before the tag": {
		`<30>Mar  1 10:00:00 2026 ap-1 daemon.info dnsmasq-dhcp[9]: DHCPACK(br0) 192.0.2.77 00:00:5e:00:53:01 pc-1`,
		`syslog 2026-03-01T10:00:00Z
host.name=ap-1
process.name=dnsmasq-dhcp
event.category=network
`,
	},
	"a level and a tag without a host": {
		`2026-03-01T10:00:00.250Z info vpxd[07879] [Originator@6876 sub=Default opID=1] [VpxLRO] -- BEGIN lro-1`,
		`vmware_esx 2026-03-01T10:00:00.25Z
process.name=vpxd
process.pid=7879
log.level=info
`,
	},
	"json far behind": {
		`2026-03-01T10:00:00Z INFO websso[52:tomcat-http--15] [CorId=2dc2573a-2356-4d19-bbd8-35fc7f33d602] [auditlogger] {"user":"alice@SHOP","client":"192.0.2.9","description":"User alice@SHOP@192.0.2.9 failed to log in","type":"LoginFailure"}`,
		`syslog 2026-03-01T10:00:00Z
process.name=websso
process.pid=52
user.name=alice@SHOP
source.ip=192.0.2.9
event.category=authentication
event.outcome=failure
`,
	},
	"an element of structured data alone": {
		`2026-03-01T10:00:00Z fw-1 RT_FLOW: RT_SCREEN_TCP [junos@2636.1.1.1.2.142 attack-name="Port scan!" source-address="203.0.113.7" destination-address="192.0.2.5"]`,
		`syslog 2026-03-01T10:00:00Z
event.kind=alert
event.category=intrusion_detection,network
rule.name=Port scan!
source.ip=203.0.113.7
destination.ip=192.0.2.5
`,
	},
	"ends and ports side by side": {
		`2026-03-01 10:00:00 192.0.2.9 57612 198.51.100.8 80 closed by the client`,
		`syslog 2026-03-01T10:00:00Z
source.ip=192.0.2.9
source.port=57612
destination.ip=198.51.100.8
destination.port=80
event.category=network
`,
	},
	"both ends, then both ports": {
		`2026-03-01T10:00:00Z sw-1 FW: et-1/1/1.25 D 09c9:0800 00:00:5e:00:53:01 -> 00:00:5e:00:53:02  tcp 192.0.2.9 198.51.100.8 46736  3405 (1 packets)`,
		`syslog 2026-03-01T10:00:00Z
source.ip=192.0.2.9
destination.ip=198.51.100.8
destination.port=3405
`,
	},
	"an access with its day first": {
		`192.0.2.9 - alice [01/03/2026 10:00:00] "CONNECT https://shop.example:443 HTTP/1.1" 200 - - 1000 Shopping`,
		`weblog 2026-03-01T10:00:00Z
source.ip=192.0.2.9
user.name=alice
http.request.method=CONNECT
`,
	},
	"a name that unbound is asked for": {
		`2026-03-01T10:00:00Z ns-1 unbound[9]: [9:0] info: 192.0.2.9 shop.example. A IN`,
		`syslog 2026-03-01T10:00:00Z
source.ip=192.0.2.9
dns.question.name=shop.example
dns.question.type=A
event.category=network
`,
	},
	"somebody who went": {
		`2026-03-01T10:00:00Z gw-1 vpn: user alice@shop.example from 192.0.2.9 logged out`,
		`syslog 2026-03-01T10:00:00Z
user.name=alice@shop.example
source.ip=192.0.2.9
event.category=authentication
event.type=end
`,
	},
	"settings that are changed": {
		`2026-03-01T10:00:00Z gw-1 cfg: Configuration modified by user 'ops' from Local Console`,
		`syslog 2026-03-01T10:00:00Z
user.name=ops
event.category=configuration
`,
	},
	"a sentence in LEEF": {
		`LEEF:1.0|WatchGuard|XTM|12.10|11000005|serial=A	msg=Authentication of SSLVPN user [alice@shop.example] from 203.0.113.7 was rejected, Recv timeout	devTime=2026-03-01T10:00:00Z`,
		`leef 2026-03-01T10:00:00Z
user.name=alice@shop.example
source.ip=203.0.113.7
event.category=authentication
event.outcome=failure
`,
	},
	"a firewall's number of gravity": {
		`2026-03-01T10:00:00Z 192.0.2.1 id=firewall sn=1 time="2026-03-01 10:00:00" fw=192.0.2.1 pri=1 c=32 m=30 msg="Administrator login denied due to bad credentials" n=7 src=203.0.113.7:36701:WAN dst=192.0.2.5:443:LAN`,
		`sonicwall 2026-03-01T10:00:00Z
event.severity=1
tocsin.severity=99
event.category=authentication,network
event.outcome=failure
source.ip=203.0.113.7
`,
	},
	"a firewall's word of gravity": {
		`<30>device="SFW" date=2026-03-01 time=10:00:00 timezone="GMT" device_name="XG" device_id=1 log_id=020703406001 log_type="IDP" log_component="Anomaly" log_subtype="Detect" priority=Warning signature_id=26022 signature_msg="FILE-PDF odd" src_ip=203.0.113.7 dst_ip=192.0.2.5`,
		`sophos_xg 2026-03-01T10:00:00Z
event.kind=alert
event.severity=4
tocsin.severity=47
rule.name=FILE-PDF odd
`,
	},
}
