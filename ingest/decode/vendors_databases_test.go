package decode

// databases are samples of what databases, and what stands before them, write.
var databases = map[string]vendorSample{
	"SQL Server's audit as a message": {
		"Audit event: audit_schema_version:1\nevent_time:2026-03-01 10:00:00.9741294\nsequence_number:1\naction_id:LGIF\nsucceeded:false\nsession_id:0\nclient_ip:203.0.113.7\nserver_principal_name:CORP\\eve\ndatabase_name:shop\nhost_name:ws-1\n.",
		`mssql_audit 2026-03-01T10:00:00.9741294Z
event.action=login-failed
event.category=authentication,database
event.type=start
event.outcome=failure
user.name=eve
user.domain=CORP
source.ip=203.0.113.7
host.name=ws-1
mssql.audit.database_name=shop
`,
	},
	"SQL Server's audit in the log of security": {
		`{"@timestamp":"2026-03-01T10:00:01Z","winlog":{"channel":"Security","event_id":33205,"provider_name":"MSSQLSERVER$AUDIT","computer_name":"db-1","event_data":{"param1":"audit_schema_version:1\nevent_time:2026-03-01 10:00:00.5\naction_id:IN  \nsucceeded:true\nserver_principal_name:CORP\\alice\n"}}}`,
		`windows 2026-03-01T10:00:01Z
event.action=insert
event.category=database
event.type=change
event.outcome=success
user.name=alice
host.name=db-1
`,
	},
	"a line of a file that is one array": {
		`{"timestamp":"2026-03-01 10:00:00","id":0,"class":"audit","event":"startup","connection_id":0,"account":{"user":"root","host":""},"login":{"user":"","os":"","ip":"","proxy":""},"startup_data":{"server_id":1,"args":["/usr/sbin/mysqld","--port=3306"]}},`,
		`product 2026-03-01T10:00:00Z
event.action=mysql-startup
event.category=database
process.executable=/usr/sbin/mysqld
process.command_line=/usr/sbin/mysqld --port=3306
`,
	},
	"seconds beside their nanoseconds": {
		`{"instant":{"epochSecond":1772359200,"nanoOfSecond":125000000},"thread":"main","level":"INFO","loggerName":"app","message":"started"}`,
		`json 2026-03-01T10:00:00.125Z
`,
	},
	"a line that a container's log holds": {
		`{"log":"[INFO] 192.0.2.9:50100 - 4711 \"A IN gone.example. udp 43 false 512\" NXDOMAIN qr,rd,ra 136 0.000102078s\n","stream":"stdout","time":"2026-03-01T10:00:00.5Z"}`,
		`json 2026-03-01T10:00:00.5Z
source.ip=192.0.2.9
dns.question.name=gone.example
event.category=network
event.outcome=failure
`,
	},
	"an access that came through proxies": {
		`shop.example:443 198.51.100.8, 10.0.0.1, 127.0.0.1 - - [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 571 "-" "curl/8"`,
		`weblog 2026-03-01T10:00:00Z
source.ip=198.51.100.8
url.domain=shop.example
destination.port=443
`,
	},
	"an access of an address": {
		`192.0.2.10:80 203.0.113.7 - - [01/Mar/2026:10:00:00 +0000] "" 400 0 "-" "-"`,
		`weblog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
destination.ip=192.0.2.10
destination.port=80
`,
	},
	"Traefik's backend": {
		`203.0.113.7 - - [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 304 0 "-" "curl/8" 262 "Host-shop-1" "http://192.0.2.10:5601" 2ms`,
		`weblog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
destination.ip=192.0.2.10
destination.port=5601
`,
	},
	"a user of two words": {
		`203.0.113.7 - alice doe [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 571 "-" "curl/8"`,
		`weblog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
user.name=alice doe
`,
	},
	"TLS of Apache": {
		`[01/Mar/2026:10:00:00 +0000] 203.0.113.7 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 "GET /a HTTP/1.1" 1375`,
		`weblog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
url.domain=(absent)
url.original=/a
`,
	},
	"a request's first line in JSON": {
		`{"remote_addr":"203.0.113.7","time_local":"01/Mar/2026:10:00:00 +0000","request":"GET /a?b HTTP/1.1","status":"404","http_user_agent":"curl/8"}`,
		`json 2026-03-01T10:00:00Z
source.ip=203.0.113.7
http.request.method=GET
http.version=1.1
http.response.status_code=404
url.original=/a?b
event.category=network,web
event.outcome=failure
`,
	},
	"a status that is none of HTTP's": {
		`{"time":"2026-03-01T10:00:00Z","status":7,"request":"reboot now","host":"web-1"}`,
		`json 2026-03-01T10:00:00Z
http.response.status_code=(absent)
http.request.method=(absent)
url.original=(absent)
`,
	},
	"the year of NetScaler": {
		`Mar 1 10:00:00 <local0.info> 192.0.2.1 CEF:0|Citrix|NetScaler|NS13.1|APPFW|APPFW_STARTURL|6|src=203.0.113.7 spt=54711 method=GET request=http://shop.example/a msg=Disallow Illegal URL. cn1=465 cs1=profile1 cs4=ALERT cs5=2024 act=blocked`,
		`cef 2024-03-01T10:00:00Z
source.ip=203.0.113.7
event.action=blocked
`,
	},
	"a job of IBM i": {
		`CEF:0|IBM|IBM i|7.4|QSYS-QHST|CPF1124|Low|reason=CPF1124 msg=Job 722506/ALICE/NIGHT started suser=ALICE sproc=722506/ALICE/NIGHT shost=AS400 rt=2026-03-01T10:00:00Z`,
		`cef 2026-03-01T10:00:00Z
process.pid=722506
process.name=ALICE/NIGHT
user.name=ALICE
`,
	},
	"BIND's query by TCP": {
		`2026-03-01T10:00:00Z ns-1 named[7]: client @0xfc886160 203.0.113.7#58925 (www.shop.example): query: www.shop.example IN A +E(0)T (192.0.2.53)`,
		`syslog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
destination.ip=192.0.2.53
dns.question.name=www.shop.example
dns.question.type=A
network.transport=tcp
`,
	},
	"a server that BIND waits for": {
		`2026-03-01T10:00:00Z ns-1 named[7]: lame server resolving 'shop.example' (in 'example'?): 198.51.100.53#53`,
		`syslog 2026-03-01T10:00:00Z
destination.ip=198.51.100.53
dns.question.name=shop.example
event.outcome=failure
`,
	},
	"Unbound's reply": {
		`2026-03-01T10:00:00Z ns-1 unbound[7]: [7:0] reply: 203.0.113.7 www.shop.example. A IN NXDOMAIN 0.017445 0 51`,
		`syslog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
dns.question.name=www.shop.example
dns.response_code=NXDOMAIN
event.outcome=failure
`,
	},
	"the method beside the first line": {
		`{"time":"2026-03-01T10:00:00Z","remote_addr":"203.0.113.7","request_method":"GET","request":"GET /a HTTP/1.1","upstream_addr":"192.0.2.10:8080","response_status":200}`,
		`json 2026-03-01T10:00:00Z
url.original=/a
destination.ip=192.0.2.10
destination.port=8080
event.outcome=success
`,
	},
	"an access behind a header": {
		`2026-03-01T10:00:01Z web-1 nginx: 203.0.113.7 - alice [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 404 571 "-" "curl/8"`,
		`weblog 2026-03-01T10:00:00Z
host.name=web-1
process.name=nginx
source.ip=203.0.113.7
user.name=alice
`,
	},
}
