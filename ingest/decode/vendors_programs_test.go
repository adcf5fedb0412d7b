package decode

// programs are samples of what servers and their applications write to logs of their own.
var programs = map[string]vendorSample{
	"laurel": {
		`{"ID":"1772359200.125:42","NODE":"db-1","SYSCALL":{"arch":"0xc000003e","syscall":59,"success":"yes","exit":0,"ppid":40,"pid":41,"auid":1000,"uid":1000,"comm":"base64","exe":"/usr/bin/base64","SYSCALL":"execve","UID":"eve","EUID":"root","PPID":{"exe":"/bin/sh"}},
		"EXECVE":{"argc":2,"ARGV":["base64","-d"]},"CWD":{"cwd":"/tmp"}}`,
		`laurel 2026-03-01T10:00:00.125Z
event.action=execve
event.outcome=success
event.type=start
host.name=db-1
process.pid=41
process.parent.pid=40
process.parent.executable=/bin/sh
process.executable=/usr/bin/base64
process.command_line=base64 -d
user.name=eve
user.effective.name=root
`,
	},
	"dashboards": {
		`{"type":"response","@timestamp":"2026-03-01T10:00:00Z","tags":[],"pid":7,"method":"post","statusCode":401,"req":{"url":"/auth/login","method":"post","headers":{"host":"kibana.example"},"remoteAddress":"203.0.113.7"},"res":{"statusCode":401,"contentLength":9},"message":"POST /auth/login 401"}`,
		`dashboards 2026-03-01T10:00:00Z
source.ip=203.0.113.7
http.request.method=post
http.response.status_code=401
url.original=/auth/login
event.outcome=failure
`,
	},
	"eslogger exec": {
		`{"schema_version":1,"event_type":9,"time":"2026-03-01T10:00:00.5Z","event":{"exec":{"args":["sudo","-S","id"],"cwd":{"path":"/Users/eve"},"target":{"ppid":40,"group_id":39,"session_id":38,"signing_id":"com.apple.sudo","audit_token":{"pid":41,"euid":0},
		"executable":{"path":"/tmp/Notes.app/Contents/MacOS/sudo"}}}},"process":{"ppid":40,"group_id":39,"signing_id":"com.apple.bash","audit_token":{"pid":41,"euid":501},"executable":{"path":"/bin/bash"}}}`,
		`eslogger 2026-03-01T10:00:00.5Z
event.category=process
event.type=start
event.action=exec
process.pid=41
process.parent.pid=40
process.group_leader.pid=39
process.executable=/tmp/Notes.app/Contents/MacOS/sudo
process.previous.executable=/bin/bash
process.command_line=sudo -S id
process.code_signature.signing_id=com.apple.sudo
user.id=0
macos.bundle=/tmp/Notes.app
`,
	},
	"eslogger write": {
		`{"schema_version":1,"event_type":33,"time":"2026-03-01T10:00:00Z","event":{"write":{"target":{"path":"/tmp/Notes.app/Contents/a.nib"}}},"process":{"ppid":40,"group_id":39,"audit_token":{"pid":41,"euid":501},"executable":{"path":"/bin/cp"}}}`,
		`eslogger 2026-03-01T10:00:00Z
event.category=file
event.type=change
file.path=/tmp/Notes.app/Contents/a.nib
process.executable=/bin/cp
macos.bundle=/tmp/Notes.app
`,
	},
	"panos threat": {
		`<14>Mar  1 10:00:00 fw-1 1,2026/03/01 10:00:01,0164,THREAT,vulnerability,2561,2026/03/01 10:00:00,203.0.113.7,192.0.2.10,203.0.113.7,10.0.0.1,"allow, all",acme\eve,,ssh,vsys1,untrust,dmz,e1,e2,fwd,2026/03/01 10:00:00,77,1,4000,22,4000,22,0x0,tcp,reset-both,,SSH Brute Force(40015),any,high,client-to-server,7,0x0`,
		`panos 2026-03-01T10:00:00Z
event.kind=alert
event.severity=2
tocsin.severity=73
event.action=reset-both
event.type=denied
event.outcome=failure
rule.name=allow, all
panw.panos.threat.name=SSH Brute Force(40015)
panw.panos.threat.id=40015
rule.ruleset=allow, all
source.ip=203.0.113.7
source.port=4000
destination.ip=192.0.2.10
destination.port=22
network.transport=tcp
host.name=fw-1
`,
	},
	"load balancer": {
		`https 2026-03-01T10:00:00.186641Z app/shop/50dc 203.0.113.7:2817 10.0.0.1:80 0.086 0.048 0.037 404 404 0 57 "GET https://shop.example:443/.env?a=b HTTP/1.1" "curl/8" ECDHE-RSA TLSv1.2`,
		`balancer 2026-03-01T10:00:00.186641Z
source.ip=203.0.113.7
source.port=2817
destination.ip=10.0.0.1
http.request.method=GET
http.response.status_code=404
http.response.body.bytes=57
url.domain=shop.example
url.path=/.env
user_agent.original=curl/8
event.outcome=failure
`,
	},
	"edge": {
		"2026-03-01\t10:00:00\tCDG50-P2\t703\t203.0.113.7\tGET\td6.cloudfront.net\t/a\t403\t-\tcurl/8%20x\tq=1\t-\tError",
		`balancer 2026-03-01T10:00:00Z
source.ip=203.0.113.7
http.request.method=GET
http.response.status_code=403
url.original=/a?q=1
url.query=q=1
url.domain=d6.cloudfront.net
user_agent.original=curl/8 x
`,
	},
	"proxy": {
		`[01/Mar/2026:11:00:00 +0100] shop.example 203.0.113.7 0.227 "REPORT /dav/ HTTP/2.0" 207 125 440 - Mozilla/5.0`,
		`weblog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
url.domain=shop.example
url.path=/dav/
http.response.status_code=207
http.response.body.bytes=125
event.outcome=success
`,
	},
	"proxy manager": {
		`[01/Mar/2026:10:00:00 +0000] - 404 404 - GET https shop.example "/.git/config" [Client 203.0.113.7] [Length 2] [Gzip -] "curl/8" "-"`,
		`weblog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
url.domain=shop.example
url.path=/.git/config
http.request.method=GET
http.response.status_code=404
event.outcome=failure
`,
	},
	"container": {
		`shop-db-1   | time=2026-03-01T10:00:00.5Z level=WARN msg="Incorrect username or password" client_ip=203.0.113.7 username=eve`,
		`container 2026-03-01T10:00:00.5Z
container.name=shop-db-1
event.category=authentication
event.outcome=failure
source.ip=203.0.113.7
user.name=eve
`,
	},
	"level before time": {
		`[ERROR|auth|L83] 2026-03-01T10:00:00: Incorrect username or password from 203.0.113.7`,
		`syslog 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
source.ip=203.0.113.7
host.name=(absent)
`,
	},
	"level after time": {
		`2026-03-01 10:00:00,762 INFO  [qtp-1:https://mail.example/soap] [name=eve;oip=203.0.113.7;ua=x;] SoapEngine - handler exception: authentication failed for [eve@acme.example], invalid password`,
		`syslog 2026-03-01T10:00:00.762Z
event.category=authentication
event.outcome=failure
source.ip=203.0.113.7
user.name=eve@acme.example
host.name=(absent)
`,
	},
	"resolver": {
		`01-Mar-2026 10:00:00.425 client @0x7f00 203.0.113.7#3076 (example.com): query (cache) 'example.com/ANY/IN' denied`,
		`syslog 2026-03-01T10:00:00.425Z
source.ip=203.0.113.7
source.port=3076
dns.question.name=example.com
dns.question.type=ANY
event.action=denied
event.outcome=failure
`,
	},
	"firewall of web applications": {
		`{"level":"error","ts":1772359200.5,"logger":"http.handlers.waf","msg":"[client \"203.0.113.7\"] Coraza: Access denied (phase 2). Total score: 7 [file \"/r/949.conf\"] [id \"949110\"] [msg \"Anomaly score\"] [severity \"critical\"] [tag \"attack-sqli\"] [uri \"/a\"]"}`,
		`json 2026-03-01T10:00:00.5Z
event.kind=alert
event.severity=99
event.type=denied
rule.id=949110
rule.name=Anomaly score
source.ip=203.0.113.7
url.path=/a
`,
	},
	"mail server": {
		`2026-03-01 10:00:00 H=(smtp.example) [203.0.113.7]:17125 F=<a@b.example> rejected RCPT <c@d.example>: Sender verify failed`,
		`syslog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
user.name=c@d.example
host.name=(absent)
`,
	},
	"attempt": {
		`[2026-03-01 10:00:00] local.INFO: AUDIT: User is trying to login using "eve@acme.example" (203.0.113.7 -> POST:https://money.example/login)`,
		`syslog 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=(absent)
source.ip=203.0.113.7
user.name=eve@acme.example
`,
	},
	"mail server behind syslog": {
		`2026-03-01T10:00:00Z mx-1 postfix/smtpd[7]: NOQUEUE: reject: RCPT from unknown[203.0.113.7]: 554 5.7.1 Service unavailable`,
		`syslog 2026-03-01T10:00:00Z
host.name=mx-1
process.name=smtpd
source.ip=203.0.113.7
`,
	},
	"packet filter": {
		`2026-03-01T10:00:00Z gw kernel: [19955416.5] [UFW BLOCK] IN=ens2 OUT= MAC=de:1c SRC=203.0.113.7 DST=192.0.2.10 LEN=44 PROTO=TCP SPT=52220 DPT=80 WINDOW=1024 SYN`,
		`syslog 2026-03-01T10:00:00Z
host.name=gw
source.ip=203.0.113.7
destination.ip=192.0.2.10
destination.port=80
network.transport=tcp
event.category=network
`,
	},
	"application behind a web server": {
		`2026/03/01 10:00:00 [error] 298#298: *1093 FastCGI sent in stderr: "PHP message: Failed login for eve@acme.example" while reading response header from upstream, client: 203.0.113.7, server: _, request: "POST /login HTTP/1.1", host: "wiki.example"`,
		`weblog 2026-03-01T10:00:00Z
event.category=authentication
event.outcome=failure
source.ip=203.0.113.7
user.name=eve@acme.example
url.path=/login
`,
	},
	"record in a message": {
		`{"timestamp":1772359199,"type":"log.journald","message":"web-1 nginx: 203.0.113.7 - - [01/Mar/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 502 1535 \"-\" \"curl/8\""}`,
		`json 2026-03-01T10:00:00Z
source.ip=203.0.113.7
url.path=/x
http.response.status_code=502
`,
	},
	"sshd refuses": {
		`2026-03-01T10:00:00Z bastion sshd[7]: refused connect from host.example (203.0.113.7)`,
		`syslog 2026-03-01T10:00:00Z
event.action=connection_refused
event.outcome=failure
source.ip=203.0.113.7
`,
	},
}
