package decode

// sentences are lines of programs whose time stands somewhere in them, or whose one address is that of who speaks.
var sentences = map[string]vendorSample{
	"kubernetes keeps a sentence": {
		`2026-03-01T10:00:01.5Z stderr F something happened at 203.0.113.7`,
		`runtime 2026-03-01T10:00:01.5Z
source.ip=203.0.113.7
message=something happened at 203.0.113.7
`,
	},
	"kubernetes keeps an object": {
		`2026-03-01T10:00:01.5Z stdout F {"level":"warn","msg":"Login failed for user 'eve'","remote_ip":"203.0.113.7","time":"2026-03-01T10:00:00Z"}`,
		`runtime 2026-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
event.outcome=failure
`,
	},
	"names between grave accents": {
		"[2026-03-01 10:00:00,544] [INFO] [shop.auth] Login failed for user `eve` from private IP `2001:db8::7`.",
		`syslog 2026-03-01T10:00:00.544Z
user.name=eve
source.ip=2001:db8::7
`,
	},
	"a time behind a mark": {
		`[GIN] 2026/03/01 - 10:00:00 | 401 |     505.317µs |       203.0.113.7 | POST     "/client"`,
		`plain 2026-03-01T10:00:00Z
source.ip=203.0.113.7
`,
	},
	"a time behind a letter": {
		`W, [2026-03-01T10:00:00.500000 #1]  WARN -- : Failed login for 'eve' from 203.0.113.7 at 2026-03-01 10:00:00 UTC`,
		`plain 2026-03-01T10:00:00.5Z
user.name=eve
source.ip=203.0.113.7
event.outcome=failure
`,
	},
	"a month by its name": {
		`March 01, 2026 10:00: User "eve" (eve@shop.example) was removed`,
		`plain 2026-03-01T10:00:00Z
`,
	},
	"a month by three letters": {
		`[2026-Mar-01 10:00:00] [INFO] (shop.php:2083) - Generating pages ... Done`,
		`plain 2026-03-01T10:00:00Z
source.ip=(absent)
`,
	},
	"half of the day": {
		`[Shop] 7  - 03/01/2026, 7:34:03 PM    WARN [Auth] Failed login attempt for user eve@shop.example from ip address 203.0.113.7`,
		`plain 2026-03-01T19:34:03Z
source.ip=203.0.113.7
user.name=eve@shop.example
`,
	},
	"a line that is forwarded late": {
		`Mar  1 10:00:05 web-1 shop.log: [2026-03-01 10:00:00,500]  INFO - audit - request finished, from client 203.0.113.7:50100`,
		`syslog 2026-03-01T10:00:00.5Z
host.name=web-1
source.ip=203.0.113.7
`,
	},
	"a relay's header before the line's own": {
		`Mar  1 10:00:00 relay-1 Mar  1 10:00:00 web-1 sshd[4321]: Failed password for eve from 203.0.113.7 port 50100 ssh2`,
		`syslog 0000-03-01T10:00:00Z
host.name=web-1
process.name=sshd
user.name=eve
source.ip=203.0.113.7
`,
	},
	"an address behind a sign": {
		`Mar  1 10:00:00 ftp-1 pure-ftpd: (?@203.0.113.7) [WARNING] Authentication failed for user [eve]`,
		`syslog 0000-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
`,
	},
	"a bad password": {
		`Mar  1 10:00:00 sso-1 llng[4321]: [warn] Bad password for eve (203.0.113.7)`,
		`syslog 0000-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
event.outcome=failure
`,
	},
	"a name before what failed": {
		`Mon Mar  1 10:00:00 2026 [pid 4321] [eve] FAIL LOGIN: Client "::ffff:203.0.113.7"`,
		`plain 2026-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
`,
	},
	"a program's own address": {
		`Mar  1 10:00:00 web-1 app[4321]: listening on 192.0.2.9:8080`,
		`syslog 0000-03-01T10:00:00Z
source.ip=(absent)
`,
	},
	"a version that looks like an address": {
		`Mar  1 10:00:00 web-1 app[4321]: started version 1.2.3.4`,
		`syslog 0000-03-01T10:00:00Z
source.ip=(absent)
`,
	},
	"a web server that writes to syslog": {
		`Mar  1 10:00:05 web-1 nginx: 203.0.113.7 - - [01/Mar/2026:10:00:00 +0000] "GET /a HTTP/1.1" 404 271 "-" "curl/8"`,
		`weblog 2026-03-01T10:00:00Z
host.name=web-1
process.name=nginx
source.ip=203.0.113.7
`,
	},
	"no priority before the version": {
		`1 2026-03-01T10:00:00Z fw-1 CheckPoint 4321 - [action:"Accept"; src:"203.0.113.7"]`,
		`syslog 2026-03-01T10:00:00Z
host.name=fw-1
source.ip=203.0.113.7
`,
	},
	"a connection that is taken": {
		`{"node":"web-1","timestamp":"1772359200","timestampfractional":"125","eventid":"5","items":{"SOCKADDR":["saddr=0200C3B4CB0071070000000000000000"],"PROCTITLE":["proctitle=\"httpd\""],"SYSCALL":["arch=c000003e syscall=288 success=yes exit=9 pid=77 comm=\"httpd\" exe=\"/usr/sbin/httpd\" SYSCALL=accept4"]}}`,
		`audit_items 2026-03-01T10:00:00.125Z
source.ip=203.0.113.7
source.port=50100
destination.ip=(absent)
process.pid=77
`,
	},
	"what was run, not what ran it": {
		`{"node":"web-1","timestamp":"1772359200","timestampfractional":"125","eventid":"5","items":{"PROCTITLE":["proctitle=\"runc\""],"SYSCALL":["arch=c000003e syscall=59 success=yes exit=0 pid=77 comm=\"id\" exe=\"/usr/bin/id\""],"EXECVE":["argc=2 a0=\"id\" a1=\"-u\""]}}`,
		`audit_items 2026-03-01T10:00:00.125Z
process.command_line=id -u
process.executable=/usr/bin/id
event.type=start
`,
	},
	"somebody at a Mac": {
		`{"schema_version":1,"event_type":114,"time":"2026-03-01T10:00:00Z","event":{"lw_session_login":{"username":"alice","graphical_session_id":258}},"action":{"result":{"result":{"auth":0},"result_type":0}},"process":{"executable":{"path":"/System/loginwindow"},"audit_token":{"pid":12,"euid":501},"ppid":1}}`,
		`eslogger 2026-03-01T10:00:00Z
user.name=alice
event.category=authentication,session
event.outcome=success
event.code=114
`,
	},
	"a session by RDP": {
		`{"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-TerminalServices-RemoteConnectionManager"},"EventID":"1149","TimeCreated":{"SystemTime":"2026-03-01T10:00:00Z"},"Channel":"Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational","Computer":"ws-1"},"UserData":{"EventXML":{"Param1":"alice","Param2":"corp","Param3":"203.0.113.7"}}}}`,
		`windows 2026-03-01T10:00:00Z
user.name=alice
user.domain=corp
source.ip=203.0.113.7
`,
	},
	"a part of Kubernetes": {
		`W0301 10:00:00.123456       1 auth.go:236] "Login failed" user="eve" from="203.0.113.7"`,
		`klog 0000-03-01T10:00:00.123456Z
log.level=warning
source.ip=203.0.113.7
`,
	},
	"a program by its whole path": {
		`/usr/sbin/cron[4321]: (root) CMD (/usr/libexec/atrun)`,
		`syslog 0001-01-01T00:00:00Z
process.name=cron
process.pid=4321
`,
	},
	"nobody is called so": {
		`Mar  1 10:00:00 ftp-1 proftpd[4321]: 192.0.2.9 (203.0.113.7[203.0.113.7]) - USER eve: no such user found from 203.0.113.7 [203.0.113.7] to 192.0.2.9:21`,
		`syslog 0000-03-01T10:00:00Z
user.name=eve
source.ip=203.0.113.7
`,
	},
	"a mail proxy's client": {
		`2026/03/01 10:00:00 [info] 8#8: *24790 client 203.0.113.7:50100 connected to 0.0.0.0:587`,
		`weblog 2026-03-01T10:00:00Z
source.ip=203.0.113.7
`,
	},
	"a day of digits alone": {
		"20260301 100000\tUser (corp\\eve) has stopped scanning on this machine.",
		`plain 2026-03-01T10:00:00Z
`,
	},
	"a short day of digits alone": {
		`260301 100000 148 INFO shop.Data: took block from /203.0.113.7:50100`,
		`plain 2026-03-01T10:00:00Z
source.ip=203.0.113.7
`,
	},
	"Android's log": {
		`03-01 10:00:00.811  1702  2395 D WindowManager: printing nothing more`,
		`plain 0000-03-01T10:00:00.811Z
`,
	},
	"a day and a clock as databases join them": {
		`- 7 2026.03.01 R02 2026-03-01-10.00.00.363779 R02 KERNEL INFO corrected an error`,
		`plain 2026-03-01T10:00:00.363779Z
`,
	},
	"hardly a firewall's columns": {
		`Apr 30 06:00:00 fw-1.shop.example 1,2026/02/09 00:00:00,00000000,TRAFFIC,`,
		`syslog 0000-04-30T06:00:00Z
host.name=fw-1.shop.example
`,
	},
	"hardly a web server's line": {
		`203.0.113.7 1980 [26/Mar/2026:10:20:16 somewhere] "PUT https://shop.example/a" 198.51.100.7 none`,
		`plain 2026-03-26T10:20:16Z
`,
	},
	"whom a mail server asked for": {
		`Mar  1 10:00:00 mail-1 dovecot: auth-worker(14877): conn unix:auth-worker (pid=14830,uid=109): auth-worker<5>: pam(eve@shop.example,203.0.113.7): pam_authenticate() failed: Authentication failure`,
		`syslog 0000-03-01T10:00:00Z
user.name=eve@shop.example
source.ip=203.0.113.7
event.outcome=failure
`,
	},
	"an account behind a sentence": {
		`2026-03-01T10:00:00.281Z [info][Auth]: Failed login attempt from user with incorrect credentials {"account":{"ip":"203.0.113.7","email":"eve@shop.example"}}`,
		`syslog 2026-03-01T10:00:00.281Z
user.name=eve@shop.example
source.ip=203.0.113.7
`,
	},
	"an audit of Kubernetes without its sort": {
		`{"level":"Request","auditID":"a","stage":"ResponseComplete","requestURI":"/api/v1/pods","verb":"list","user":{"username":"alice"},"sourceIPs":["203.0.113.7"],"responseStatus":{"code":200},"stageTimestamp":"2026-03-01T10:00:00Z"}`,
		`kubernetes 2026-03-01T10:00:00Z
user.name=alice
source.ip=203.0.113.7
`,
	},
	"a type that says what was done": {
		`{"id":"a","at":"2026-03-01T10:00:00Z","created_at":"2026-03-01T10:00:00Z","type":"org_ip_restriction_deleted","who":{"userIdentity":{"email":"alice@shop.example"}}}`,
		`json 2026-03-01T10:00:00Z
event.action=org_ip_restriction_deleted
event.category=configuration
event.type=deletion
user.name=alice@shop.example
`,
	},
	"a type below event that is none of ECS's": {
		`{"event":{"type":"page.exported","actor":{"person":{"email":"alice@shop.example"}},"timestamp":"2026-03-01T10:00:00Z","ip_address":"203.0.113.7"}}`,
		`json 2026-03-01T10:00:00Z
json.event.type=page.exported
event.type=(absent)
source.ip=203.0.113.7
user.name=alice@shop.example
`,
	},
}
